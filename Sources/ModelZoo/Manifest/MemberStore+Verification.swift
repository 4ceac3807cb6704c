import DurableFiles
import SegmentationModels
import TensorCore

extension MemberStore {
    /// Throws unless the weights beside a manifest are those that it names.
    public static func checkDigest(of manifest: MemberManifest, at path: String) throws {
        let file = manifestPath(path)
        let weights = try PathDoor.resolve(
            manifest.weights.file, under: folder(of: file), manifest: file)
        let got = try SHA256Digest.ofFile(at: weights, followingLinks: false)
        guard got == manifest.weights.sha256 else {
            throw FloeError(
                .badData, file: weights, "the file is damaged or was changed",
                expected: "SHA-256 \(manifest.weights.sha256)", got: "\(got)",
                advice: "copy it again, or remove the member's folder and train it again")
        }
    }

    /// Loads a member and runs its self-test; what is wrong with it, or nil.
    ///
    /// - Parameter backend: one that uses direct convolution only.
    public static func verify(
        _ path: String, expecting sha256: SHA256Digest? = nil, backend: any ComputeBackend
    ) -> FloeError? {
        do {
            let (manifest, network) = try load(path, expecting: sha256)
            try SelfTest.check(
                network, against: manifest.selfTest,
                software: manifest.identity.software, backend: backend)
            return nil
        } catch let error as FloeError {
            return error.naming(manifestPath(path))
        } catch {
            return FloeError(.internalFailure, file: path, "\(error)")
        }
    }
}
