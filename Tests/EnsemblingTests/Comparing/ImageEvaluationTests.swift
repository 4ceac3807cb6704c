import DurableFiles
import Foundation
import ModelZoo
import NeuralNetworks
import SegmentationData
import TensorCore
import Testing
import Training
import TrainingTestSupport

@testable import Ensembling

@Suite struct ImageEvaluationTests {
    private typealias Voice = ComparedData.Voice

    private static func evaluator(
        _ ensemble: OpenedEnsemble, _ dataset: SegmentationDataset
    ) throws -> ImageEvaluator {
        try ImageEvaluator(
            ensemble, dataset: dataset, loss: Loss([.init(.binaryCrossEntropy)]),
            backend: TestMembers.exact())
    }

    /// A data set of one image, evaluated by members of these answers.
    private static func evaluate(
        _ voices: [Voice], _ mask: [UInt8], side: Int = 4, members: [Int],
        method: Combiner.Method = .softVoting,
        _ change: (inout DatasetDescription) -> Void = { _ in }
    ) throws -> ImageEvaluation {
        try TrainingFixtures.withFolder { folder in
            try evaluator(
                ComparedData.ensemble(folder, voices, method: method),
                ComparedData.dataset(folder, ["t0": mask], side: side, change)
            ).evaluate(0, members: members)
        }
    }

    private static let three = [0.9, 0.3, 0.2].map { Voice(probability: $0) }

    @Test func onlyThoseAreAskedThatShall() throws {
        let result = try Self.evaluate(Self.three, ComparedData.mask(8), members: [0, 2])
        #expect(result.id == "t0")
        #expect(result.members.count == 3)
        #expect(result.members[0]?.decisions == ComparedData.mask(16))
        #expect(result.members[1] == nil)
        #expect(result.members[2]?.decisions == ComparedData.mask(0))
        // The mean of 0.9 and 0.2 alone: 0.55.
        #expect(result.ensemble?.decisions == ComparedData.mask(16))
        expectClose(result.ensemble?.loss, ComparedData.crossEntropy(0.55, present: 8))
        let all = try Self.evaluate(Self.three, ComparedData.mask(8), members: [0, 1, 2])
        #expect(all.ensemble?.decisions == ComparedData.mask(0))
    }

    /// Members are asked as their manifests say, unless the caller says otherwise.
    @Test func membersBringTheirTestTimeAugmentation() throws {
        try TrainingFixtures.withFolder { folder in
            let paths = try [nil, [JSONValue.string("vertical-flip")]].enumerated().map {
                number, list in
                try TestMembers.save(folder, name: "m\(number)") { plan in
                    plan.testTime = list
                }
            }
            let dataset = try ComparedData.dataset(
                folder, ["t0": (0..<64).map { UInt8($0 % 3 == 0 ? 1 : 0) }], side: 8)
            func loss(_ path: String, _ testTime: TestTimeAugmentation? = nil) throws -> Double? {
                try ImageEvaluator(
                    EnsembleStore.openAny(path), dataset: dataset,
                    loss: Loss([.init(.binaryCrossEntropy)]), backend: TestMembers.exact(),
                    testTime: testTime
                ).evaluate(0, members: [0]).ensemble?.loss
            }
            let (plain, own) = (try loss(paths[0]), try loss(paths[1]))
            #expect(plain != own)
            #expect(try loss(paths[1], TestTimeAugmentation()) == plain)
            #expect(try loss(paths[0], TestTimeAugmentation(["vertical-flip"])) == own)
        }
    }

    @Test func nobodyAskedGivesNoAnswer() throws {
        let result = try Self.evaluate(Self.three, ComparedData.mask(8), members: [])
        #expect(result.ensemble == nil)
        #expect(result.members.allSatisfy { $0 == nil })
    }

    @Test func countsOfTheImage() throws {
        let result = try Self.evaluate(Self.three, ComparedData.mask(5), members: [0, 1])
        let present = try #require(result.members[0]?.counts.counts.first)
        #expect(present.truePositive == 5)
        #expect(present.falsePositive == 11)
        #expect(present.falseNegative == 0)
        #expect(present.trueNegative == 0)
        let absent = try #require(result.members[1]?.counts.counts.first)
        #expect(absent.falseNegative == 5)
        #expect(absent.trueNegative == 11)
    }

    /// 4 pixels of the class, 4 without it, 8 of which nothing is known.
    @Test func ignoredPixelsAreNotCounted() throws {
        let mask = [UInt8](repeating: 1, count: 4) + [0, 0, 0, 0] + [UInt8](repeating: 9, count: 8)
        let result = try Self.evaluate(Self.three, mask, members: [0])
        let counts = try #require(result.members[0]?.counts.counts.first)
        #expect(counts.truePositive == 4)
        #expect(counts.falsePositive == 4)
        #expect(counts.trueNegative + counts.falseNegative == 0)
        expectClose(result.members[0]?.loss, ComparedData.crossEntropy(0.9, present: 8))
    }

    /// Pixel 0 is 100, which is no data here: Sobel's band lacks its neighbours too.
    @Test func whatTrainingIgnoresIsNotCounted() throws {
        let result = try Self.evaluate(Self.three, ComparedData.mask(16), members: [0]) {
            $0.nodata = 100
            $0.computed = [ComputedBand(name: "edges", from: "band0", filter: .sobel)]
        }
        // Pixels 0 and 9 hold that value; with their neighbours they are eleven.
        let counts = try #require(result.ensemble?.counts.counts.first)
        #expect(counts.truePositive == 16 - 11)
        #expect(counts.falsePositive + counts.falseNegative + counts.trueNegative == 0)
    }

    @Test func anImageOfWhichNothingIsKnown() throws {
        let result = try Self.evaluate(
            Self.three, [UInt8](repeating: 9, count: 16), members: [0, 1])
        #expect(result.ensemble?.loss == nil)
        #expect(result.ensemble?.counts.score(.dice, absent: .one) == nil)
    }

    /// The network sees 4 x 4, the truth has 8 x 8: scores are of the truth's own 64 pixels.
    @Test func scoresAreAtTheTruthsOwnResolution() throws {
        let mask = [UInt8](repeating: 1, count: 24) + [UInt8](repeating: 0, count: 40)
        let result = try Self.evaluate(Self.three, mask, side: 8, members: [0]) {
            $0.size = ImageSize(height: 4, width: 4)
        }
        let counts = try #require(result.ensemble?.counts.counts.first)
        #expect(counts.truePositive == 24)
        #expect(counts.falsePositive == 40)
        #expect(result.ensemble?.decisions.count == 64)
    }

    /// A member decides by its own threshold; two against each other are decided by the mean.
    @Test func everyMemberHasItsThreshold() throws {
        let result = try Self.evaluate(
            [
                Voice(probability: 0.6) { $0.threshold = 0.55 },
                Voice(probability: 0.6) { $0.threshold = 0.7 },
            ], ComparedData.mask(8), members: [0, 1], method: .hardVoting)
        #expect(result.members[0]?.decisions == ComparedData.mask(16))
        #expect(result.members[1]?.decisions == ComparedData.mask(0))
        #expect(result.ensemble?.decisions == ComparedData.mask(16))
    }

    @Test func picturesAreDroppedAndScoresKept() throws {
        let result = try Self.evaluate(Self.three, ComparedData.mask(8), members: [0, 1])
        let small = result.slim
        #expect(small.ensemble?.decisions.isEmpty == true)
        #expect(small.members.compactMap { $0 }.allSatisfy { $0.decisions.isEmpty })
        #expect(small.members[2] == nil)
        #expect(small.ensemble?.counts == result.ensemble?.counts)
        #expect(small.members[1]?.loss == result.members[1]?.loss)
    }

    @Test func aDamagedMemberIsNamed() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try ComparedData.ensemble(folder, Self.three)
            let dataset = try ComparedData.dataset(folder, present: ["t0": 8])
            let path = ensemble.members[1].path
            let weights = (path as NSString).deletingLastPathComponent + "/weights.h5"
            try FileManager.default.removeItem(atPath: weights)
            let error = TrainingFixtures.error(.badData) {
                _ = try Self.evaluator(ensemble, dataset)
            }
            #expect(error?.description.contains("m1") == true)
        }
    }

    // MARK: Truth

    @Test func truthAsABatchOfOne() {
        let map = LabelMap(height: 1, width: 3, labels: [0, 2, 255])
        let labels = TargetBatch(.labels(map), classes: 3)
        #expect(labels.kind == .softmax)
        #expect(labels.batch == 1 && labels.classes == 3)
        #expect(labels.height == 1 && labels.width == 3)
        #expect(labels.labels == [0, 2, 255])
        let planes = TargetBatch(
            .planes(ClassPlanes(classes: 2, height: 1, width: 2, values: [0, 1, 255, 0])),
            classes: 2)
        #expect(planes.kind == .sigmoid)
        #expect(planes.batch == 1 && planes.classes == 2)
        #expect(planes.height == 1 && planes.width == 2)
        #expect(planes.labels == [0, 1, 255, 0])
    }
}
