import DurableFiles
import Foundation
import ModelZoo
import SegmentationData
import SegmentationMetrics
import Testing
import Training
import TrainingTestSupport

@testable import Ensembling

@Suite struct ComparerTests {
    private typealias Voice = ComparedData.Voice

    private static func compare(
        _ ensemble: OpenedEnsemble, _ dataset: SegmentationDataset,
        absent: AbsentClassPolicy = .skip, watching: Bool = false,
        onImage: (Comparer.Shown) throws -> Void = { _ in }
    ) throws -> Comparison {
        var evaluation = EvaluationSection()
        evaluation.absent = absent
        let split = try dataset.split()
        return try Comparer(
            ensemble, dataset: dataset, evaluation: evaluation, backend: TestMembers.exact()
        ).compare(
            split.test, split: "test", validation: watching ? split.validation : [],
            onImage: onImage)
    }

    private static func compare(
        _ voices: [Voice], present: [String: Int], absent: AbsentClassPolicy = .skip,
        watching: Bool = false, _ change: (inout DatasetDescription) -> Void = { _ in }
    ) throws -> Comparison {
        try TrainingFixtures.withFolder { folder in
            try compare(
                ComparedData.ensemble(folder, voices),
                ComparedData.dataset(folder, present: present, change), absent: absent,
                watching: watching)
        }
    }

    /// 0.9 says present, 0.3 absent, and their mean 0.6 present again.
    private static let two = [
        Voice(probability: 0.9) { $0.minutes = 2 }, Voice(probability: 0.3) { $0.minutes = 3 },
    ]
    /// "Present" everywhere: Dice 2/3 and 2/5, IoU and accuracy 1/2 and 1/4.
    private static let images = ["t0": 8, "t1": 4]

    private static func loss(_ probability: Double, _ counts: [Int] = [8, 4]) -> Double {
        counts.map { ComparedData.crossEntropy(probability, present: $0) }.reduce(0, +)
            / Double(counts.count)
    }

    // MARK: Rows

    @Test func rowsInOrder() throws {
        let rows = try Self.compare(Self.two, present: Self.images).rows
        #expect(rows.map(\.kind) == [.member, .member, .meanMember, .ensemble])
        #expect(rows.map(\.name) == ["m0", "m1", "mean member", "ensemble"])
    }

    @Test func scoresOfAllRows() throws {
        let rows = try Self.compare(Self.two, present: Self.images).rows
        let dice = (2.0 / 3 + 2.0 / 5) / 2
        let expected: [(dice: Double, iou: Double, accuracy: Double, loss: Double)] = [
            (dice, 0.375, 0.375, Self.loss(0.9)), (0, 0, 0.625, Self.loss(0.3)),
            (dice / 2, 0.1875, 0.5, (Self.loss(0.9) + Self.loss(0.3)) / 2),
            (dice, 0.375, 0.375, Self.loss(0.6)),
        ]
        for (row, values) in zip(rows, expected) {
            expectClose(row.dice, values.dice)
            expectClose(row.iou, values.iou)
            expectClose(row.pixelAccuracy, values.accuracy)
            expectClose(row.loss, values.loss)
        }
    }

    /// All pixels together: 12 found, 20 invented, so Dice 24 / 44 and IoU 12 / 32.
    @Test func pooledScores() throws {
        let rows = try Self.compare(Self.two, present: Self.images).rows
        let pooled = zip([24.0 / 44, 0, 12.0 / 44, 24.0 / 44], [0.375, 0, 0.1875, 0.375])
        for (row, values) in zip(rows, pooled) {
            expectClose(row.pooledDice, values.0)
            expectClose(row.pooledIoU, values.1)
        }
    }

    @Test func theEnsembleTookItsMembersMinutesTogether() throws {
        let rows = try Self.compare(Self.two, present: Self.images).rows
        for (row, minutes) in zip(rows, [2.0, 3, 2.5, 5]) { expectClose(row.minutes, minutes) }
    }

    @Test func theMinutesAreUnknownWhereOneMembersAre() throws {
        try TrainingFixtures.withFolder { folder in
            let root = folder + "/e"
            let members = try ["m0", "m1"].map { try ComparedData.save(root, $0) }
            try ComparedData.edit(members[1]) { $0.training = nil }
            let rows = try Self.compare(
                ComparedData.open(root, members),
                ComparedData.dataset(folder, present: Self.images)
            ).rows
            expectClose(rows[0].minutes, 1)
            #expect(rows[1].minutes == nil)
            #expect(rows[3].minutes == nil)
        }
    }

    @Test func weightsMoveTheEnsemble() throws {
        var voices = Self.two
        voices[0].weight = 1
        voices[1].weight = 3
        let row = try #require(try Self.compare(voices, present: Self.images).rows.last)
        // (0.9 + 3 x 0.3) / 4 = 0.45: absent.
        expectClose(row.dice, 0)
        expectClose(row.loss, Self.loss(0.45))
    }

    @Test func validationLossesOfTheMembersOwnRecord() throws {
        var voices = Self.two
        voices[0].change = { $0.validation = ["loss": 0.5] }
        voices[1].change = { $0.validation = ["loss": 0.7] }
        let rows = try Self.compare(voices, present: Self.images).rows
        expectClose(rows[0].validationLoss, 0.5)
        expectClose(rows[1].validationLoss, 0.7)
        expectClose(rows[2].validationLoss, 0.6)
        #expect(rows[3].validationLoss == nil)
    }

    @Test func validationLossesOfTheSplit() throws {
        let present = ["t0": 8, "v0": 12, "v1": 2]
        let comparison = try Self.compare(Self.two, present: present, watching: true)
        let expected = [0.9, 0.3, nil, 0.6].map { $0.map { Self.loss($0, [12, 2]) } }
        for (row, value) in zip(comparison.rows, expected) {
            expectClose(
                row.validationLoss,
                value ?? (Self.loss(0.9, [12, 2]) + Self.loss(0.3, [12, 2])) / 2)
        }
        // The watched images are no part of the comparison itself.
        #expect(comparison.images == 1)
        #expect(comparison.perImage.map(\.id) == ["t0"])
    }

    /// The first member's recipe says which loss is reported; 14.4 / 22.4 of Dice for p = 0.9.
    @Test func theFirstMembersLoss() throws {
        try TrainingFixtures.withFolder { folder in
            let root = folder + "/e"
            let member = try ComparedData.save(root, "m0") {
                $0.logits = [ComparedData.logit(0.9)]
            }
            try ComparedData.edit(member) {
                $0.training?.hyperparameters = .object([
                    "loss": .array([.object(["term": .string("dice"), "weight": .number("2")])])
                ])
            }
            let comparison = try Self.compare(
                ComparedData.open(root, [member]),
                ComparedData.dataset(folder, present: ["t0": 8]))
            #expect(comparison.loss == "2.0 x dice")
            expectClose(comparison.rows[0].loss, 2 * (1 - 14.4 / 22.4))
        }
    }

    /// Rules weigh classes by each member's own bag; all are judged by the mean.
    @Test func classWeightsOfSeveralMembersAreAveraged() throws {
        func loss(_ term: String, _ weights: [String]) -> JSONValue {
            .array([
                .object([
                    "term": .string(term),
                    "class-weights": .array(weights.map { .number($0) }),
                ])
            ])
        }
        func common(_ losses: [JSONValue]) throws -> [LossSection] {
            try TrainingFixtures.withFolder { folder in
                let members = try losses.enumerated().map { index, loss in
                    let member = try ComparedData.save(folder + "/e", "m\(index)") {
                        $0.classes = 2
                        $0.classNames = ["background", "class0"]
                    }
                    try ComparedData.edit(member) {
                        $0.training?.hyperparameters = .object(["loss": loss])
                    }
                    return member
                }
                return try ComparedData.open(folder + "/e", members).commonLoss
            }
        }
        let means = try common([
            loss("cross-entropy", ["1", "0"]), loss("cross-entropy", ["3", "5"]),
        ])
        #expect(means.map(\.classWeights) == [.numbers([2, 2.5])])
        // Of different terms, the first member's are taken as they are.
        let first = try common([loss("cross-entropy", ["1", "0"]), loss("dice", ["3", "5"])])
        #expect(first.map(\.term) == [.crossEntropy])
        #expect(first.map(\.classWeights) == [.numbers([1, 0])])
    }

    // MARK: Classes that exclude one another

    /// The background is a class of the network and none of the table.
    @Test func theBackgroundIsNotScored() throws {
        try TrainingFixtures.withFolder { folder in
            let root = folder + "/e"
            let member = try ComparedData.save(root, "m0") { plan in
                plan.classes = 2
                plan.classNames = ["background", "class0"]
                plan.logits = [Float(log(0.2)), Float(log(0.8))]
            }
            let dataset = try ComparedData.dataset(folder, present: Self.images) {
                $0.classes = [
                    ClassDescription(name: "background"), ClassDescription(name: "class0"),
                ]
                $0.kind = .softmax
            }
            let row = try Self.compare(ComparedData.open(root, [member]), dataset).rows[0]
            expectClose(row.dice, (2.0 / 3 + 2.0 / 5) / 2)
            expectClose(row.iou, 0.375)
            expectClose(row.pixelAccuracy, 0.375)
            // 3/8 of the pixels are of the class on average.
            expectClose(row.loss, -0.375 * log(0.8) - 0.625 * log(0.2))
        }
    }

    // MARK: Absent classes

    /// The class is neither there nor predicted on t1.
    @Test(arguments: [
        (AbsentClassPolicy.skip, 0.0, 1), (.one, 0.5, 0), (.zero, 0.0, 0),
    ])
    func absentClasses(_ policy: AbsentClassPolicy, _ dice: Double, _ skipped: Int) throws {
        let comparison = try Self.compare(
            [Voice(probability: 0.3)], present: ["t0": 8, "t1": 0], absent: policy)
        #expect(comparison.absentClasses == policy)
        let row = comparison.rows[0]
        expectClose(row.dice, dice)
        #expect(row.skipped == skipped)
        #expect(comparison.rows.allSatisfy { $0.skipped == skipped })
        let expected: Double? = policy == .skip ? nil : policy == .one ? 1 : 0
        #expect(comparison.perImage[1].ensembleDice == expected)
        #expect(comparison.perImage[1].memberDice == [expected])
    }

    @Test func nothingToScoreIsNoNumber() throws {
        let comparison = try Self.compare([Voice(probability: 0.3)], present: ["t0": 0])
        #expect(comparison.rows.allSatisfy { $0.dice == nil && $0.iou == nil })
        #expect(comparison.differences.isEmpty)
        // Accuracy and loss need no class.
        expectClose(comparison.rows[0].pixelAccuracy, 1)
        expectClose(comparison.rows[0].loss, -log(0.7))
    }

    // MARK: The record

    @Test func whatWasCompared() throws {
        let comparison = try Self.compare(Self.two, present: Self.images)
        #expect(comparison.format == "floe.comparison/1")
        #expect(comparison.data == "squares")
        #expect(comparison.split == "test")
        #expect(comparison.images == 2)
        #expect(comparison.classes == ["class0"])
        #expect(comparison.reduction == .perImage)
        #expect(comparison.loss == "1.0 x bce")
        #expect(comparison.missingMembers.isEmpty)
        #expect(comparison.seenInTraining == nil)
        #expect(comparison.outOfBag == nil)
    }

    /// The record says what the scores are of, and whether that is what the recipes ask for.
    @Test func testTimeAugmentationIsRecorded() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try ComparedData.ensemble(
                folder,
                [
                    Voice(probability: 0.9),
                    Voice(probability: 0.3) {
                        $0.testTime = [.string("vertical-flip"), .number("0.75")]
                    },
                ])
            let dataset = try ComparedData.dataset(folder, present: Self.images)
            func record(_ testTime: TestTimeAugmentation? = nil) throws -> Comparison.TestTime? {
                let comparison = try Comparer(
                    ensemble, dataset: dataset, backend: TestMembers.exact(), testTime: testTime
                ).compare(dataset.split().test, split: "test")
                let encoded = try BoundedJSON.encode(comparison)
                return try BoundedJSON.decode(
                    Comparison.self, from: encoded, file: "c", limit: encoded.count
                ).testTime
            }
            let own = try #require(try record())
            #expect(
                !own.isOverridden && own.members.map(\.words) == [[], ["vertical-flip", "0.75"]])
            let none = try #require(try record(TestTimeAugmentation()))
            #expect(none.isOverridden && none.members.map(\.words) == [[], []])
            let turns = try #require(TestTimeAugmentation(["quarter-turns"]))
            let others = try #require(try record(turns))
            #expect(others == .init(isOverridden: true, members: [turns, turns]))
        }
    }

    @Test func everyImagesDice() throws {
        let rows = try Self.compare(Self.two, present: Self.images).perImage
        #expect(rows.map(\.id) == ["t0", "t1"])
        for (row, dice) in zip(rows, [2.0 / 3, 0.4]) {
            expectClose(row.ensembleDice, dice)
            #expect(row.memberDice.count == 2)
            expectClose(row.memberDice[0], dice)
            expectClose(row.memberDice[1], 0)
        }
    }

    @Test func imagesAreShownInOrder() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try ComparedData.dataset(
                folder, present: ["a0": 1, "t0": 8, "t1": 4])
            var shown: [Comparer.Shown] = []
            _ = try Self.compare(ComparedData.ensemble(folder, Self.two), dataset) {
                shown.append($0)
            }
            #expect(shown.map(\.id) == ["t0", "t1"])
            #expect(shown.map { dataset.ids[$0.index] } == ["t0", "t1"])
            #expect(shown.allSatisfy { $0.decisions == ComparedData.mask(16) })
            expectClose(shown[1].dice, 0.4)
        }
    }

    @Test func membersThatAreMissing() throws {
        try TrainingFixtures.withFolder { folder in
            let root = folder + "/e"
            let members = try ["m0", "m1"].map { try ComparedData.save(root, $0) }
            _ = try ComparedData.open(root, members)
            try FileManager.default.removeItem(atPath: members[0])
            let ensemble = try EnsembleStore.open(root + "/ensemble.json", allowedMissing: 1)
            let comparison = try Self.compare(
                ensemble, ComparedData.dataset(folder, present: Self.images))
            #expect(comparison.rows.map(\.name) == ["m1", "mean member", "ensemble"])
            #expect(comparison.missingMembers.count == 1)
            #expect(comparison.missingMembers.first?.contains("m0") == true)
        }
    }

    // MARK: Seen in training

    /// t0 was drawn by a member that says so of this very data.
    @Test(arguments: [("same", 1), ("other", nil), ("none", nil)] as [(String, Int?)])
    func imagesSeenInTraining(_ data: String, _ seen: Int?) throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try ComparedData.dataset(folder, present: Self.images)
            let other = String(repeating: "0", count: 64)
            let record = try ComparedData.record(
                of: dataset, fingerprint: data == "other" ? other : nil)
            let ensemble = try ComparedData.ensemble(
                folder,
                [
                    Voice(probability: 0.9),
                    Voice(probability: 0.9, bag: ["t0", "t0", "a7"]) {
                        if data != "none" { $0.data = record }
                    },
                ])
            #expect(try Self.compare(ensemble, dataset).seenInTraining == seen)
        }
    }

    // MARK: Refusals

    @Test func anEmptySplit() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try ComparedData.dataset(folder, present: ["a0": 4])
            let ensemble = try ComparedData.ensemble(folder, Self.two)
            let error = TrainingFixtures.error(.badData) {
                _ = try Self.compare(ensemble, dataset)
            }
            #expect(error?.what.contains("'test' is empty") == true)
        }
    }

    @Test(arguments: ["bands", "classes", "output kind", "masks"])
    func dataOfAnotherKind(_ what: String) throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try ComparedData.dataset(folder, present: Self.images) { data in
                switch what {
                case "bands": data.images[0].bands = ["infrared"]
                case "classes":
                    data.classes = [ClassDescription(name: "floe")]
                    data.masks[0].values = [0: "background", 1: "floe"]
                case "masks": data.masks = []
                default:
                    data.classes = ["class0", "class1"].map { ClassDescription(name: $0) }
                    data.masks[0].values = [0: "class0", 1: "class1"]
                    data.kind = .sigmoid
                }
            }
            let ensemble = try ComparedData.ensemble(
                folder,
                [
                    Voice(probability: 0.9) {
                        guard what == "output kind" else { return }
                        $0.classes = 2
                        $0.logits = nil
                    }
                ])
            let error = TrainingFixtures.error(.badData) {
                _ = try Self.compare(ensemble, dataset)
            }
            #expect(error?.what.contains(what) == true, "\(String(describing: error))")
            if what == "bands" {
                #expect(error?.expected == "band0")
                #expect(error?.got == "infrared")
            }
        }
    }
}
