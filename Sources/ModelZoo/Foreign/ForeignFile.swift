import DurableFiles
import Foundation
import HDF5Files
import Synchronization
import TensorCore

/// An HDF5 file that somebody else wrote: parsed by `floe-reader` in a process of its own, so that
/// what a malformed file does to libhdf5 it does there.
public struct ForeignFile: Sendable {
    /// The path as given.
    public let path: String
    let listing: ForeignListing
    private let reader: ForeignReader

    /// Lists what the file holds; values are read later.
    ///
    /// - Parameter withDigests: also hashes the values of every dataset.
    /// - Throws: `FloeError`; of kind `badData` for whatever the file is to blame for, the death of
    ///   the reading process included.
    public init(_ path: String, withDigests: Bool = false) throws {
        self.path = path
        reader = try ForeignReader(path)
        listing = try reader.list(withDigests: withDigests)
    }

    /// SHA-256 of the file that was listed, and is read.
    public var sha256: SHA256Digest { listing.sha256 }

    /// Bytes of the file.
    public var bytes: Int { listing.bytes }

    /// Its datasets, for people.
    public var datasets: [Dataset] {
        listing.datasets.map {
            Dataset(
                name: $0.name, shape: $0.extents.map { Shape($0) }, type: $0.type,
                problem: $0.problem, digest: $0.digest)
        }
    }

    /// One dataset as listed.
    public struct Dataset: Sendable {
        public var name: String
        /// Nil where the extents are not those of any tensor.
        public var shape: Shape?
        /// Such as `float32`.
        public var type: String
        /// Why its values are not read; nil where they can be.
        public var problem: String?
        /// SHA-256 of the values as float32 in little-endian order, where that was asked for.
        public var digest: SHA256Digest?
    }

    /// The values of some datasets, in the order asked for.
    ///
    /// - Parameter indices: places in the listing; every dataset there is without a problem.
    func tensors(_ indices: [Int]) throws -> [Tensor] {
        let shapes = indices.map { Shape(listing.datasets[$0].extents ?? []) }
        // Gzip makes a thousand bytes of one: a small file may claim more than a machine has.
        let needed = shapes.reduce(0) { $0 + 4 * $1.count }
        let limit = max(512 << 20, 16 * listing.bytes)
        guard needed <= limit else {
            throw FloeError(
                .badData, file: path, "its weights are much larger than the file",
                expected: "at most \(limit) bytes", got: "\(needed)")
        }
        return try reader.read(indices, shapes: shapes, sha256: listing.sha256)
    }
}

/// Runs `floe-reader`.
private struct ForeignReader: Sendable {
    private static let largestListing = 64 << 20
    private let path: String
    private let executable: String
    /// A file of a few kilobytes is parsed in milliseconds; nothing may take minutes.
    private let seconds: Double

    init(_ path: String) throws {
        self.path = path
        guard let found = WorkerCommand.besideExecutable("floe-reader") else {
            throw FloeError(
                .notFound, "the program floe-reader is not beside this one",
                advice: "build both: swift build -c release")
        }
        executable = found
        let bytes = (try? FileManager.default.attributesOfItem(atPath: path)[.size]) as? Int ?? 0
        seconds = 5 + Double(bytes) / Double(20 << 20)
    }

    func list(withDigests: Bool) throws -> ForeignListing {
        let collector = Mutex(Data())
        let status = try run(["list", path] + (withDigests ? ["--digests"] : [])) { piece in
            collector.withLock { data in
                data.append(contentsOf: piece)
                return data.count <= Self.largestListing
            }
        }
        let data = collector.withLock { $0 }
        guard status.isSuccess else { throw refusal(status, data) }
        let value = try BoundedJSON.parse(data, file: path, limit: Self.largestListing)
        return try BoundedJSON.decode(ForeignListing.self, from: value, file: path)
    }

    func read(_ indices: [Int], shapes: [Shape], sha256: SHA256Digest) throws -> [Tensor] {
        let filler = TensorFiller(shapes)
        let numbers = indices.map(String.init).joined(separator: ",")
        let status = try run(["read", path, sha256.hex, numbers]) { filler.add($0) }
        guard status.isSuccess else { throw refusal(status, filler.beginning) }
        guard let tensors = filler.tensors else {
            throw FloeError(.badData, file: path, "its reader said less or more than it listed")
        }
        return tensors
    }

    private func run(
        _ arguments: [String], _ sink: @escaping @Sendable (UnsafeRawBufferPointer) -> Bool
    ) throws -> ExitStatus {
        do {
            var command = WorkerCommand(executable: executable, arguments: arguments)
            command.standardError = .discarded
            return try command.run(seconds: seconds, sink)
        } catch var error as FloeError {
            // The file is to blame, not the program that reads it.
            if error.kind == .badData { error.file = path }
            throw error
        }
    }

    private func refusal(_ status: ExitStatus, _ output: Data) -> FloeError {
        if case .code = status,
            let value = try? BoundedJSON.parse(output, file: path, limit: 1 << 20),
            let refusal = try? BoundedJSON.decode(ForeignRefusal.self, from: value, file: path)
        {
            return refusal.error(file: path)
        }
        return FloeError(
            .badData, file: path, "its reader ended by \(status)",
            advice: "the file is damaged or hostile; nothing of it was used")
    }
}

/// Puts a stream of float32 into tensors, one after the other.
private final class TensorFiller: Sendable {
    private struct State {
        var tensors: [Tensor]
        var current = 0
        /// Bytes of the current tensor that are there.
        var filled = 0
        var isTooMuch = false
        /// The first bytes, in case that they are a refusal.
        var beginning = Data()
    }
    private let state: Mutex<State>

    init(_ shapes: [Shape]) {
        state = Mutex(State(tensors: shapes.map { Tensor(uninitialized: $0) }))
    }

    var beginning: Data { state.withLock { $0.beginning } }

    /// All of them, if exactly as much came as they hold.
    var tensors: [Tensor]? {
        state.withLock { state in
            Self.skipFull(&state)
            return state.current == state.tensors.count && !state.isTooMuch ? state.tensors : nil
        }
    }

    func add(_ piece: UnsafeRawBufferPointer) -> Bool {
        state.withLock { state in
            if state.beginning.count < 1 << 16 { state.beginning.append(contentsOf: piece) }
            var rest = piece[...]
            while !rest.isEmpty {
                Self.skipFull(&state)
                guard state.current < state.tensors.count else {
                    state.isTooMuch = true
                    return false
                }
                let filled = state.filled
                let count = state.tensors[state.current].withUnsafeMutableElements { elements in
                    let bytes = UnsafeMutableRawBufferPointer(elements)[filled...]
                    let count = min(bytes.count, rest.count)
                    UnsafeMutableRawBufferPointer(rebasing: bytes).copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: rest.prefix(count)))
                    return count
                }
                state.filled += count
                rest = rest.dropFirst(count)
            }
            return true
        }
    }

    private static func skipFull(_ state: inout State) {
        while state.current < state.tensors.count,
            state.filled == 4 * state.tensors[state.current].count
        {
            state.current += 1
            state.filled = 0
        }
    }
}
