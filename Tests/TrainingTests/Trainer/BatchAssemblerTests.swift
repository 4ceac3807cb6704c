import DurableFiles
import Foundation
import SegmentationData
import TensorCore
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct BatchAssemblerTests {
    private func assembler(
        _ folder: String, _ more: [String] = [], multiple: Int = 4
    ) throws -> BatchAssembler {
        let recipe = try TrainingFixtures.recipe(folder, more)
        let dataset = try SegmentationDataset.open(recipe.data)
        return BatchAssembler(
            try MemberData(dataset, recipe: recipe, member: 0), recipe: recipe, member: 0,
            multiple: multiple)
    }

    @Test func everyEpochTakesTheWholeBagInAnotherOrder() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let assembler = try assembler(folder)
            #expect(assembler.stepsPerEpoch == 3)
            let orders = (1...8).map { assembler.order(epoch: $0) }
            for order in orders { #expect(order.sorted() == [0, 1, 2, 3, 4]) }
            #expect(Set(orders).count > 4)
            #expect(assembler.order(epoch: 3) == orders[2])
            let sizes = try (0..<3).map {
                try assembler.trainingBatch(epoch: 1, step: $0, order: orders[0]).target.batch
            }
            #expect(sizes == [2, 2, 1])
        }
    }

    @Test func copiesOfOneImageMoveDifferently() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            for (more, areAlike) in [([], false), (["augmentation={}"], true)] {
                let assembler = try assembler(folder, more + ["training.batch=5"])
                let drawn = assembler.data.training
                let twice = try #require(
                    drawn.indices.first { drawn.firstIndex(of: drawn[$0]) != $0 })
                let once = try #require(drawn.firstIndex(of: drawn[twice]))
                let differ = try (1...6).contains { epoch in
                    let batch = try assembler.trainingBatch(
                        epoch: epoch, step: 0, order: [once, twice])
                    return batch.image.image(0).values != batch.image.image(1).values
                }
                #expect(differ != areAlike)
            }
        }
    }

    @Test func imageAndMaskMoveTogether() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let assembler = try assembler(folder, ["training.batch=5"])
            for epoch in 1...4 {
                let batch = try assembler.trainingBatch(
                    epoch: epoch, step: 0, order: assembler.order(epoch: epoch))
                // The fixture's images are brighter than any background where the mask is set.
                let values = batch.image.values
                let inside = zip(values, batch.target.labels).filter { $1 == 1 }.map(\.0).min()
                let outside = zip(values, batch.target.labels).filter { $1 == 0 }.map(\.0).max()
                #expect(try #require(inside) > #require(outside))
            }
        }
    }

    @Test func paddedPixelsAreIgnored() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder, height: 13, width: 10)
            for more in [[], TrainingFixtures.softmax] {
                let assembler = try assembler(folder, more, multiple: 8)
                let batch = try assembler.batch(of: [0, 1])
                #expect(batch.image.shape == [2, 1, 16, 16])
                #expect(batch.ids == ["00", "01"])
                for image in 0..<2 {
                    for row in 0..<16 {
                        for column in 0..<16 {
                            let label = batch.target.labels[(image * 16 + row) * 16 + column]
                            #expect((label == LabelMap.ignore) == (row >= 13 || column >= 10))
                        }
                    }
                }
            }
        }
    }

    @Test func normalisedByTheBag() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let assembler = try assembler(folder, ["training.batch=5", "augmentation={}"])
            let values = try assembler.trainingBatch(epoch: 1, step: 0, order: [0, 1, 2, 3, 4])
                .image.values.map(Double.init)
            let mean = values.reduce(0, +) / Double(values.count)
            let variance = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
            #expect(abs(mean) < 1e-5 && abs(variance - 1) < 1e-5)
        }
    }
}
