import DurableFiles
import Foundation
import ModelZoo
import TensorCore

/// Which convolution kernels were the fastest on this machine, kept between programs.
///
/// One file for each processor, library version and number of threads. It saves seconds and decides
/// nothing that a run depends on: a run stores its own table. So whatever is wrong with it, a full
/// disk or a file that somebody changed, means measuring again and is no error.
public struct KernelCache: Sendable {
    /// The folder; nil where there is none.
    public let folder: String?
    private let identity: Identity

    /// What timings depend on.
    private struct Identity: Codable, Hashable {
        var processor: String
        var backend: String
        var threads: Int
        var software: String
    }

    private struct Contents: Codable {
        var format = KernelCache.currentFormat
        var identity: Identity
        /// Algorithm by images, pass and shape.
        var choices: [String: KernelTable.Algorithm]
    }

    static let currentFormat = "floe.kernels/1"
    private static let limit = 4 << 20
    private static let largestCount = 10_000

    /// `FLOE_KERNEL_CACHE` (a folder, or `off`), else `floe` in `XDG_CACHE_HOME` or `~/.cache`.
    public static var standard: KernelCache {
        KernelCache(folder: folder(ProcessInfo.processInfo.environment))
    }

    public init(folder: String?) {
        self.folder = folder
        let processor = ProcessorInformation.current
        identity = Identity(
            processor: "\(processor.model) (\(processor.identity))",
            backend: OneDNNBackend(.exact).name, threads: ComputePolicy.threads,
            software: Software.nameAndVersion)
    }

    static func folder(_ environment: [String: String]) -> String? {
        if let chosen = environment["FLOE_KERNEL_CACHE"], !chosen.isEmpty {
            return chosen == "off" ? nil : chosen
        }
        // A relative path would mean another folder wherever the program runs.
        if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") {
            return cache + "/floe"
        }
        return environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 + "/.cache/floe" : nil }
    }

    /// The file for this machine; nil where there is no folder.
    public var path: String? {
        guard let folder, let data = try? BoundedJSON.encode(identity) else { return nil }
        return folder + "/kernels-\(SHA256Digest.of(data).hex.prefix(16)).json"
    }

    /// What is known; nothing where the file is missing or not what it should be.
    public func load() -> [String: KernelTable.Algorithm] {
        guard let path,
            let contents = try? BoundedJSON.read(Contents.self, at: path, limit: Self.limit),
            contents.format == Self.currentFormat, contents.identity == identity
        else { return [:] }
        return contents.choices
    }

    /// Adds what was measured, newer over older.
    public func add(_ measurements: [String: KernelTable.Algorithm]) {
        guard let folder, let path, !measurements.isEmpty else { return }
        let known = load()
        let merged = known.merging(measurements) { $1 }
        let kept = merged.count <= Self.largestCount ? merged : measurements
        guard kept != known else { return }
        // Two programs at once: the later wins, and what the other learned is measured again.
        try? DurableFile.createFolder(folder)
        _ = try? BoundedJSON.write(Contents(identity: identity, choices: kept), to: path)
    }
}
