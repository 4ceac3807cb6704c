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
                loss: Loss(recipe.loss, classes: recipe.data.classes.map(\.name)),
                evaluation: recipe.evaluation, presenceLoss: recipe.imageHead?.loss,
                presenceRule: PresenceRule(recipe)
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
                #expect(abs(together.loss - alone.loss) < 1e-6)
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
            #expect(abs(kept.loss - plain.loss - 2 * 0.693147) < 1e-5)
            #expect(abs(emptied.loss - plain.loss - 2 * 1.313262) < 1e-5)
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
