import Foundation
import Testing

/// Two U-Nets side by side with an image head, from recipe to masks.
@Suite struct DualUNetStoryTests {
    private static let recipe = IceRecipe.text(
        "dual", split: "train: 4, validation: 1, test: 1",
        """
        model:
          name: dual-unet
          global: {width: 4, levels: 3}
          local: {width: 4, levels: 1}
          fusion: continue-add
        image-head: {weight: 0.5, threshold: 0.0001}
        training: {epochs: 1, batch: 2, seed: 1}
        bagging: {members: 1, seed: 1}
        compute: {threads: 1, exact: true}

        """)

    @Test func fromRecipeToMasks() throws {
        try withTemporaryFolder { folder in
            let recipe = folder + "/dual.yaml"
            try Data(Self.recipe.utf8).write(to: URL(fileURLWithPath: recipe))
            try FloeProgram.succeed("data", "synth", "--out", folder + "/ice", "--count", "6", "-q")
            try FloeProgram.succeed("train", recipe, "--out", folder + "/kept", "-q")
            // The same weights under a threshold that no head reaches after one epoch.
            try FloeProgram.succeed(
                "train", recipe, "image-head.threshold=0.999999", "--out", folder + "/emptied",
                "-q")
            try FloeProgram.succeed(
                "train", recipe, "model=unet:4:2", "image-head.weight=0",
                "image-head.threshold=0.5", "--out", folder + "/plain", "-q")
            let members = ["kept", "emptied", "plain"].map { "\(folder)/\($0)/member-000" }
            for member in members { try FloeProgram.succeed("zoo", "verify", member) }
            let weights = try members.map { try Data(contentsOf: file($0 + "/weights.h5")) }
            #expect(weights[0] == weights[1])
            let kept = try masks(members[0], folder, "one")
            let emptied = try masks(members[1], folder, "two")
            #expect(kept != emptied)
            // With a head and without one, of other architectures: one ensemble.
            try FloeProgram.succeed(
                "ensemble", "build", "--out", folder + "/e.json", members[0], members[1],
                members[2])
            try FloeProgram.succeed("ensemble", "verify", folder + "/e.json")
            _ = try masks(folder + "/e.json", folder, "three")
            let compared = try FloeProgram.run(
                "compare", folder + "/e.json", "--data", recipe, "--out", folder + "/report", "-q")
            #expect(compared.code == 0, "\(compared.error)")
            #expect(compared.output.contains("ensemble"))
        }
    }

    private func file(_ path: String) -> URL { URL(fileURLWithPath: path) }

    /// The bytes of a scene's probabilities.
    private func masks(_ model: String, _ folder: String, _ name: String) throws -> Data {
        let out = folder + "/" + name
        try FloeProgram.succeed(
            "predict", model, "--probabilities", "-q", "--out", out, folder + "/ice/0003_vis.tiff",
            folder + "/ice/0003_sar.tiff")
        return try Data(contentsOf: file(out + "/0003_probabilities.tiff"))
    }
}
