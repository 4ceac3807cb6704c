import DurableFiles
import Foundation
import NeuralNetworks
import SegmentationModels
import TensorCore

/// The only reader and writer of members: a folder of weights, a manifest and what else belongs to
/// them.
public enum MemberStore {
    public static let manifestName = "manifest.json"
    public static let weightsName = "weights.h5"
    /// Bytes of a manifest that are read at most; ids of a large bag belong into a side file.
    public static let largestManifest = 64 << 20
    /// Bytes of a weights file that are read at most.
    static let largestWeights = 8 << 30

    /// Writes a member as a new folder; it is there whole or not at all.
    ///
    /// - Parameters:
    ///   - folder: the final path; it must not exist.
    ///   - exactBackend: computes the self-test; a back end that uses direct convolution only.
    ///   - extras: writes further files into the transaction, such as `history.csv`.
    /// - Returns: the manifest as written.
    @discardableResult
    public static func save(
        _ network: any SegmentationNetwork, draft: MemberDraft, to folder: String,
        exactBackend: any ComputeBackend, extras: (FolderTransaction) throws -> Void = { _ in }
    ) throws -> MemberManifest {
        let transaction = try FolderTransaction(folder)
        try extras(transaction)
        let manifest = try write(
            network, draft: draft, into: transaction, exactBackend: exactBackend)
        try transaction.commit()
        return manifest
    }

    /// Writes weights and manifest, in this order, into a folder that is still being built.
    @discardableResult
    public static func write(
        _ network: any SegmentationNetwork, draft: MemberDraft, into transaction: FolderTransaction,
        exactBackend: any ComputeBackend
    ) throws -> MemberManifest {
        let data: Data
        do {
            data = try WeightsFile.encode(network.stateEntries())
        } catch let error as FloeError {
            throw error.naming(transaction.finalPath)
        }
        let selfTest = try SelfTest.make(network, seed: draft.selfTestSeed, backend: exactBackend)
        let digest = SHA256Digest.of(data)
        let manifest = MemberManifest(
            format: MemberManifest.currentFormat,
            identity: MemberManifest.Identity(
                id: String(digest.hex.prefix(16)), created: draft.created,
                software: draft.software),
            lineage: draft.lineage,
            architecture: MemberManifest.Architecture(network.configuration),
            input: draft.input, output: draft.output,
            weights: MemberManifest.Weights(
                file: weightsName, bytes: data.count, sha256: digest,
                parameterCount: network.parameterCount),
            bag: draft.bag, data: draft.data, training: draft.training, scores: draft.scores,
            selfTest: selfTest)
        do {
            try manifest.validate()
            let json = try BoundedJSON.encode(manifest)
            try transaction.write(data, as: weightsName)
            try transaction.write(json, as: manifestName)
        } catch let error as FloeError {
            throw error.naming(transaction.finalPath)
        }
        return manifest
    }

    /// Reads a manifest and checks all that can be checked without opening another file.
    ///
    /// - Parameters:
    ///   - path: the manifest, or the member's folder.
    ///   - sha256: what the manifest's digest must be, where another file names it.
    public static func openManifest(
        _ path: String, expecting sha256: SHA256Digest? = nil
    ) throws -> MemberManifest {
        let file = manifestPath(path)
        let data = try DurableFile.read(file, limit: largestManifest)
        if let sha256 {
            let got = SHA256Digest.of(data)
            guard got == sha256 else {
                throw FloeError(
                    .badData, file: file, "the manifest was changed",
                    expected: "SHA-256 \(sha256)", got: "\(got)",
                    advice: "restore it, or build the ensemble again")
            }
        }
        return try decodeManifest(data, file: file)
    }

    /// The manifest and the network with its weights.
    ///
    /// - Throws: `FloeError` of kind `badData` where anything is missing, foreign or damaged.
    public static func load(
        _ path: String, expecting sha256: SHA256Digest? = nil
    ) throws -> (manifest: MemberManifest, network: any SegmentationNetwork) {
        let manifest = try openManifest(path, expecting: sha256)
        let file = manifestPath(path)
        let (data, weightsPath) = try readWeights(of: manifest, file: file)
        var network: any SegmentationNetwork
        do {
            network = try ModelFactory.unfilled(manifest.architecture.configuration)
        } catch let error as ModelConfigurationError {
            throw FloeError(.badData, file: file, error.description)
        }
        try check(network, against: manifest, file: file)
        let tensors = try WeightsFile.decode(
            data, expecting: network.stateEntries(), file: weightsPath,
            sha256: manifest.weights.sha256)
        network.replaceState { tensors[$0.name] }
        return (manifest, network)
    }

    /// The ids that a member's bag drew, from the manifest or from its side file.
    public static func bagIDs(of manifest: MemberManifest, at path: String) throws -> [String]? {
        guard let bag = manifest.bag else { return nil }
        if let ids = bag.ids { return ids }
        guard let name = bag.idsFile else { return nil }
        let file = manifestPath(path)
        let resolved = try PathDoor.resolve(name, under: folder(of: file), manifest: file)
        let data = try DurableFile.read(resolved, limit: largestManifest, followingLinks: false)
        guard let text = String(validating: data, as: UTF8.self) else {
            throw FloeError(.badData, file: resolved, "not text in UTF-8")
        }
        var ids = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if ids.last == "" { ids.removeLast() }
        do { try bag.check(ids) } catch let error as FloeError { throw error.naming(resolved) }
        return ids
    }

    /// The manifest in a folder, or the path itself where it is no folder.
    static func manifestPath(_ path: String) -> String {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        return exists && isFolder.boolValue ? "\(path)/\(manifestName)" : path
    }

    static func folder(of file: String) -> String {
        guard let slash = file.lastIndex(of: "/") else { return "." }
        return slash == file.startIndex ? "/" : String(file[..<slash])
    }

    /// Decodes a manifest; a newer format is refused by name before its keys are looked at.
    static func decodeManifest(_ data: Data, file: String) throws -> MemberManifest {
        let json = try BoundedJSON.parse(data, file: file, limit: largestManifest)
        try FormatName.check(json, expected: MemberManifest.currentFormat, file: file)
        let manifest = try BoundedJSON.decode(MemberManifest.self, from: json, file: file)
        do { try manifest.validate() } catch let error as FloeError { throw error.naming(file) }
        return manifest
    }

    private static func readWeights(
        of manifest: MemberManifest, file: String
    ) throws -> (Data, String) {
        let path = try PathDoor.resolve(
            manifest.weights.file, under: folder(of: file), manifest: file)
        let data = try DurableFile.read(path, limit: largestWeights, followingLinks: false)
        guard data.count == manifest.weights.bytes else {
            throw FloeError(
                .badData, file: path, "the weights were cut or changed",
                expected: "\(manifest.weights.bytes) bytes", got: "\(data.count)",
                advice: "copy it again, or remove the member's folder and train it again")
        }
        return (data, path)
    }

    private static func check(
        _ network: any SegmentationNetwork, against manifest: MemberManifest, file: String
    ) throws {
        let count = network.parameterCount
        guard count == manifest.weights.parameterCount else {
            throw FloeError(
                .badData, file: file, "architecture and weights do not agree",
                expected: "\(count) parameters of \(network.configuration.name)",
                got: "\(manifest.weights.parameterCount)")
        }
    }
}
