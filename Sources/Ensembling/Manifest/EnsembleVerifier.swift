import DurableFiles
import ModelZoo
import TensorCore

/// Checks an ensemble and every member: digests, shapes, agreement, self-tests.
public enum EnsembleVerifier {
    /// All that is wrong, one error a problem; empty where the ensemble is intact.
    ///
    /// - Parameter backend: one that uses direct convolution only.
    /// - Throws: where the ensemble's own file is missing.
    public static func problems(_ path: String, backend: any ComputeBackend) throws -> [FloeError] {
        let manifest: EnsembleManifest
        do {
            manifest = try EnsembleStore.read(path)
        } catch let error as FloeError where error.kind == .badData { return [error] }
        var problems: [FloeError] = []
        var members: [OpenedEnsemble.Member] = []
        for index in manifest.members.indices {
            do {
                let member = try EnsembleStore.member(index, of: manifest, at: path)
                members.append(member)
                if let problem = MemberStore.verify(
                    member.path, expecting: member.sha256, backend: backend)
                {
                    problems.append(EnsembleStore.asBadData(problem, member.path))
                }
            } catch let error as FloeError {
                problems.append(EnsembleStore.asBadData(error, path))
            }
        }
        problems += OpenedEnsemble.disagreements(
            path: path, manifest: manifest, members: members, entries: manifest.members)
        if problems.isEmpty, let fit = manifest.earlyExit {
            let opened = try OpenedEnsemble(path: path, manifest: manifest, members: members)
            if fit.ensemble != opened.exitDigest {
                problems.append(
                    FloeError(
                        .badData, file: path,
                        "key 'earlyExit' was fitted for other members, weights, order or method",
                        expected: "\(opened.exitDigest)", got: "\(fit.ensemble)",
                        advice: "fit it again with floe ensemble fit --early-exit"))
            }
        }
        return problems
    }
}
