import DurableFiles
import Foundation
import ModelZoo

/// Reads ensemble manifests and opens their members; fails closed.
public enum EnsembleStore {
    static let largestManifest = 16 << 20

    /// A manifest as written, complete or a draft; nothing but the file itself is opened.
    public static func read(_ path: String) throws -> EnsembleManifest {
        let manifest: EnsembleManifest
        let data = try DurableFile.read(path, limit: largestManifest)
        let tree = try BoundedJSON.parse(data, file: path, limit: largestManifest)
        try FormatName.check(tree, expected: EnsembleManifest.currentFormat, file: path)
        manifest = try BoundedJSON.decode(EnsembleManifest.self, from: tree, file: path)
        try validate(manifest, path)
        return manifest
    }

    /// Where the members' manifests lie that a draft names.
    public static func members(ofDraft path: String) throws -> [String] {
        let manifest = try read(path)
        return try manifest.members.map { try memberPath($0, of: manifest, at: path) }
    }

    /// A manifest and its members' manifests, every digest checked.
    ///
    /// - Parameter allowedMissing: how many members may be missing, damaged or foreign; they are
    ///   left out and listed in the result. Above 0, every member is loaded to find them all.
    /// - Throws: `FloeError` of kind `badData` where a digest is missing or different, a member is
    ///   missing, or members do not agree.
    public static func open(_ path: String, allowedMissing: Int = 0) throws -> OpenedEnsemble {
        let manifest = try read(path)
        var members: [OpenedEnsemble.Member] = []
        var missing: [FloeError] = []
        for index in manifest.members.indices {
            do {
                let member = try member(index, of: manifest, at: path)
                if allowedMissing > 0 {
                    do {
                        _ = try MemberStore.load(member.path, expecting: member.sha256)
                    } catch let error as FloeError { throw asBadData(error, member.path) }
                }
                members.append(member)
            } catch let error as FloeError {
                missing.append(error)
                guard missing.count <= allowedMissing, missing.count < manifest.members.count
                else { throw error }
            }
        }
        return try OpenedEnsemble(
            path: path, manifest: manifest, members: members, missing: missing)
    }

    /// One member's manifest, its digest checked.
    static func member(
        _ index: Int, of manifest: EnsembleManifest, at path: String
    ) throws -> OpenedEnsemble.Member {
        let entry = manifest.members[index]
        guard let digest = entry.sha256 else {
            throw FloeError(
                .badData, file: path, "member \(index) ('\(entry.path)') has no digest",
                expected: "sha256", advice: "complete the manifest with floe ensemble build")
        }
        let file = try memberPath(entry, of: manifest, at: path)
        do {
            return .init(
                path: file, manifest: try MemberStore.openManifest(file, expecting: digest),
                sha256: digest, entry: entry)
        } catch let error as FloeError {
            throw asBadData(error, file)
        }
    }

    /// What kind of manifest a JSON file says it is; nil where it says nothing.
    public static func format(of path: String) throws -> String? {
        let data = try DurableFile.read(path, limit: MemberStore.largestManifest)
        let tree = try BoundedJSON.parse(data, file: path, limit: MemberStore.largestManifest)
        guard case .object(let object) = tree, case .string(let format)? = object["format"] else {
            return nil
        }
        return format
    }

    /// A single member as an ensemble of one, so that both are predicted alike.
    public static func openAny(_ path: String, allowedMissing: Int = 0) throws -> OpenedEnsemble {
        guard try format(of: path)?.hasPrefix("floe.member/") == true else {
            return try open(path, allowedMissing: allowedMissing)
        }
        let manifest = try MemberStore.openManifest(path)
        let digest = try SHA256Digest.ofFile(at: path)
        let entry = EnsembleManifest.Member(path: path, sha256: digest)
        return try OpenedEnsemble(
            path: path,
            manifest: EnsembleManifest(
                format: EnsembleManifest.currentFormat, name: manifest.identity.id, root: nil,
                members: [entry], combine: .init(method: .softVoting)),
            members: [.init(path: path, manifest: manifest, sha256: digest, entry: entry)])
    }

    /// Where a member's manifest lies, checked to be under the root before it is opened.
    static func memberPath(
        _ entry: EnsembleManifest.Member, of manifest: EnsembleManifest, at path: String
    ) throws -> String {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        return try PathDoor.resolve(
            entry.path, under: folder + "/" + (manifest.root ?? "."), manifest: path)
    }

    /// A member that a manifest names and that is missing or unreadable is bad data of the manifest.
    static func asBadData(_ error: FloeError, _ file: String) -> FloeError {
        var result = error.naming(file)
        if result.kind == .notFound || result.kind == .permission { result.kind = .badData }
        return result
    }

    /// Refuses values out of their range.
    static func validate(_ manifest: EnsembleManifest, _ path: String) throws {
        func refuse(_ what: String, _ expected: String, _ got: String) -> FloeError {
            FloeError(.badData, file: path, what, expected: expected, got: got)
        }
        guard !manifest.members.isEmpty, manifest.members.count <= 1000 else {
            throw refuse("key 'members'", "1 to 1000 members", "\(manifest.members.count)")
        }
        if let name = manifest.name, !(1...255).contains(name.unicodeScalars.count) {
            throw refuse("key 'name'", "1 to 255 characters", "\(name.unicodeScalars.count)")
        }
        if let root = manifest.root, root != ".", root != ".." {
            throw refuse("key 'root'", "'.' or '..'", "'\(root)'")
        }
        try PathDoor.refuseCaseClashes(manifest.members.map(\.path), manifest: path)
        for (index, entry) in manifest.members.enumerated() {
            let values: [Double] =
                switch entry.weight {
                case nil: [1]
                case .member(let number)?: [number]
                case .perClass(let numbers)?: numbers
                }
            guard !values.isEmpty, values.allSatisfy({ $0.isFinite && $0 >= 0 }) else {
                throw refuse(
                    "key 'members[\(index)].weight'", "numbers of at least 0", "\(values)")
            }
        }
        for threshold in manifest.combine.thresholds ?? []
        where !(threshold > 0 && threshold < 1) {
            throw refuse("key 'combine.thresholds'", "numbers between 0 and 1", "\(threshold)")
        }
        if let problem = manifest.combine.problem {
            throw refuse(problem.key, problem.expected, problem.got)
        }
        if let problem = manifest.postprocessing?.problem {
            throw refuse(problem.key, problem.expected, problem.got)
        }
        if let problem = manifest.earlyExit?.problem(members: manifest.members.count) {
            throw refuse(problem.key, problem.expected, problem.got)
        }
    }
}
