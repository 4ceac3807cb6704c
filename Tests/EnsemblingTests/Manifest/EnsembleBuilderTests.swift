import DurableFiles
import Foundation
import Glibc
import ModelZoo
import SegmentationData
import Testing
import Training
import TrainingTestSupport

@testable import Ensembling

@Suite struct EnsembleBuilderTests {
    private static let answers: [[Float]] = [[0.2, 0.8], [0.6, 0.4]]

    private func build(_ draft: String, to path: String? = nil) throws -> EnsembleBuilder.Result {
        try EnsembleBuilder(path: path ?? draft, backend: TestMembers.exact())
            .build(draft: draft, data: nil, evaluation: EvaluationSection())
    }

    @discardableResult
    private func build(
        from sources: [String], to path: String, method: Combiner.Method = .softVoting,
        copy: Bool = false, data: SegmentationDataset? = nil
    ) throws -> EnsembleBuilder.Result {
        try EnsembleBuilder(path: path, backend: TestMembers.exact()).build(
            from: sources, method: method, copy: copy, data: data,
            evaluation: EvaluationSection())
    }

    /// A draft over members that names no digests.
    private func draft(
        _ folder: String, _ files: [String], name: String = "draft.json",
        _ change: (inout EnsembleManifest) -> Void = { _ in }
    ) throws -> String {
        try EnsembleFiles.write(folder, files, name: name) { manifest in
            for index in manifest.members.indices { manifest.members[index].sha256 = nil }
            change(&manifest)
        }
    }

    // MARK: From a draft

    @Test func aDraftIsCompleted() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, Self.answers)
            let draft = try draft(folder, files) { manifest in
                manifest.members[0].weight = .member(3)
                manifest.members[1].weight = .perClass([1, 0.5])
                manifest.combine.space = .logit
            }
            let result = try build(draft, to: folder + "/ice.json")
            let built = try EnsembleStore.read(folder + "/ice.json")
            #expect(built == result.ensemble.manifest)
            #expect(built.name == "ice" && built.root == ".")
            #expect(built.members.map(\.path) == ["m0/manifest.json", "m1/manifest.json"])
            #expect(
                built.members.map(\.sha256) == (try files.map { try SHA256Digest.ofFile(at: $0) }))
            #expect(built.members.map(\.weight) == [.member(3), .perClass([1, 0.5])])
            #expect(built.combine == .init(method: .softVoting, space: .logit))
            #expect(built.input == .init(bands: ["band0"]))
            #expect(built.output?.classes.map(\.name) == ["class0", "class1"])
            #expect(built.output?.activation == .softmax)
            #expect(built.scores == .init(outOfBag: nil))
            #expect(result.notes.contains { $0.contains("--data") })
            #expect(built.lineage?.software.hasPrefix("floe ") == true)
            #expect(try EnsembleFiles.text(folder + "/ice.json").contains("\"outOfBag\" : null"))
        }
    }

    /// Built in its own place, and once more over what was built.
    @Test func aDraftMayBeItsOwnResult() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, Self.answers)
            let path = try draft(folder, files) { manifest in
                manifest.name = "by hand"
                manifest.combine.method = .hardVoting
            }
            var first = try build(path).ensemble.manifest
            #expect(first.name == "by hand")
            #expect(first.combine.space == .probability)
            #expect(first.combine.ties == .higherMeanProbability)
            let second = try build(path).ensemble.manifest
            first.lineage = second.lineage
            #expect(second == first)
            #expect(
                try EnsembleVerifier.problems(path, backend: TestMembers.exact()).isEmpty)
        }
    }

    @Test func theRootIsTheNearestFolderThatHoldsAllMembers() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder + "/zoo", Self.answers)
            try DurableFile.createFolder(folder + "/manifests")
            let draft = try draft(folder + "/zoo", files)
            // The folder of the result is made where it is missing.
            let above = try build(draft, to: folder + "/built/e.json").ensemble
            #expect(above.manifest.root == "..")
            #expect(above.manifest.members[1].path == "zoo/m1/manifest.json")
            // Paths of a draft with the root '..' are taken from there.
            let named = folder + "/manifests/draft.json"
            var manifest = above.manifest
            manifest.members[0].sha256 = nil
            try BoundedJSON.write(manifest, to: named)
            let beside = try build(named, to: folder + "/e.json").ensemble
            #expect(beside.manifest.root == ".")
            #expect(beside.manifest.members[1].path == "zoo/m1/manifest.json")
        }
    }

    @Test func anotherMemberThanTheDraftNamesIsRefused() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, Self.answers)
            let draft = try draft(folder, files) { manifest in
                manifest.members[1].sha256 = .of(Data("another".utf8))
            }
            let out = folder + "/e.json"
            let error = TrainingFixtures.error(.badData) { _ = try build(draft, to: out) }
            #expect(error?.file == files[1])
            #expect(error?.expected?.contains("SHA-256") == true)
            #expect(!EnsembleFiles.exists(out))
        }
    }

    @Test func whatADraftStatesMustBeTrue() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, Self.answers)
            let lies: [(inout EnsembleManifest) -> Void] = [
                { $0.input = .init(bands: ["sar"]) },
                { $0.output = .init(classes: [], activation: .softmax) },
                { $0.combine.thresholds = [0.5, 0.5] },
                { $0.members[0].weight = .perClass([1, 1, 1]) },
                { $0.members[0].path = "../m0/manifest.json" },
                { $0.members[0].path = files[0] },
                { $0.members[0].path = "none/manifest.json" },
            ]
            for lie in lies {
                let path = try draft(folder, files, lie)
                let before = try EnsembleFiles.bytes(path)
                let error = TrainingFixtures.error(.badData) { _ = try build(path) }
                #expect(error?.file == path)
                // What was written by hand is not lost with the failure.
                #expect(try EnsembleFiles.bytes(path) == before)
            }
            let none = folder + "/none.json"
            #expect(TrainingFixtures.error(.notFound) { _ = try build(none) }?.file == none)
        }
    }

    /// The result is not there yet: a message about it would send the reader to the wrong file.
    @Test func theFaultOfADraftIsSaidOfTheDraft() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, Self.answers)
            let faults: [(inout EnsembleManifest) -> Void] = [
                { $0.members[0].path = "none/manifest.json" },
                { $0.input = .init(bands: ["sar"]) },
                { $0.combine.thresholds = [0.5, 0.5] },
                { $0.members[0].weight = .perClass([1, 1, 1]) },
            ]
            for fault in faults {
                let draft = try draft(folder, files, fault)
                let out = folder + "/e.json"
                let error = TrainingFixtures.error(.badData) { _ = try build(draft, to: out) }
                #expect(error?.file == draft)
                #expect(!EnsembleFiles.exists(out))
            }
        }
    }

    @Test func membersThatDisagreeOrAreDamagedAreNotBuilt() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, Self.answers + [[0.5]])
            let out = folder + "/e.json"
            let foreign = TrainingFixtures.error(.badData) { try build(from: files, to: out) }
            #expect(foreign?.file == files[2])
            try build(from: Array(files.prefix(2)), to: out)
            let before = try EnsembleFiles.bytes(out)
            let weights = EnsembleFiles.weightsFile(files[1])
            try EnsembleFiles.damage(weights)
            let error = TrainingFixtures.error(.badData) {
                try build(from: Array(files.prefix(2)), to: out)
            }
            #expect(error?.file == weights)
            // The ensemble that was there before stays as it was.
            #expect(try EnsembleFiles.bytes(out) == before)
        }
    }

    // MARK: From runs and members

    @Test func aRunGivesAllItsMembers() throws {
        try TrainingFixtures.withFolder { folder in
            let run = try TrainingFixtures.run(folder)
            let out = folder + "/e.json"
            _ = try TestMembers.save(run.path, name: "member-001") { $0.logits = [1] }
            let unfinished = TrainingFixtures.error(.badData) {
                try build(from: [run.path], to: out)
            }
            #expect(unfinished?.file == run.path)
            #expect(unfinished?.expected == "2 members" && unfinished?.got == "1")
            #expect(!EnsembleFiles.exists(out))
            _ = try TestMembers.save(run.path, name: "member-000") { $0.logits = [2] }
            #expect(
                try build(from: [run.path], to: out).ensemble.names
                    == ["member-000", "member-001"])
            // Runs, member folders and manifests mix, in the order in which they were named.
            let other = try TestMembers.save(folder, name: "other")
            let mixed = try build(
                from: [other, run.memberFolder(1), run.path], to: out, method: .hardVoting)
            #expect(
                mixed.ensemble.manifest.members.map(\.path)
                    == [
                        "other/manifest.json", "run/member-001/manifest.json",
                        "run/member-000/manifest.json", "run/member-001/manifest.json",
                    ])
            #expect(mixed.ensemble.manifest.combine.method == .hardVoting)
            #expect(mixed.notes.contains { $0.contains("more than once") })
        }
    }

    @Test func sourcesThatAreNoMembersAreRefused() throws {
        try TrainingFixtures.withFolder { folder in
            let out = folder + "/e.json"
            TrainingFixtures.error(.usage) { try build(from: [], to: out) }
            let none = folder + "/none"
            let error = TrainingFixtures.error(.notFound) { try build(from: [none], to: out) }
            #expect(error?.file == none)
            let empty = folder + "/empty"
            try DurableFile.createFolder(empty)
            #expect(
                TrainingFixtures.error(.notFound) { try build(from: [empty], to: out) }?.file
                    == empty)
            let text = folder + "/text"
            try EnsembleFiles.put("{}", text)
            #expect(
                TrainingFixtures.error(.badData) { try build(from: [text], to: out) }?.file
                    == text)
            // Opening it would wait for ever.
            let fifo = folder + "/fifo"
            #expect(mkfifo(fifo, 0o600) == 0)
            for copy in [false, true] {
                let error = TrainingFixtures.error(.badData) {
                    try build(from: [fifo], to: out, copy: copy)
                }
                #expect(error?.file == fifo)
            }
            #expect(!EnsembleFiles.exists(out))
        }
    }

    @Test func membersElsewhereNeedACopy() throws {
        try TrainingFixtures.withFolder { folder in
            let member = try TestMembers.save(folder, name: "far")
            let out = folder + "/a/b/e.json"
            let error = TrainingFixtures.error(.usage) { try build(from: [member], to: out) }
            #expect(error?.file == out)
            #expect(error?.got == member)
            #expect(error?.advice?.contains("--copy") == true)
            // A link beside the manifest does not bring its target nearer.
            #expect(symlink("../../far", folder + "/a/b/near") == 0)
            TrainingFixtures.error(.usage) { try build(from: [folder + "/a/b/near"], to: out) }
            #expect(try EnsembleFiles.names(folder + "/a/b") == ["near"])
        }
    }

    /// Where the folder is a link, the folder above is another one for the link and for its target.
    @Test func aLinkedFolderIsNotFooled() throws {
        try TrainingFixtures.withFolder { folder in
            let member = try TestMembers.save(folder, name: "m")
            try DurableFile.createFolder(folder + "/real/deep")
            #expect(symlink("real/deep", folder + "/link") == 0)
            let out = folder + "/link/e.json"
            TrainingFixtures.error(.usage) { try build(from: [member], to: out) }
            // Nothing is written that could not be opened.
            #expect(!EnsembleFiles.exists(out))
        }
    }
}
