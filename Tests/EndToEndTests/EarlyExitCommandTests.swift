import Foundation
import Testing

/// Members that are left out: exactly, and at a risk that was fitted.
@Suite struct EarlyExitCommandTests {
    private static let recipe = IceRecipe.text(
        "quick", split: "train: 6, validation: 10, test: 3",
        """
        model: unet:4:2
        training: {epochs: 2, batch: 2, seed: 1}
        bagging: {members: 3, seed: 1}

        """)

    private func refused(_ arguments: String..., because reason: String) throws {
        let outcome = try FloeProgram.run(arguments)
        #expect(outcome.code == 2, "\(arguments): \(outcome.error)")
        #expect(outcome.error.contains(reason), "\(outcome.error)")
    }

    /// The files that a command names, by their names.
    private func files(_ outcome: FloeProgram.Outcome) throws -> [String: Data] {
        try Dictionary(
            uniqueKeysWithValues: outcome.output.split(separator: "\n").map {
                let url = URL(fileURLWithPath: String($0))
                return (url.lastPathComponent, try Data(contentsOf: url))
            })
    }

    @Test func masksAreTheSame() throws {
        try withTemporaryFolder { folder in
            let recipe = folder + "/quick.yaml"
            try Data(Self.recipe.utf8).write(to: URL(fileURLWithPath: recipe))
            try FloeProgram.succeed(
                "data", "synth", "--out", folder + "/ice", "--count", "19", "-q")
            try FloeProgram.succeed("train", recipe, "--out", folder + "/run", "-q")
            try FloeProgram.succeed(
                "ensemble", "build", "--out", folder + "/e.json", folder + "/run")
            let all = try FloeProgram.succeed(
                "predict", folder + "/e.json", "--data", recipe, "--split", "all", "--out",
                folder + "/all", "--exact", "--no-early-exit")
            #expect(!all.error.contains("early exit"))
            let early = try FloeProgram.succeed(
                "predict", folder + "/e.json", "--data", recipe, "--split", "all", "--out",
                folder + "/early", "--exact")
            #expect(early.errorLines.count { $0.hasPrefix("early exit: ") } == 1)
            #expect(early.error.contains(" of 3 members per window on average, "))
            #expect(try files(early) == files(all))
            #expect(try files(early).count == 19)
            let quiet = try FloeProgram.succeed(
                "predict", folder + "/e.json", "--data", recipe, "--out", folder + "/quiet",
                "--exact", "-q")
            #expect(quiet.error.isEmpty)
            let json = try FloeProgram.succeed(
                "predict", folder + "/e.json", "--data", recipe, "--out", folder + "/quiet",
                "--exact", "--progress", "json")
            let line = try #require(json.errorLines.first { $0.contains("earlyExit") })
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
            let exit = try #require((object as? [String: Any])?["earlyExit"] as? [String: Any])
            #expect(exit["members"] as? Int == 3)
            // Probabilities need everybody.
            let whole = try FloeProgram.succeed(
                "predict", folder + "/e.json", "--data", recipe, "--out", folder + "/whole",
                "--exact", "--probabilities")
            #expect(!whole.error.contains("early exit"))
            try fit(in: folder, recipe)
        }
    }

    private func fit(in folder: String, _ recipe: String) throws {
        let (ensemble, quick) = (folder + "/e.json", folder + "/quick.json")
        let outcome = try FloeProgram.succeed(
            "ensemble", "fit", ensemble, "--early-exit", "--data", recipe, "--out", quick, "-q",
            "--exact")
        #expect(outcome.output.contains("Early exit fitted on 5 validation images of quick"))
        try FloeProgram.succeed("ensemble", "verify", quick)
        let predicted = try FloeProgram.succeed(
            "predict", quick, "--data", recipe, "--out", folder + "/risk", "--exact",
            "--exit-risk", "0.05")
        #expect(predicted.error.contains("early exit: "))
        #expect(!predicted.error.contains("could be promised"))
        #expect(try files(predicted).count == 3)
        let strict = try FloeProgram.succeed(
            "predict", quick, "--data", recipe, "--out", folder + "/strict", "--exact",
            "--exit-risk", "0.000001")
        #expect(strict.error.contains("note: no risk of 1e-06 could be promised"))
        let exact = try FloeProgram.succeed(
            "predict", ensemble, "--data", recipe, "--out", folder + "/exact", "--exact",
            "--no-early-exit")
        #expect(try files(strict) == files(exact))

        let out = folder + "/no"
        let data = ["--data", recipe]
        try refused(
            "predict", ensemble, data[0], data[1], "--out", out, "--exit-risk", "0.01",
            because: "no early exit was fitted")
        for more in [
            ["--probabilities"], ["--test-time", "none"], ["--no-early-exit"],
            ["--allow-missing-members", "1"],
        ] {
            let wrong = try FloeProgram.run(
                ["predict", quick, "--out", out, "--exit-risk", "0.01"] + data + more)
            #expect(wrong.code == 2, "\(more)")
        }
        for risk in ["0", "1", "-0.1", "nan"] {
            let wrong = try FloeProgram.run(
                ["predict", quick, "--out", out, "--exit-risk=\(risk)"] + data)
            #expect(wrong.code == 2, "\(risk)")
        }
        try refused(
            "ensemble", "fit", ensemble, "--early-exit", data[0], data[1], "--split", "out-of-bag",
            "--out", folder + "/no.json", because: "expected validation, got out-of-bag")
        try refused(
            "ensemble", "fit", ensemble, "--early-exit", "--postprocessing", data[0], data[1],
            "--out", folder + "/no.json", because: "--early-exit is fitted alone")
        // Of another ensemble: the thresholds are others.
        let text = try String(contentsOfFile: quick, encoding: .utf8)
        try Data(
            text.replacing("\"combine\" : {", with: "\"combine\" : {\n    \"thresholds\" : [0.3],")
                .utf8
        ).write(to: URL(fileURLWithPath: folder + "/changed.json"))
        try refused(
            "predict", folder + "/changed.json", data[0], data[1], "--out", out, "--exit-risk",
            "0.01", because: "fitted for other members, weights, order or method")
        #expect(try FloeProgram.run("ensemble", "verify", folder + "/changed.json").code == 3)
        #expect(!FileManager.default.fileExists(atPath: out))
    }
}
