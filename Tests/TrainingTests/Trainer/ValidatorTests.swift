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
    private func scores(_ folder: String, _ more: [String]) throws -> Validator.Scores? {
        let recipe = try TrainingFixtures.recipe(folder, more)
        let dataset = try SegmentationDataset.open(recipe.data)
        let configuration = try recipe.model.configuration(
            bands: dataset.bands.count, classes: recipe.data.classes.count)
        let assembler = BatchAssembler(
            try MemberData(dataset, recipe: recipe, member: 0), recipe: recipe, member: 0,
            multiple: 4)
        let network = try ModelFactory.make(configuration, seed: 3)
        return try ComputeThread.shared.run {
            try Validator(
                assembler: assembler,
                loss: Loss(recipe.loss, classes: recipe.data.classes.map(\.name)),
                evaluation: recipe.evaluation
            ).scores(network, backend: OneDNNBackend(.exact))
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
