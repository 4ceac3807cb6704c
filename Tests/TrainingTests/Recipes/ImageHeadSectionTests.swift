import DurableFiles
import Foundation
import ModelZoo
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct ImageHeadSectionTests {
    private func trained(_ folder: String, _ more: [String], name: String) throws -> RunFolder {
        let run = try TrainingFixtures.run(
            folder, TrainingFixtures.softmax + ["training.epochs=1"] + more, name: name)
        try TrainingFixtures.train(run)
        return run
    }

    /// What a recipe does not mention is not in what it resolves to.
    @Test func withoutTheSectionNothingChanges() throws {
        try TrainingFixtures.withFolder { folder in
            let recipe = try TrainingFixtures.recipe(folder)
            let text = String(decoding: try JSONEncoder().encode(recipe), as: UTF8.self)
            #expect(!text.contains("image-head") && !text.contains("fusion"))
            #expect(try recipe.configuration(bands: 1).imageHead == nil)
            let section = try #require(
                try TrainingFixtures.recipe(folder, ["image-head.weight=0.5"]).imageHead)
            #expect(section.threshold == 0.5 && section.dropout == 0.2)
            #expect(section.pooling == .average)
            #expect(section.configuration == .init(pooling: .average, dropout: 0.2))
        }
    }

    @Test(arguments: [
        ("weight: -1", "image-head.weight"), ("threshold: 0.4", "image-head.weight"),
        ("weight: 0, dropout: 0.5", "image-head.weight"), ("weight: .inf", "image-head"),
        ("weight: 1, threshold: 0", "image-head.threshold"),
        ("weight: 1, threshold: 1", "image-head.threshold"),
        ("weight: 1, dropout: 1", "image-head.dropout"),
        ("weight: 1, dropout: -0.1", "image-head.dropout"),
        ("weight: 1, pooling: mean", "pooling"), ("wieght: 1", "weight"),
    ])
    func valuesOutOfRangeAreNamed(_ section: String, _ key: String) throws {
        try TrainingFixtures.withFolder { folder in
            let error = TrainingFixtures.error(.usage) {
                _ = try TrainingFixtures.recipe(folder, ["image-head={\(section)}"])
            }
            #expect(error?.description.contains(key) == true, "\(String(describing: error))")
        }
    }

    /// Every key moves the weights, but for the threshold, which goes into the manifest.
    @Test func everyKeyCounts() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let base = ["image-head.weight=1"]
            let reference = try trained(folder, base, name: "base")
            let digest = try TrainingFixtures.weights(reference)
            for (index, override) in [
                "image-head.weight=0", "image-head.weight=0.25", "image-head.pooling=max",
                "image-head.dropout=0.6",
            ].enumerated() {
                let run = try trained(folder, base + [override], name: "run-\(index)")
                #expect(try TrainingFixtures.weights(run) != digest, "\(override)")
            }
            let strict = try trained(
                folder, base + ["image-head.threshold=0.99"], name: "threshold")
            #expect(try TrainingFixtures.weights(strict) == digest)
            let manifests = try [reference, strict].map {
                try MemberStore.openManifest($0.memberFolder(0))
            }
            #expect(manifests.map(\.output.presenceThreshold) == [0.5, 0.99])
            #expect(manifests[0].selfTest.presence?.count == 3)
            // After one epoch nothing is that certain: only background is left of the validation.
            let scores = manifests.map { $0.scores.validation?.values["dice"] }
            #expect(scores[0] != scores[1])
        }
    }

    @Test func aHeadIsInTheLossThatIsReported() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            func losses(_ weight: String) throws -> [String: Double] {
                let run = try trained(
                    folder, ["image-head.weight=\(weight)", "optimizer.rate=1e-9"],
                    name: "run-\(weight)")
                return try #require(
                    try MemberStore.openManifest(run.memberFolder(0)).scores.validation?.values)
            }
            // Weights hardly move, so that the loss is linear in the weight.
            let (one, two, four) = (try losses("1"), try losses("2"), try losses("4"))
            let values = try [one, two, four].map { try #require($0["loss"]) }
            #expect(values[1] > values[0])
            #expect(abs((values[2] - values[1]) - 2 * (values[1] - values[0])) < 1e-4)
        }
    }
}
