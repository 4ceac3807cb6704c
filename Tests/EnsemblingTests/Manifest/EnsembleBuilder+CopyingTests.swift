import DurableFiles
import Foundation
import Glibc
import ModelZoo
import SegmentationData
import Testing
import Training
import TrainingTestSupport

@testable import Ensembling

/// Members that are brought beside the manifest, and the score of what is out of every bag.
@Suite struct EnsembleBuilderCopyingTests {
    private static let answers: [[Float]] = [[0.2, 0.8], [0.6, 0.4]]

    /// Where the members lie, and where the ensemble is to be: too far apart for one root.
    private struct Places {
        let far: String
        let near: String
        var out: String { near + "/e.json" }
        var copies: String { near + "/members" }

        init(_ folder: String) throws {
            far = folder + "/far"
            near = folder + "/a/near"
            try DurableFile.createFolder(near)
        }
    }

    @discardableResult
    private func copy(_ sources: [String], to path: String) throws -> OpenedEnsemble {
        try EnsembleBuilder(path: path, backend: TestMembers.exact()).build(
            from: sources, method: .softVoting, copy: true, data: nil,
            evaluation: EvaluationSection()
        ).ensemble
    }

    /// What tells a file that was left alone from one that was written again.
    private func identity(_ path: String) throws -> Int {
        try #require(
            FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int)
    }

    @Test func aCopyLiesBesideTheManifestAndStandsAlone() throws {
        try TrainingFixtures.withFolder { folder in
            let places = try Places(folder)
            let files = try EnsembleFiles.members(places.far, Self.answers)
            let ids = try files.map { try MemberStore.openManifest($0).identity.id }
            // A member's folder does as well as its manifest.
            let ensemble = try copy([places.far + "/m0", files[1]], to: places.out)
            #expect(ensemble.manifest.root == ".")
            #expect(
                ensemble.manifest.members.map(\.path) == ids.map { "members/\($0)/manifest.json" })
            for (file, id) in zip(files, ids) {
                for name in [MemberStore.manifestName, MemberStore.weightsName] {
                    let source = URL(fileURLWithPath: file).deletingLastPathComponent().path
                    #expect(
                        try EnsembleFiles.bytes("\(places.copies)/\(id)/\(name)")
                            == EnsembleFiles.bytes("\(source)/\(name)"))
                }
            }
            try EnsembleFiles.remove(places.far)
            let backend = TestMembers.exact()
            #expect(try EnsembleVerifier.problems(places.out, backend: backend).isEmpty)
        }
    }

    @Test func aCopyThatIsThereIsUsedAgain() throws {
        try TrainingFixtures.withFolder { folder in
            let places = try Places(folder)
            let files = try EnsembleFiles.members(places.far, Self.answers)
            let first = try copy(files, to: places.out)
            let before = try first.members.map { try identity($0.path) }
            // Twice in one ensemble is one copy, too.
            let second = try copy(files + [files[0]], to: places.out)
            #expect(try second.members.map { try identity($0.path) } == before + [before[0]])
            #expect(try EnsembleFiles.names(places.copies).count == 2)
            // The copies themselves are members like any others.
            let third = try copy(first.members.map(\.path), to: places.out)
            #expect(third.members.map(\.path) == first.members.map(\.path))
        }
    }

    /// The id comes from the weights: with another threshold it is another member of the same id.
    @Test func anotherMemberInTheWayIsRefused() throws {
        try TrainingFixtures.withFolder { folder in
            let places = try Places(folder)
            let file = try EnsembleFiles.members(places.far, [[0.5]])[0]
            let built = try copy([file], to: places.out).members[0].path
            let before = try EnsembleFiles.bytes(built)
            try EnsembleFiles.edit(file) { $0.output.threshold = 0.25 }
            let error = TrainingFixtures.error(.badData) { try copy([file], to: places.out) }
            #expect(error?.file == built)
            #expect(try EnsembleFiles.bytes(built) == before)
            #expect(try EnsembleStore.open(places.out).members.count == 1)
        }
    }

    @Test func aDamagedCopyIsNotUsedAgain() throws {
        try TrainingFixtures.withFolder { folder in
            let places = try Places(folder)
            let files = try EnsembleFiles.members(places.far, Self.answers)
            let weights = EnsembleFiles.weightsFile(
                try copy(files, to: places.out).members[1].path)
            try EnsembleFiles.damage(weights)
            let error = TrainingFixtures.error(.badData) { try copy(files, to: places.out) }
            #expect(error?.file == weights)
        }
    }

    @Test func nothingOfADamagedOrHostileMemberIsCopied() throws {
        let changes: [(String) throws -> Void] = [
            { try EnsembleFiles.damage(EnsembleFiles.weightsFile($0)) },
            { try EnsembleFiles.remove(EnsembleFiles.weightsFile($0)) },
            { try EnsembleFiles.edit($0) { $0.weights.file = "../m1/weights.h5" } },
            { try EnsembleFiles.edit($0) { $0.bag?.idsFile = "../secret" } },
            { try EnsembleFiles.edit($0) { $0.bag?.idsFile = "leak" } },
            { try EnsembleFiles.edit($0) { $0.bag?.idsFile = "none" } },
            { try EnsembleFiles.replace("{", "", in: $0) },
            // A file in a folder of its own would need that folder, too.
            { member in
                let weights = EnsembleFiles.weightsFile(member)
                let folder = URL(fileURLWithPath: member).deletingLastPathComponent().path
                try DurableFile.createFolder(folder + "/sub")
                try EnsembleFiles.bytes(weights)
                    .write(to: URL(fileURLWithPath: folder + "/sub/weights.h5"))
                try EnsembleFiles.edit(member) { $0.weights.file = "sub/weights.h5" }
            },
        ]
        for (index, change) in changes.enumerated() {
            try TrainingFixtures.withFolder { folder in
                let places = try Places(folder)
                let files = try EnsembleFiles.members(places.far, Self.answers) {
                    $0.bag = ["secret"]
                }
                try EnsembleFiles.edit(files[0]) { manifest in
                    manifest.bag?.ids = nil
                    manifest.bag?.idsFile = "ids"
                }
                try EnsembleFiles.put("secret\n", places.far + "/m0/ids")
                try EnsembleFiles.put("secret\n", places.far + "/secret")
                #expect(symlink("../secret", places.far + "/m0/leak") == 0)
                try change(files[0])
                let error = TrainingFixtures.error(.badData) {
                    try copy([files[0]], to: places.out)
                }
                #expect(error?.file?.hasPrefix(places.far + "/m0/") == true, "\(index)")
                #expect(!EnsembleFiles.exists(places.out))
                if EnsembleFiles.exists(places.copies) {
                    #expect(try EnsembleFiles.names(places.copies).isEmpty, "\(index)")
                }
            }
        }
    }

    /// Without its ids a copied member could never be scored out of its bag.
    @Test func theIdsOfABagAreCopied() throws {
        try TrainingFixtures.withFolder { folder in
            let places = try Places(folder)
            let file = try EnsembleFiles.members(places.far, [[0.5]]) { $0.bag = ["a", "b"] }[0]
            try EnsembleFiles.edit(file) { manifest in
                manifest.bag?.ids = nil
                manifest.bag?.idsFile = "ids.txt"
            }
            try EnsembleFiles.put("a\nb\n", places.far + "/m0/ids.txt")
            let member = try copy([file], to: places.out).members[0]
            #expect(
                try MemberStore.bagIDs(of: member.manifest, at: member.path) == ["a", "b"])
            #expect(member.path.hasPrefix(places.copies))
        }
    }

    // MARK: The out-of-bag score

    private func score(
        _ folder: String, bags: (_ training: [String]) -> [[String]?]
    ) throws -> EnsembleBuilder.Result {
        try TrainingFixtures.writeImages(folder)
        let dataset = try SegmentationDataset.open(TrainingFixtures.recipe(folder).data)
        let training = dataset.groups(of: try dataset.split().train)
        let files = try bags(training).enumerated().map { index, bag in
            let file = try TestMembers.save(folder, name: "m\(index)") { plan in
                plan.classNames = ["thing"]
                plan.logits = [Float(index)]
                plan.bag = bag
            }
            try EnsembleFiles.edit(file) { $0.input.bands[0].name = dataset.bands[0] }
            return file
        }
        return try EnsembleBuilder(path: folder + "/e.json", backend: TestMembers.exact()).build(
            from: files, method: .softVoting, copy: false, data: dataset,
            evaluation: EvaluationSection())
    }

    @Test func theOutOfBagScoreSaysWhatItSpeaksFor() throws {
        try TrainingFixtures.withFolder { folder in
            // Five images: one is in both bags, one in neither, three are left out once.
            let result = try score(folder) { training in
                [[training[0], training[1]], [training[0], training[2], training[3]]]
            }
            let score = try #require(result.ensemble.manifest.scores?.outOfBag)
            #expect(score.coverage == .init(images: 4, total: 5, meanVotes: 1.25))
            #expect(score.score.images == 4 && !score.score.isOptimistic)
            #expect(score.score.values["dice"] != nil && score.score.values["loss"] != nil)
            #expect(result.notes.isEmpty)
        }
    }

    @Test func noImageOutOfAnyBagIsSaid() throws {
        try TrainingFixtures.withFolder { folder in
            let result = try score(folder) { [$0, $0] }
            #expect(result.ensemble.manifest.scores == .init(outOfBag: nil))
            #expect(result.notes.contains { $0.contains("out of any bag") })
        }
    }

    @Test func aMemberWithoutABagHasNoSuchScore() throws {
        try TrainingFixtures.withFolder { folder in
            let error = TrainingFixtures.error(.badData) {
                _ = try score(folder) { [[$0[0]], nil] }
            }
            #expect(error?.file == folder + "/m1/manifest.json")
            #expect(!EnsembleFiles.exists(folder + "/e.json"))
        }
    }
}
