import DurableFiles
import Foundation
import ModelZoo
import SegmentationData
import Testing
import TrainingTestSupport

@testable import Training

/// Class weights that are made of a bag.
@Suite struct MemberTrainerClassWeightsTests {
    @Test func classWeightsOfTheBagStandInTheManifest() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            // Bags differ only where images do.
            for number in 0..<8 {
                let labels = (0..<256).map { UInt8($0 <= number ? 2 : ($0 < 32 ? 1 : 0)) }
                try ImageWriter.writeGrey(
                    labels, height: 16, width: 16, to: folder + "/data/0\(number)_mask.png")
            }
            let run = try TrainingFixtures.run(
                folder,
                TrainingFixtures.softmax + [
                    "loss=[{term: cross-entropy, class-weights: inverse-frequency}, dice]",
                    "training.epochs=1",
                ])
            try TrainingFixtures.train(run)
            let dataset = try SegmentationDataset.open(run.recipe.data)
            let data = try MemberData(dataset, recipe: run.recipe, member: 0)
            let expected = try ClassFrequencies.of(data.training, in: dataset).inverseWeights
            #expect(expected.allSatisfy { $0 > 1 })
            let manifest = try MemberStore.openManifest(run.memberFolder(0))
            guard case .object(let recipe)? = manifest.training?.hyperparameters,
                let tree = recipe["loss"]
            else {
                Issue.record("no loss in the manifest")
                return
            }
            let sections = try BoundedJSON.decode([LossSection].self, from: tree, file: "test")
            #expect(sections[0].classWeights == .numbers(expected.map { Float($0) }))
            // The same numbers by hand are the same training.
            let numbers = expected.map { "\(Float($0))" }.joined(separator: ", ")
            let byHand = try TrainingFixtures.run(
                folder,
                TrainingFixtures.softmax + [
                    "loss=[{term: cross-entropy, class-weights: [\(numbers)]}, dice]",
                    "training.epochs=1",
                ], name: "by-hand")
            try TrainingFixtures.train(byHand)
            #expect(try TrainingFixtures.weights(byHand) == TrainingFixtures.weights(run))
            // Another member has another bag.
            let other = try MemberData(dataset, recipe: run.recipe, member: 1)
            #expect(
                try MemberTrainer.resolvedLoss(run.recipe, other)[0].classWeights
                    != sections[0].classWeights)
        }
    }

    @Test func aBagWithoutAnyClassHasNoWeights() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let run = try TrainingFixtures.run(
                folder,
                [
                    "data.masks.values={0: background, 1: background, 2: background}",
                    "loss=[{term: bce, class-weights: inverse-frequency}]",
                ])
            let error = TrainingFixtures.error(.badData) { try TrainingFixtures.train(run) }
            #expect(error?.description.contains("class-weights") == true)
        }
    }

    @Test func everyMembersBagIsLookedAtBeforeTheFirstIsTrained() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            for number in 1..<8 {
                try ImageWriter.writeGrey(
                    [UInt8](repeating: 0, count: 256), height: 16, width: 16,
                    to: folder + "/data/0\(number)_mask.png")
            }
            // Of five images, one holds the class; some of 20 bags leave it out.
            let weighted = [
                "loss=[{term: bce, class-weights: median-frequency}]", "bagging.members=20",
                "data.split={train: [\"00\", \"01\", \"02\", \"03\", \"04\"], test: [\"07\"]}",
            ]
            let recipe = try TrainingFixtures.recipe(folder, weighted)
            let dataset = try SegmentationDataset.open(recipe.data)
            let without = try #require(
                try MemberData.bags(
                    dataset, recipe: recipe, present: MemberData.classPresence(dataset)
                ).first { !$0.missingClasses.isEmpty })
            #expect(without.member > 0)
            let error = TrainingFixtures.error(.badData) {
                try MemberTrainer.check(recipe, dataset)
            }
            #expect(error?.description.contains("member \(without.member),") == true)
            for more in ["bagging.classes=require-classes", "loss=[bce]"] {
                let recipe = try TrainingFixtures.recipe(folder, weighted + [more])
                try MemberTrainer.check(recipe, try SegmentationDataset.open(recipe.data))
            }
        }
    }
}
