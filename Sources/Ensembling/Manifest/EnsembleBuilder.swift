import DurableFiles
import Foundation
import ModelZoo
import SegmentationData
import TensorCore
import Training

/// Completes a hand-written ensemble manifest, or makes one from runs and members.
public struct EnsembleBuilder {
    /// Where the ensemble will be written.
    public let path: String
    private let backend: any ComputeBackend

    public init(path: String, backend: any ComputeBackend) {
        self.path = path
        self.backend = backend
    }

    /// What was built, and what its maker should know.
    public struct Result {
        public var ensemble: OpenedEnsemble
        public var notes: [String]
    }

    /// From a draft: digests, agreed contracts and the out-of-bag score are filled in.
    ///
    /// Paths of the draft are relative to the draft; a manifest that is written elsewhere must still
    /// see its members under its own root.
    ///
    /// - Parameter postprocessing: for a draft that says nothing of it.
    public func build(
        draft: String, data: SegmentationDataset?, evaluation: EvaluationSection,
        postprocessing: PostProcessingSection? = nil
    ) throws -> Result {
        let manifest = try EnsembleStore.read(draft)
        let sources = try EnsembleStore.members(ofDraft: draft)
        return try build(
            sources: sources, template: manifest, draft: draft, copy: false, data: data,
            evaluation: evaluation, postprocessing: postprocessing)
    }

    /// From runs, member folders and member manifests.
    ///
    /// - Parameters:
    ///   - copy: brings members from elsewhere into a folder beside the manifest.
    ///   - postprocessing: what the recipe wants done with the masks.
    public func build(
        from sources: [String], method: Combiner.Method, copy: Bool, data: SegmentationDataset?,
        evaluation: EvaluationSection, postprocessing: PostProcessingSection? = nil
    ) throws -> Result {
        let members = try sources.flatMap { try Self.members(in: $0) }
        guard !members.isEmpty else { throw FloeError(.usage, "no member named") }
        let template = EnsembleManifest(
            format: EnsembleManifest.currentFormat, name: nil, root: nil, members: [],
            combine: .init(method: method))
        return try build(
            sources: members, template: template, draft: nil, copy: copy, data: data,
            evaluation: evaluation, postprocessing: postprocessing)
    }

    /// Refuses what could not be written, before anything is computed.
    ///
    /// - Parameter sources: manifests of the members.
    /// - Throws: `FloeError` of kind `usage`.
    func check(sources: [String]) throws {
        try refuseForeignFile()
        try OutOfBagRecord.refuseForeignFile(OutOfBagRecord.path(of: path))
        _ = try commonRoot(sources, URL(fileURLWithPath: path).deletingLastPathComponent())
    }

    /// - Parameter allowingOtherData: leaves the out-of-bag score null where the bags were not drawn
    ///   from `data`, which is an error otherwise.
    func build(
        sources: [String], template: EnsembleManifest, draft: String?, copy: Bool,
        data: SegmentationDataset?, evaluation: EvaluationSection,
        postprocessing: PostProcessingSection? = nil, keepsScores: Bool = false,
        allowingOtherData: Bool = false
    ) throws -> Result {
        try refuseForeignFile()
        try OutOfBagRecord.refuseForeignFile(OutOfBagRecord.path(of: path))
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        try DurableFile.createFolder(folder.path)
        var manifest = template
        var notes: [String] = []
        let files = copy ? try sources.map { try copied($0, into: folder) } : sources
        let root = try commonRoot(files, folder)
        manifest.root = root.name
        manifest.members = try files.enumerated().map { index, file in
            let data = try DurableFile.read(file, limit: EnsembleStore.largestManifest)
            let digest = SHA256Digest.of(data)
            let stated = template.members.indices.contains(index) ? template.members[index] : nil
            if let expected = stated?.sha256, expected != digest {
                throw FloeError(
                    .badData, file: file, "not the member that the draft names",
                    expected: "SHA-256 \(expected)", got: "\(digest)")
            }
            return EnsembleManifest.Member(
                path: Self.relative(file, to: root.path), sha256: digest, weight: stated?.weight)
        }
        if manifest.combine.method != .staple {
            manifest.combine.space = manifest.combine.space ?? .probability
        }
        if manifest.combine.method == .hardVoting {
            manifest.combine.ties = .higherMeanProbability
        }
        manifest.lineage = .init(created: Software.timestamp(), software: Software.nameAndVersion)
        manifest.name =
            manifest.name
            ?? URL(fileURLWithPath: path)
            .deletingPathExtension().lastPathComponent
        manifest.scores = .init(outOfBag: nil)
        let members = try zip(files, manifest.members).map { file, entry in
            let opened = try MemberStore.openManifest(file, expecting: entry.sha256)
            try MemberStore.checkDigest(of: opened, at: file)
            return OpenedEnsemble.Member(
                path: file, manifest: opened, sha256: entry.sha256 ?? SHA256Digest.of(Data()),
                entry: entry)
        }
        // What is wrong now is the draft's fault: the result does not exist yet.
        var opened = try OpenedEnsemble(path: draft ?? path, manifest: manifest, members: members)
        manifest.input = .init(bands: opened.bands)
        manifest.output = .init(
            classes: opened.output.classes, activation: opened.output.activation)
        notes += Self.repeated(members)
        if manifest.postprocessing == nil, let postprocessing {
            try manifest.take(postprocessing, of: opened)
            opened = try OpenedEnsemble(path: path, manifest: manifest, members: members)
        }
        var record: OutOfBagRecord?
        if let fit = manifest.earlyExit, fit.ensemble != opened.exitDigest {
            manifest.earlyExit = nil
            notes.append(
                "early exit was fitted for other members, weights, order or method and is left out")
        }
        if keepsScores {
            manifest.scores = template.scores
        } else if let data {
            record = try OutOfBag.record(
                opened, dataset: data, evaluation: evaluation, backend: backend,
                allowingOtherData: allowingOtherData)
            manifest.scores = .init(outOfBag: record?.score)
            if manifest.scores?.outOfBag == nil {
                notes.append(
                    "no image is out of any bag"
                        + (allowingOtherData ? " that was drawn from these data" : "")
                        + ", so there is no out-of-bag score")
            }
        } else {
            notes.append("no data, so the out-of-bag score is null; name some with --data")
        }
        // Nobody could open it, and what it replaces may be whole.
        try EnsembleStore.validate(manifest, path)
        // First: the manifest says which record is its own.
        if !keepsScores { try OutOfBagRecord.write(record, beside: path) }
        try BoundedJSON.write(manifest, to: path)
        opened = try EnsembleStore.open(path)
        return Result(ensemble: opened, notes: notes)
    }

    /// An earlier ensemble is replaced, anything else is not.
    private func refuseForeignFile() throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        if let format = try? EnsembleStore.format(of: path), format.hasPrefix("floe.ensemble/") {
            return
        }
        throw FloeError(
            .usage, file: path, "exists and is no ensemble", advice: "choose another --out")
    }

    // MARK: Finding members

    /// Manifests of a run's finished members, of a member's folder, or the file itself.
    static func members(in source: String) throws -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: source, isDirectory: &isFolder) else {
            throw FloeError(.notFound, file: source, "no such run or member")
        }
        if !isFolder.boolValue { return [source] }
        let own = source + "/" + MemberStore.manifestName
        if FileManager.default.fileExists(atPath: own) { return [own] }
        let run = try RunFolder.existing(source)
        let all = 0..<run.recipe.bagging.members
        let finished = all.filter(run.isFinished)
        guard finished.count == all.count else {
            throw FloeError(
                .badData, file: source, "the run is not finished",
                expected: "\(all.count) members", got: "\(finished.count)",
                advice: "run the same floe train command again")
        }
        return finished.map { run.memberFolder($0) + "/" + MemberStore.manifestName }
    }

    /// `.` or `..`: the nearest folder that all members lie under.
    private func commonRoot(
        _ files: [String], _ folder: URL
    ) throws -> (name: String, path: String) {
        // Links first: the parent is that of the folder on the disk, as the reader sees it.
        let own = URL(fileURLWithPath: Self.real(folder.path))
        for (name, url) in [(".", own), ("..", own.deletingLastPathComponent())] {
            let root = url.standardizedFileURL.path
            if files.allSatisfy({ Self.real($0).hasPrefix(root == "/" ? "/" : root + "/") }) {
                return (name, root)
            }
        }
        throw FloeError(
            .usage, file: path, "a member lies outside the manifest's folder and its parent",
            got: files.first { !Self.real($0).hasPrefix(Self.real(folder.path)) } ?? files[0],
            advice: "bring the members beside the manifest with floe ensemble build --copy")
    }

    private static func real(_ path: String) -> String {
        URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
    }

    private static func relative(_ file: String, to root: String) -> String {
        String(real(file).dropFirst(root == "/" ? 1 : root.count + 1))
    }

    /// Copies a member's folder to `members/ID` beside the manifest; one that is there already, whole
    /// and the same, is used.
    private func copied(_ file: String, into folder: URL) throws -> String {
        let manifest = try MemberStore.openManifest(file)
        let target = folder.appendingPathComponent("members").path + "/" + manifest.identity.id
        let copy = target + "/" + MemberStore.manifestName
        if FileManager.default.fileExists(atPath: copy) {
            guard try SHA256Digest.ofFile(at: copy) == SHA256Digest.ofFile(at: file) else {
                throw FloeError(.badData, file: copy, "another member is in the way of a copy")
            }
            return copy
        }
        try DurableFile.createFolder(folder.appendingPathComponent("members").path)
        let source = URL(fileURLWithPath: file).deletingLastPathComponent().path
        // Nothing but an intact member is copied, and nothing from outside its folder.
        try MemberStore.checkDigest(of: manifest, at: file)
        let transaction = try FolderTransaction(target)
        do {
            var names = [manifest.weights.file, MemberStore.manifestName]
            if let ids = manifest.bag?.idsFile { names.insert(ids, at: 0) }
            // What reports draw; a member from elsewhere may have none.
            if FileManager.default.fileExists(atPath: source + "/history.csv") {
                names.insert("history.csv", at: 0)
            }
            for name in names {
                let from = try PathDoor.resolve(name, under: source, manifest: file)
                guard !name.contains("/") else {
                    throw FloeError(
                        .badData, file: file, "a member with files in folders is not copied",
                        expected: "a file beside the manifest", got: "'\(name)'")
                }
                try transaction.write(
                    DurableFile.read(from, limit: 8 << 30, followingLinks: false), as: name)
            }
            try transaction.commit()
        } catch {
            transaction.discard()
            throw error
        }
        return copy
    }

    private static func repeated(_ members: [OpenedEnsemble.Member]) -> [String] {
        let names = zip(members.indices, members).compactMap { index, member in
            members[..<index].contains { $0.sha256 == member.sha256 } ? member.entry.path : nil
        }
        return names.isEmpty
            ? [] : ["there more than once: \(names.joined(separator: ", "))"]
    }
}
