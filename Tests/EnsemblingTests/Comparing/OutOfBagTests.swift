import DurableFiles
import Foundation
import ModelZoo
import SegmentationData
import SegmentationMetrics
import Testing
import Training
import TrainingTestSupport

@testable import Ensembling

/// Members of one known answer each: which of them may vote on an image is all that is left open.
@Suite struct OutOfBagTests {
    private typealias Voice = ComparedData.Voice

    /// Pixels of the class: "present" everywhere has Dice 2/3, 2/5 and 1 there.
    private static let present = ["a0": 8, "a1": 4, "a2": 16]

    private static func score(
        _ ensemble: OpenedEnsemble, _ dataset: SegmentationDataset,
        absent: AbsentClassPolicy = .skip
    ) throws -> OutOfBagScore? {
        var evaluation = EvaluationSection()
        evaluation.absent = absent
        return try OutOfBag.record(
            ensemble, dataset: dataset, evaluation: evaluation, backend: TestMembers.exact())?.score
    }

    private static func score(
        _ voices: [Voice], method: Combiner.Method = .softVoting, present: [String: Int] = present,
        absent: AbsentClassPolicy = .skip,
        _ change: (inout DatasetDescription) -> Void = { _ in }
    ) throws -> OutOfBagScore? {
        try TrainingFixtures.withFolder { folder in
            try score(
                ComparedData.ensemble(folder, voices, method: method),
                ComparedData.dataset(folder, present: present, change), absent: absent)
        }
    }

    /// a0 is judged by the absent member alone, a2 by the present one alone, a1 by nobody.
    @Test func everyImageIsScoredByTheMembersOutsideIt() throws {
        let result = try #require(
            try Self.score([
                Voice(probability: 0.9, bag: ["a0", "a1"]),
                Voice(probability: 0.1, bag: ["a1", "a2"]),
                Voice(probability: 0.8, bag: ["a0", "a1", "a2"]),
            ]))
        expectClose(result.score.values["dice"], (0.0 + 1.0) / 2)
        expectClose(result.score.values["iou"], (0.0 + 1.0) / 2)
        expectClose(result.score.values["pixelAccuracy"], (0.5 + 1.0) / 2)
        let losses =
            ComparedData.crossEntropy(0.1, present: 8) + ComparedData.crossEntropy(0.9, present: 16)
        expectClose(result.score.values["loss"], losses / 2)
        #expect(result.coverage.images == 2)
        #expect(result.coverage.total == 3)
        expectClose(result.coverage.meanVotes, 1)
        #expect(result.score.images == 2)
        #expect(result.score.reduction == .perImage)
        #expect(!result.score.isOptimistic)
    }

    /// a0 has two votes (mean 0.6, present), a1 one (absent), a2 one (present).
    @Test func severalOutsideVoteTogether() throws {
        let result = try #require(
            try Self.score([
                Voice(probability: 0.9, bag: ["a1", "a1", "a1"]),
                Voice(probability: 0.3, bag: ["a2", "a2", "a2"]),
            ]))
        expectClose(result.score.values["dice"], (2.0 / 3 + 0 + 1) / 3)
        expectClose(result.coverage.meanVotes, 4.0 / 3)
        #expect(result.coverage.images == 3)
    }

    /// Weighted 1 to 3 the mean is 0.45, so a0 turns to absent.
    @Test func weightsCountOutsideTheBagToo() throws {
        let result = try #require(
            try Self.score([
                Voice(probability: 0.9, bag: ["a1", "a1", "a1"], weight: 1),
                Voice(probability: 0.3, bag: ["a2", "a2", "a2"], weight: 3),
            ]))
        expectClose(result.score.values["dice"], (0.0 + 0 + 1) / 3)
    }

    /// 0.9, 0.4, 0.4: the mean says present, two of three votes say absent.
    @Test(arguments: [(Combiner.Method.softVoting, 2.0 / 3), (.hardVoting, 0.0)])
    func theEnsemblesOwnRuleDecides(_ method: Combiner.Method, _ expected: Double) throws {
        let result = try #require(
            try Self.score(
                [0.9, 0.4, 0.4].map { Voice(probability: $0, bag: ["a1", "a2", "a1"]) },
                method: method))
        #expect(result.coverage.images == 1)
        expectClose(result.coverage.meanVotes, 3)
        expectClose(result.score.values["dice"], expected)
    }

    @Test func whatAMemberSaysOfItsOwnBagDoesNotMatter() throws {
        func score(inBag probability: Double) throws -> OutOfBagScore? {
            try Self.score([
                Voice(probability: 0.9, bag: ["a0", "a1", "a1"]),
                Voice(probability: 0.1, bag: ["a1", "a2", "a2"]),
                Voice(probability: probability, bag: ["a0", "a1", "a2"]),
            ])
        }
        let before = try #require(try score(inBag: 0.01))
        #expect(try score(inBag: 0.99) == before)
        expectClose(before.score.values["dice"], (0.0 + 1.0) / 2)
    }

    /// A member of weight zero neither votes nor makes an image count as covered.
    @Test func weightZeroHasNoVote() throws {
        let result = try #require(
            try Self.score([
                Voice(probability: 0.9, bag: ["a1", "a2", "a2"], weight: 1),
                Voice(probability: 0.1, bag: ["a2", "a2", "a2"], weight: 0),
            ]))
        // a1 is outside the second member's bag only, which counts for nothing.
        #expect(result.coverage.images == 1)
        #expect(result.coverage.total == 3)
        expectClose(result.coverage.meanVotes, 1)
        expectClose(result.score.values["dice"], 2.0 / 3)
    }

    /// Images of one scene stand together: outside means that none of the scene was drawn.
    @Test func groupsStayTogether() throws {
        let result = try #require(
            try Self.score(
                [
                    Voice(probability: 0.9, bag: ["a0", "a0"]),
                    Voice(probability: 0.1, bag: ["a1", "a1"]),
                ],
                present: ["a0-x": 8, "a0-y": 16, "a1-x": 4]
            ) { $0.group = .expression("^([^-]+)-") })
        // Both images of a0 by the absent member, a1 by the present one.
        expectClose(result.score.values["dice"], (0.0 + 0.0 + 0.4) / 3)
        #expect(result.coverage == .init(images: 3, total: 3, meanVotes: 1))
    }

    @Test func nothingOutOfBagGivesNoScore() throws {
        let everything = ["a0", "a1", "a2"]
        #expect(
            try Self.score([
                Voice(probability: 0.9, bag: everything), Voice(probability: 0.1, bag: everything),
            ]) == nil)
    }

    /// Only the training split is asked: the others are out of every bag and would flatter.
    @Test func otherSplitsAreNotScored() throws {
        let result = try #require(
            try Self.score(
                [Voice(probability: 0.9, bag: ["a0", "a0"])],
                present: ["a0": 8, "a1": 4, "t0": 16, "v0": 16]))
        #expect(result.coverage == .init(images: 1, total: 2, meanVotes: 1))
        expectClose(result.score.values["dice"], 0.4)
    }

    /// Nothing there and nothing said: left out, one or zero.
    @Test(arguments: [(AbsentClassPolicy.skip, nil), (.one, 1.0), (.zero, 0.0)])
    func thePolicyForAbsentClasses(_ policy: AbsentClassPolicy, _ expected: Double?) throws {
        let result = try #require(
            try Self.score(
                [Voice(probability: 0.1, bag: ["a0", "a0"])], present: ["a0": 8, "a1": 0],
                absent: policy))
        #expect(result.score.values["dice"] == expected)
        #expect(result.score.absentClasses.rawValue == policy.rawValue)
        #expect(result.coverage.images == 1)
    }

    // MARK: Refusals

    @Test func aMemberWithoutABag() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try ComparedData.dataset(folder, present: Self.present)
            let ensemble = try ComparedData.ensemble(
                folder,
                [Voice(probability: 0.9, bag: ["a0"]), Voice(probability: 0.9, bag: nil)])
            let error = TrainingFixtures.error(.badData) { _ = try Self.score(ensemble, dataset) }
            #expect(error?.what.contains("no bag") == true)
            #expect(error?.file == ensemble.members[1].path)
        }
    }

    @Test func aBagFromOtherData() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try ComparedData.dataset(folder, present: Self.present)
            let ensemble = try ComparedData.ensemble(
                folder,
                [
                    Voice(probability: 0.9, bag: ["a0"]),
                    Voice(probability: 0.9, bag: ["a1", "elsewhere"]),
                ])
            let error = TrainingFixtures.error(.badData) { _ = try Self.score(ensemble, dataset) }
            #expect(error?.file == ensemble.members[1].path)
            #expect(error?.got?.contains("elsewhere") == true)
        }
    }

    /// An image of the test split in a bag is as foreign as one from elsewhere.
    @Test func aBagFromAnotherPartOfTheData() throws {
        let present = ["a0": 8, "t0": 8]
        TrainingFixtures.error(.badData) {
            _ = try Self.score([Voice(probability: 0.9, bag: ["t0"])], present: present)
        }
    }

    @Test func theDataThatWasRecordedIsAccepted() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try ComparedData.dataset(folder, present: Self.present)
            let record = try ComparedData.record(of: dataset)
            let ensemble = try ComparedData.ensemble(
                folder, [Voice(probability: 0.9, bag: ["a1", "a2"]) { $0.data = record }])
            expectClose(try Self.score(ensemble, dataset)?.score.values["dice"], 2.0 / 3)
        }
    }

    @Test func changedData() throws {
        try TrainingFixtures.withFolder { folder in
            let record = try ComparedData.record(
                of: ComparedData.dataset(folder, present: Self.present))
            let ensemble = try ComparedData.ensemble(
                folder, [Voice(probability: 0.9, bag: ["a1"]) { $0.data = record }])
            var present = Self.present
            present["a1"] = 5
            let changed = try ComparedData.dataset(folder, present: present)
            #expect(
                try OutOfBag.record(
                    ensemble, dataset: changed, evaluation: EvaluationSection(),
                    backend: TestMembers.exact(), allowingOtherData: true) == nil)
            let error = TrainingFixtures.error(.badData) { _ = try Self.score(ensemble, changed) }
            #expect(error?.file == ensemble.members[0].path)
            #expect(error?.what.contains("changed") == true)
            #expect(error?.expected?.contains("\(record.fingerprint)") == true)
        }
    }

    @Test func anotherSplit() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try ComparedData.dataset(folder, present: Self.present)
            let record = try ComparedData.record(of: dataset, training: 2)
            let ensemble = try ComparedData.ensemble(
                folder, [Voice(probability: 0.9, bag: ["a1"]) { $0.data = record }])
            let error = TrainingFixtures.error(.badData) { _ = try Self.score(ensemble, dataset) }
            #expect(error?.what.contains("split") == true)
            #expect(error?.expected == "2 training images")
            #expect(error?.got == "3")
        }
    }
}
