import DurableFiles
import Foundation
import SegmentationModels
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct BlockSectionTests {
    @Test func withoutKeysNothingChanges() throws {
        try TrainingFixtures.withFolder { folder in
            let recipe = try TrainingFixtures.recipe(folder)
            #expect(try recipe.configuration(bands: 1).blocks == nil)
            #expect(try recipe.yaml().contains("attention") == false)
            // Defaults, spelt out, are the same network.
            let spelt = try TrainingFixtures.recipe(
                folder,
                [
                    "model.attention=none", "model.dilation=1", "model.normalisation=batch",
                    "model.dropout=0", "model.initialisation=default",
                ])
            #expect(try spelt.configuration(bands: 1).blocks == nil)
        }
    }

    @Test func keysReachTheNetworkAndComeBack() throws {
        try TrainingFixtures.withFolder { folder in
            let recipe = try TrainingFixtures.recipe(
                folder,
                [
                    "model.name=unet:8:2", "model.attention=se", "model.dilation=3",
                    "model.normalisation=group", "model.dropout=0.25", "model.initialisation=he",
                ])
            let blocks = try #require(try recipe.configuration(bands: 1).blocks)
            #expect(blocks.attention == .squeezeExcitation && blocks.attentionReduction == 16)
            #expect(blocks.normalisation == .group && blocks.groups == 8)
            #expect(blocks.dilation == 3 && blocks.dropout == 0.25 && blocks.initialisation == .he)
            let path = folder + "/resolved.yaml"
            try Data(recipe.yaml().utf8).write(to: URL(fileURLWithPath: path))
            #expect(try RecipeLoader.loadResolved(path) == recipe)
        }
    }

    @Test(arguments: [
        ("model.attention=spatial", "model.attention"),
        ("model.attention-reduction=8", "model.attention-reduction"),
        ("model={name: unet:4:2, attention: se, attention-reduction: 0}", "attention-reduction"),
        ("model.dilation=0", "model.dilation"), ("model.dilation=65", "model.dilation"),
        ("model.normalisation=layer", "model.normalisation"), ("model.groups=2", "model.groups"),
        ("model={name: unet:4:2, normalisation: group, groups: 0}", "model.groups"),
        ("model={name: unet:4:2, normalisation: group}", "groups"),
        ("model.dropout=1", "model.dropout"), ("model.dropout=-0.5", "model.dropout"),
        ("model.dropout=.nan", "model.dropout"),
        ("model.initialisation=lecun", "model.initialisation"),
        ("model={name: unet-resnet18, dilation: 2}", "dilation"),
        ("model.atention=se", "atention"),
    ])
    func whatMakesNoSenseIsNamed(_ override: String, _ key: String) throws {
        try TrainingFixtures.withFolder { folder in
            let error = TrainingFixtures.error(.usage) {
                _ = try TrainingFixtures.recipe(folder, [override])
            }
            #expect(error?.description.contains(key) == true, "\(String(describing: error))")
        }
    }

    /// Two values of every key give different weights.
    @Test(arguments: [
        ["attention: none", "attention: se", "attention: scse"],
        ["{attention: se, attention-reduction: 2}", "{attention: se, attention-reduction: 4}"],
        ["dilation: 1", "dilation: 2", "dilation: 3"],
        [
            "normalisation: batch", "normalisation: instance",
            "{normalisation: group, groups: 2}", "{normalisation: group, groups: 4}",
            "normalisation: adaptive", "normalisation: none",
        ],
        ["dropout: 0", "dropout: 0.2", "dropout: 0.4"],
        ["initialisation: default", "initialisation: he", "initialisation: xavier"],
    ])
    func everyKeyChangesTheWeights(_ values: [String]) throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder, count: 6)
            let digests = try values.enumerated().map { index, value in
                let keys = value.hasPrefix("{") ? String(value.dropFirst().dropLast()) : value
                let run = try TrainingFixtures.run(
                    folder,
                    [
                        "model={name: unet:4:2, \(keys)}", "training.epochs=1",
                        "data.split={train: 3, validation: 2, test: 1}",
                    ], name: "run-\(index)")
                try TrainingFixtures.train(run)
                return try TrainingFixtures.weights(run)
            }
            #expect(Set(digests).count == values.count)
        }
    }

    /// Dropout and running statistics of adaptive norms survive a kill to the same bytes.
    @Test func aKilledTrainingEndsInTheSameBytes() throws {
        struct Killed: Error {}
        let overrides = [
            "model={name: unet:4:2, dropout: 0.3, normalisation: adaptive, attention: scse}"
        ]
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let whole = try TrainingFixtures.run(folder, overrides, name: "whole")
            try TrainingFixtures.train(whole)
            let run = try TrainingFixtures.run(folder, overrides, name: "killed")
            #expect(throws: Killed.self) {
                try TrainingFixtures.train(run, checkStop: StopAfter(6, throwing: Killed()).check)
            }
            try TrainingFixtures.train(run)
            #expect(try TrainingFixtures.weights(run) == TrainingFixtures.weights(whole))
        }
    }
}
