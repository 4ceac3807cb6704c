import DurableFiles
import Foundation
import SegmentationModels
import TensorCore

/// The only reader and writer of ported encoders: a folder of weights and a manifest.
public enum EncoderStore {
    /// Writes an encoder as a new folder; it is there whole or not at all.
    ///
    /// - Parameters:
    ///   - network: as ``EncoderImport/load()`` gave it.
    ///   - folder: the final path; it must not exist.
    ///   - created: UTC, such as `2025-03-01T09:30:00Z`.
    ///   - exactBackend: computes the probe; one that uses direct convolution only.
    /// - Returns: the manifest as written.
    @discardableResult
    public static func save(
        _ network: EncoderNetwork, from source: EncoderImport, to folder: String, created: String,
        exactBackend: any ComputeBackend
    ) throws -> EncoderManifest {
        let transaction = try FolderTransaction(folder)
        do {
            // Written first: the file's image and what the probe computes need not exist at once.
            let (digest, bytes) = try write(network, into: transaction)
            let probe = try EncoderProbe.make(
                network, convention: source.convention, seed: 1, backend: exactBackend)
            let manifest = EncoderManifest(
                format: EncoderManifest.currentFormat,
                identity: .init(
                    id: String(digest.hex.prefix(16)), created: created,
                    software: Software.nameAndVersion),
                source: .init(
                    file: source.file.path.split(separator: "/").last.map(String.init) ?? "",
                    bytes: source.file.bytes, sha256: source.file.sha256, dialect: source.dialect,
                    container: source.container, evidence: source.evidence),
                name: network.configuration.encoder.rawValue, configuration: network.configuration,
                input: source.convention, rewrites: source.rewrites, missing: source.map.random,
                weights: .init(
                    file: MemberStore.weightsName, bytes: bytes, sha256: digest,
                    parameterCount: network.parameterCount), probe: probe)
            try manifest.validate()
            try transaction.write(BoundedJSON.encode(manifest), as: MemberStore.manifestName)
            try transaction.commit()
            return manifest
        } catch {
            transaction.discard()
            throw (error as? FloeError)?.naming(folder) ?? error
        }
    }

    private static func write(
        _ network: EncoderNetwork, into transaction: FolderTransaction
    ) throws -> (digest: SHA256Digest, bytes: Int) {
        let data = try WeightsFile.encode(network.stateEntries())
        return (try transaction.write(data, as: MemberStore.weightsName), data.count)
    }

    /// Whether a path is a whole member's rather than an encoder's.
    public static func isMember(_ path: String) throws -> Bool {
        let file = MemberStore.manifestPath(path)
        let data = try DurableFile.read(file, limit: MemberStore.largestManifest)
        let json = try BoundedJSON.parse(data, file: file, limit: MemberStore.largestManifest)
        return FormatName.of(json)?.hasPrefix("floe.member/") == true
    }

    /// Reads a manifest and checks all that can be checked without opening another file.
    ///
    /// - Parameter path: the manifest, or the encoder's folder.
    public static func openManifest(_ path: String) throws -> EncoderManifest {
        let file = MemberStore.manifestPath(path)
        return try decodeManifest(
            DurableFile.read(file, limit: MemberStore.largestManifest), file: file)
    }

    /// The manifest and the network with its weights.
    ///
    /// - Throws: `FloeError` of kind `badData` where anything is missing, foreign or damaged.
    public static func load(
        _ path: String
    ) throws -> (manifest: EncoderManifest, network: EncoderNetwork) {
        let file = MemberStore.manifestPath(path)
        let manifest = try openManifest(path)
        let weights = try PathDoor.resolve(
            manifest.weights.file, under: MemberStore.folder(of: file), manifest: file)
        let data = try DurableFile.read(
            weights, limit: MemberStore.largestWeights, followingLinks: false)
        var network: EncoderNetwork
        do { network = try EncoderNetwork.unfilled(manifest.configuration) } catch {
            throw FloeError(.badData, file: file, "\(error)")
        }
        let tensors = try WeightsFile.decode(
            data, expecting: network.stateEntries(), file: weights,
            sha256: manifest.weights.sha256)
        network.replaceState { tensors[$0.name] }
        return (manifest, network)
    }

    /// Loads an encoder and runs its probe; what is wrong with it, or nil.
    ///
    /// - Parameter backend: one that uses direct convolution only.
    public static func verify(_ path: String, backend: any ComputeBackend) -> FloeError? {
        do {
            let (manifest, network) = try load(path)
            try EncoderProbe.check(network, against: manifest, backend: backend)
            return nil
        } catch let error as FloeError {
            return error.naming(MemberStore.manifestPath(path))
        } catch {
            return FloeError(.internalFailure, file: path, "\(error)")
        }
    }

    /// Throws unless the weights beside a manifest are those that it names.
    static func checkDigest(of manifest: EncoderManifest, at file: String) throws {
        let weights = try PathDoor.resolve(
            manifest.weights.file, under: MemberStore.folder(of: file), manifest: file)
        let got = try SHA256Digest.ofFile(at: weights, followingLinks: false)
        guard got == manifest.weights.sha256 else {
            throw FloeError(
                .badData, file: weights, "the file is damaged or was changed",
                expected: "SHA-256 \(manifest.weights.sha256)", got: "\(got)",
                advice: "import the encoder again")
        }
    }

    static func decodeManifest(_ data: Data, file: String) throws -> EncoderManifest {
        let json = try BoundedJSON.parse(data, file: file, limit: MemberStore.largestManifest)
        try FormatName.check(json, expected: EncoderManifest.currentFormat, file: file)
        let manifest = try BoundedJSON.decode(EncoderManifest.self, from: json, file: file)
        do { try manifest.validate() } catch let error as FloeError { throw error.naming(file) }
        return manifest
    }
}
