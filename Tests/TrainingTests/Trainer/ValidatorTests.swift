import DurableFiles
import Foundation
import ModelZoo
import NeuralNetworks
import SegmentationData
import SegmentationModels
import TensorCore
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct ValidatorTests {
    /// - Parameter presence: what the image head says of every class and image.
    private func scores(
        _ folder: String, _ more: [String], presence: Float? = nil
    ) throws -> Validator.Scores? {
        let recipe = try TrainingFixtures.recipe(folder, more)
        let dataset = try SegmentationDataset.open(recipe.data)
        let configuration = try recipe.configuration(bands: dataset.bands.count)
        let assembler = BatchAssembler(
            try MemberData(dataset, recipe: recipe, member: 0), recipe: recipe, member: 0,
            multiple: 4)
        var network = try ModelFactory.make(configuration, seed: 3)
        if let presence {
            network.replaceState { entry in
                switch entry.name {
                case "classification_head/3/weight": Tensor(zeros: entry.tensor.shape)
                case "classification_head/3/bias":
                    Tensor(repeating: presence, shape: entry.tensor.shape)
                default: nil
                }
            }
        }
        let ready = network
        return try ComputeThread.shared.run {
            try Validator(
                assembler: assembler,
                loss: JointLoss(
                    pixels: Loss(recipe.loss, classes: recipe.data.classes.map(\.name)),
                    presence: recipe.imageHead?.loss),
                evaluation: recipe.evaluation, presenceRule: PresenceRule(recipe)
            ).scores(ready, backend: OneDNNBackend(.exact))
        }
    }

    @Test(arguments: [[], TrainingFixtures.softmax])
    func scoresDoNotDependOnBatches(_ overrides: [String]) throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let more = overrides + ["data.split={train: 3, validation: 5}"]
            let alone = try #require(try scores(folder, more + ["training.batch=1"]))
            for batch in [2, 3, 5, 9] {
                let together = try #require(try scores(folder, more + ["training.batch=\(batch)"]))
                expectClose(together.loss, alone.loss, 1e-6)
                #expect(together.dice == alone.dice && together.iou == alone.iou)
                #expect(together.accuracy == alone.accuracy)
            }
        }
    }

    /// The same masks and the same rule as in prediction; the head's loss is in the sum.
    @Test func anImageHeadEmptiesMasksAndAddsItsLoss() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let head = "image-head={weight: 2, threshold: 0.4}"
            // An untrained network is sure of nothing.
            let low = "evaluation.threshold=0.2"
            let plain = try #require(try scores(folder, [low]))
            let kept = try #require(try scores(folder, [low, head], presence: 0))
            let emptied = try #require(try scores(folder, [low, head], presence: -1))
            #expect(plain.dice ?? 0 > 0)
            #expect(kept.dice == plain.dice && kept.iou == plain.iou)
            #expect(emptied.dice == 0 && emptied.iou == 0)
            // The class is in every image: -log sigmoid, twice.
            expectClose(kept.loss, plain.loss.map { $0 + 2 * 0.693147 })
            expectClose(emptied.loss, plain.loss.map { $0 + 2 * 1.313262 })
        }
    }

    private func expectClose(
        _ value: Double?, _ expected: Double?, _ tolerance: Double = 1e-5,
        at location: SourceLocation = #_sourceLocation
    ) {
        guard let value, let expected else {
            Issue.record("\(value as Any), \(expected as Any)", sourceLocation: location)
            return
        }
        #expect(abs(value - expected) < tolerance, sourceLocation: location)
    }

    /// Images whose pixels are all of classes that the loss leaves out are scored like others.
    @Test func aLossThatCountsNothingLeavesTheScores() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            // Every pixel is of one class.
            let softmax = TrainingFixtures.softmax + ["data.masks.values={0: one, 1: one, 2: one}"]
            func with(_ weights: String) throws -> Validator.Scores? {
                try scores(
                    folder,
                    softmax + ["loss=[{term: cross-entropy, class-weights: [1, \(weights), 1]}]"])
            }
            let all = try #require(try with("1"))
            let none = try #require(try with("0"))
            #expect(all.loss != nil && none.loss == nil)
            #expect(none.accuracy != nil && none.accuracy == all.accuracy && none.iou == all.iou)
            // With an image head there is a loss again.
            let head = try scores(
                folder,
                softmax + [
                    "loss=[{term: cross-entropy, class-weights: [1, 0, 1]}]",
                    "image-head={weight: 1}",
                ], presence: 0)
            // Three classes, each at -log 0.5.
            expectClose(head?.loss, 0.693147)
        }
    }

    @Test func imagesOfUnknownPixelsAreNotScored() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            #expect(
                try scores(folder, ["data.masks.values={0: ignore, 1: ignore, 2: ignore}"]) == nil)
        }
    }

    @Test func withoutImagesThereAreNoScores() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            #expect(try scores(folder, ["data.split={train: 3}"]) == nil)
        }
    }

    @Test func decisionsAreAtTheThreshold() {
        let logits = Tensor([-1, 0, 0.5, 2], shape: [1, 1, 2, 2])
        let target = TargetBatch(
            kind: .sigmoid, batch: 1, classes: 1, height: 2, width: 2, labels: [0, 0, 0, 0])
        #expect(Labels.of(logits: logits, target, threshold: 0.5) == [0, 1, 1, 1])
        #expect(Labels.of(logits: logits, target, threshold: 0.7) == [0, 0, 0, 1])
        let three = Tensor([1, 0, 1, 2, 3, 2, 2, 3, 0], shape: [1, 3, 1, 3])
        let map = TargetBatch(
            kind: .softmax, batch: 1, classes: 3, height: 1, width: 3, labels: [0, 0, 0])
        // Pixels (1, 2, 2), (0, 3, 3), (1, 2, 0): the lower index of equals.
        #expect(Labels.of(logits: three, map, threshold: 0.5) == [1, 1, 1])
    }
}
