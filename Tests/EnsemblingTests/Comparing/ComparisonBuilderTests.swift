import DurableFiles
import Foundation
import SegmentationData
import SegmentationMetrics
import Testing
import Training
import TrainingTestSupport

@testable import Ensembling

/// Members of one known answer everywhere: what the tables say can be reckoned by hand.
@Suite struct ComparisonBuilderTests {
    private typealias Voice = ComparedData.Voice

    private static func compare(
        _ voices: [Voice], present: [String: Int] = ["t0": 8, "t1": 4], watching: Bool = false,
        _ change: (inout DatasetDescription) -> Void = { _ in }
    ) throws -> Comparison {
        try TrainingFixtures.withFolder { folder in
            let dataset = try ComparedData.dataset(folder, present: present, change)
            let split = try dataset.split()
            return try Comparer(
                ComparedData.ensemble(folder, voices), dataset: dataset,
                backend: TestMembers.exact()
            ).compare(
                split.test, split: "test", validation: watching ? split.validation : [])
        }
    }

    /// 0.9 says present, 0.3 absent, and their mean 0.6 present again; "present" has Dice 2/3, 2/5.
    private static let two = [Voice(probability: 0.9), Voice(probability: 0.3)]
    private static let dice = (2.0 / 3 + 2.0 / 5) / 2

    @Test func theCurveGoesFromTheMeanMemberToTheEnsemble() throws {
        let comparison = try Self.compare(Self.two)
        let curve = try #require(comparison.sizeCurve)
        #expect(curve.orders == nil)
        #expect(curve.points.map(\.members) == [1, 2] && curve.points.map(\.count) == [2, 1])
        expectClose(curve.points[0].mean, Self.dice / 2)
        expectClose(curve.points[0].lowest, 0)
        expectClose(curve.points[0].highest, Self.dice)
        expectClose(curve.points[1].mean, Self.dice)
        expectClose(comparison.rows.last?.dice, curve.points[1].mean)
    }

    /// Seven members: the two that say present are outvoted by five, but not by one or two.
    @Test func manyMembersAreAddedInOrders() throws {
        let voices = [0.9, 0.9, 0.4, 0.4, 0.4, 0.4, 0.4].map { Voice(probability: $0) }
        let curve = try #require(try Self.compare(voices).sizeCurve)
        #expect(curve.orders == SubsetPlan.defaultOrders)
        #expect(curve.points.map(\.members) == Array(1...7))
        // The mean of all is 3.8 / 7 = 0.543: present.
        expectClose(curve.points[6].mean, Self.dice)
        expectClose(curve.points[6].lowest, Self.dice)
        #expect(curve.points[0].lowest == 0 && curve.points[0].mean < Self.dice)
    }

    @Test func whatEveryMemberAdds() throws {
        let parts = try #require(try Self.compare(Self.two).leaveOneOut)
        #expect(parts.map(\.member) == ["m0", "m1"])
        expectClose(parts[0].dice, 0)
        expectClose(parts[1].dice, Self.dice)
        expectClose(parts[0].difference?.mean, Self.dice)
        expectClose(parts[1].difference?.mean, 0)
        #expect(parts[0].difference?.wins == 2 && parts[1].difference?.ties == 2)
        #expect(parts.allSatisfy { $0.difference?.adjustedPValue != nil })
    }

    /// The members never agree: each pixel is right by exactly one of them.
    @Test func pairsOfMembers() throws {
        let pairs = try #require(try Self.compare(Self.two + [Voice(probability: 0.8)]).pairs)
        #expect(pairs.map { "\($0.first) \($0.second)" } == ["m0 m1", "m0 m2", "m1 m2"])
        expectClose(pairs[0].differing, 1)
        expectClose(pairs[0].disagreement, 1)
        expectClose(pairs[0].doubleFault, 0)
        expectClose(pairs[0].qStatistic, -1)
        expectClose(pairs[0].correlation, -1)
        expectClose(pairs[1].differing, 0)
        // Both say present: wrong on 8 and 12 of 32 pixels.
        expectClose(pairs[1].doubleFault, 20.0 / 32)
        expectClose(pairs[1].qStatistic, 1)
    }

    /// 12 of 32 pixels are of the class, whatever the probability says.
    @Test func calibration() throws {
        let comparison = try Self.compare(Self.two)
        let share = 12.0 / 32
        for (row, p) in zip(comparison.rows.filter { $0.kind != .meanMember }, [0.9, 0.3, 0.6]) {
            expectClose(row.calibration?.expectedError, abs(p - share))
            expectClose(
                row.calibration?.brier, share * (1 - p) * (1 - p) + (1 - share) * p * p)
            expectClose(
                row.calibration?.logLoss, -share * log(p) - (1 - share) * log(1 - p))
        }
        let mean = comparison.rows.first { $0.kind == .meanMember }
        expectClose(mean?.calibration?.expectedError, (0.525 + 0.075) / 2)
        let curves = try #require(comparison.reliability)
        #expect(curves.map(\.model) == ["m0", "m1", "ensemble"])
        #expect(curves.allSatisfy { $0.class == "class0" && $0.bins.count == 1 })
        expectClose(curves[0].bins[0].probability, 0.9)
        expectClose(curves[0].bins[0].frequency, share)
        #expect(curves[0].bins[0].pixels == 32)
    }

    @Test func confusionOfMasks() throws {
        let counts = try #require(try Self.compare(Self.two).confusion?.perClass)
        #expect(
            counts == [
                .init(
                    class: "class0", truePositive: 12, falsePositive: 20, falseNegative: 0,
                    trueNegative: 0)
            ])
    }

    @Test func confusionOfLabelMaps() throws {
        let voice = Voice(probability: 0.5) { plan in
            plan.classes = 2
            plan.classNames = ["background", "class0"]
            plan.logits = [0, 1]
        }
        let comparison = try Self.compare([voice, voice]) {
            $0.classes = [
                ClassDescription(name: "background"), ClassDescription(name: "class0"),
            ]
            $0.kind = .softmax
        }
        #expect(comparison.confusion?.pixels == [[0, 20], [0, 12]])
        // The background is in no curve.
        #expect(comparison.reliability?.map(\.class) == ["class0", "class0", "class0"])
        #expect(comparison.rows[0].classes?.map(\.name) == ["background", "class0"])
        let ensemble = comparison.rows.last
        expectClose(
            ensemble?.classes?[1].expectedCalibrationError, 1 / (1 + exp(-1)) - 12.0 / 32)
    }

    /// A member whose folder has the name of another row has its own numbers all the same.
    @Test func calibrationIsThatOfTheRow() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try ComparedData.dataset(folder, present: ["t0": 8, "t1": 4]) {
                $0.classes = ["background", "class0"].map { ClassDescription(name: $0) }
                $0.kind = .softmax
            }
            let root = folder + "/e"
            let odds: [Float] = [1, 2]
            let files = try zip(["a", "ensemble"], odds).map { name, logit in
                try ComparedData.save(root, name) { plan in
                    plan.classes = 2
                    plan.classNames = ["background", "class0"]
                    plan.logits = [0, logit]
                }
            }
            let rows = try Comparer(
                ComparedData.open(root, files), dataset: dataset, backend: TestMembers.exact()
            ).compare(dataset.split().test, split: "test").rows
            let probabilities = odds.map { 1 / (1 + exp(-Double($0))) }
            let mean = (probabilities[0] + probabilities[1]) / 2
            let models = rows.filter { $0.kind != .meanMember }
            #expect(models.map(\.name) == ["a", "ensemble (member)", "ensemble"])
            for (row, p) in zip(models, probabilities + [mean]) {
                expectClose(row.classes?[1].expectedCalibrationError, p - 12.0 / 32)
                expectClose(row.calibration?.expectedError, p - 12.0 / 32)
            }
        }
    }

    /// Equal everywhere, uncertainty tells nothing; one member has no disagreement.
    @Test func uncertaintyThatIsTheSameEverywhere() throws {
        let parts = try #require(try Self.compare(Self.two).uncertainty)
        #expect(parts.map(\.part) == ["total", "disagreement"])
        for part in parts {
            expectClose(part.areaUnderROC, 0.5)
            expectClose(part.gain, 0)
            expectClose(part.errorRate, 20.0 / 32)
            #expect(part.curve.first?.reviewed == 0 && part.curve.last?.found == 1)
        }
        let alone = try Self.compare([Self.two[0]])
        #expect(alone.uncertainty?.map(\.part) == ["total"])
        #expect(alone.sizeCurve == nil && alone.leaveOneOut == nil && alone.pairs == nil)
        #expect(alone.bestMember == nil)
    }

    /// The whole image against its upper half: regions along the border and the middle.
    @Test func contours() throws {
        let row = try Self.compare(Self.two).rows[0]
        let all = [UInt8](repeating: 1, count: 16)
        func expected(_ count: Int) -> (iou: Double?, distance: Double?) {
            let truth = ComparedData.mask(count)
            return (
                ConfusionCounts.boundary(truth: truth, prediction: all, height: 4, width: 4)
                    .score(.iou, absent: .skip),
                HausdorffDistance.between(truth: truth, prediction: all, height: 4, width: 4).value
            )
        }
        let (half, quarter) = (expected(8), expected(4))
        expectClose(row.contours?.boundaryIoU, ((half.iou ?? 0) + (quarter.iou ?? 0)) / 2)
        expectClose(
            row.contours?.hausdorff95, ((half.distance ?? 0) + (quarter.distance ?? 0)) / 2)
        #expect(row.contours?.withoutDistance == 0)
        // The other one finds nothing in either.
        let other = try Self.compare(Self.two).rows[1]
        #expect(other.contours?.withoutDistance == 2 && other.contours?.hausdorff95 == nil)
        #expect(other.contours?.boundaryIoU == 0)
    }

    /// By the validation images, not by those that are reported.
    @Test func theBestMemberIsThatOfValidation() throws {
        let present = ["t0": 8, "t1": 16, "v0": 0]
        func best(watching: Bool, _ voices: [Voice]) throws -> String? {
            try Self.compare(voices, present: present, watching: watching).bestMember
        }
        // Nothing is there in v0: who says so has no Dice to be averaged, and none is best.
        #expect(try best(watching: true, Self.two) == nil)
        var voices = Self.two
        voices[0].change = { $0.validation = ["dice": 0.5] }
        #expect(try best(watching: false, voices) == nil)
        voices[1].change = { $0.validation = ["dice": 0.6] }
        #expect(try best(watching: false, voices) == "m1")
        let watched = try Self.compare(
            voices, present: ["t0": 8, "v0": 12], watching: true)
        #expect(watched.bestMember == "m0")
    }

    @Test func costs() throws {
        let rows = try Self.compare(Self.two).rows
        let members = rows.filter { $0.kind == .member }
        #expect(members.allSatisfy { $0.megabytes ?? 0 > 0 && $0.millisecondsPerImage ?? 0 > 0 })
        expectClose(rows.last?.megabytes, members.compactMap(\.megabytes).reduce(0, +))
        expectClose(
            rows.last?.millisecondsPerImage,
            members.compactMap(\.millisecondsPerImage).reduce(0, +))
    }
}
