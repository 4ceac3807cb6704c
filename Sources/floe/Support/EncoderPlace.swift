import DurableFiles
import Foundation
import ModelZoo
import SegmentationModels

/// Where an encoder is: a folder of the zoo, or somebody else's file.
enum EncoderPlace {
    /// The folder or manifest of a ported encoder that a name means; nil for other files.
    ///
    /// `NAME` alone is looked up in `zoo` too.
    static func stored(_ name: String) -> String? {
        let short = name.hasPrefix("zoo:") ? String(name.dropFirst(4)) : name
        for path in [name, "zoo/\(short)"] {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                continue
            }
            return isFolder.boolValue || path.hasSuffix(".json") ? path : nil
        }
        return nil
    }

    /// What can be run on an array.
    enum Runnable {
        case encoder(EncoderNetwork, InputConvention?)
        /// A member, whose logits are its only map.
        case member(any SegmentationNetwork)

        var bands: Int {
            switch self {
            case .encoder(let network, _): network.configuration.bands
            case .member(let network): network.configuration.bands
            }
        }
    }

    static func load(_ name: String, _ recognition: EncoderHintOptions) throws -> Runnable {
        guard let path = stored(name) else {
            let found = try EncoderImport(ForeignFile(name), hints: recognition.hints)
            warn(ofRandom: found.map.random)
            return .encoder(try found.load(), found.convention)
        }
        try recognition.refuse(for: path)
        if try EncoderStore.isMember(path) { return .member(try MemberStore.load(path).network) }
        let (manifest, network) = try EncoderStore.load(path)
        warn(ofRandom: manifest.missing)
        return .encoder(network, manifest.input)
    }

    /// Makes the folder that a new one goes into, such as `zoo`.
    static func makeParent(of path: String) throws {
        let parts = path.split(separator: "/").dropLast()
        guard !parts.isEmpty else { return }
        try DurableFile.createFolder(
            (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/"))
    }

    static func warn(ofRandom names: [String]) {
        guard !names.isEmpty else { return }
        Console.note(
            Style.warning("warning:")
                + " \(names.count) weights were missing and are random: "
                + names.joined(separator: ", "))
    }

    static func refuseExisting(_ path: String) throws {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw FloeError(
                .usage, file: path, "is there already", advice: "choose another --out, or remove it"
            )
        }
    }
}
