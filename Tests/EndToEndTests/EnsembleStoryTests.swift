import Foundation
import Testing

/// A small ensemble from data to report, as in the README.
@Suite struct EnsembleStoryTests {
    private static let recipe = IceRecipe.text(
        "story", split: "train: 6, validation: 2, test: 2",
        """
        model: unet:4:2
        training: {epochs: 2, batch: 2, seed: 1}
        bagging: {members: 2, seed: 1}

        """)

    @Test func fromDataToReport() throws {
        try withTemporaryFolder { folder in
            try Data(Self.recipe.utf8).write(to: URL(fileURLWithPath: folder + "/story.yaml"))
            try FloeProgram.succeed(
                "data", "synth", "--out", folder + "/ice", "--count", "10", "-q")
            try train(in: folder)
            try build(in: folder)
            try compare(in: folder)
            try predict(in: folder)
            try testTime(in: folder)
            try damage(in: folder)
        }
    }

    private func train(in folder: String) throws {
        let arguments = ["train", folder + "/story.yaml", "--out", folder + "/run"]
        let first = try FloeProgram.run(arguments + ["--progress", "lines"])
        #expect(first.code == 0, "\(first.error)")
        #expect(first.output == "\(folder)/run: 2 of 2 members trained\n")
        // One line an epoch, whatever the number of steps.
        #expect(
            first.errorLines.filter { $0.contains(" epoch ") && $0.contains("loss") }.count == 4)
        let weights = URL(fileURLWithPath: folder + "/run/member-000/weights.h5")
        let before = try Data(contentsOf: weights)
        let second = try FloeProgram.run(arguments + ["--progress", "json"])
        #expect(second.code == 0)
        #expect(second.errorLines.filter { $0.contains("memberSkipped") }.count == 2)
        #expect(try Data(contentsOf: weights) == before)
        try trainAtOnce(in: folder)
        // Another recipe does not take the run over; a wrong member makes no folder.
        let other = try FloeProgram.run(arguments + ["training.epochs=3"])
        #expect(other.code == 2)
        #expect(other.error.contains("training.epochs"))
        let wrong = try FloeProgram.run(
            "train", folder + "/story.yaml", "--out", folder + "/none", "--member", "2")
        #expect(wrong.code == 2)
        #expect(!FileManager.default.fileExists(atPath: folder + "/none"))
    }

    /// Members at once, each in a process of its own: as many threads, the same bytes.
    private func trainAtOnce(in folder: String) throws {
        let arguments = [
            "train", folder + "/story.yaml", "compute.threads=1", "--exact", "--quiet",
        ]
        for (jobs, out) in [("2", "/jobs"), ("1", "/serial")] {
            let outcome = try FloeProgram.run(arguments + ["--jobs", jobs, "--out", folder + out])
            #expect(outcome.code == 0, "\(outcome.error)")
            #expect(outcome.error.isEmpty)
        }
        for member in ["member-000", "member-001"] {
            let bytes = try ["/jobs/", "/serial/"].map {
                try Data(contentsOf: URL(fileURLWithPath: "\(folder)\($0)\(member)/weights.h5"))
            }
            #expect(bytes[0] == bytes[1], "\(member)")
        }
    }

    private func build(in folder: String) throws {
        let built = try FloeProgram.run(
            "ensemble", "build", "--out", folder + "/e.json", folder + "/run")
        #expect(built.code == 0, "\(built.error)")
        #expect(built.output.contains("2 members, mean of probabilities"))
        let verified = try FloeProgram.run("ensemble", "verify", folder + "/e.json")
        #expect(verified.code == 0)
        #expect(verified.output.hasPrefix("ok "))
        try FloeProgram.succeed("zoo", "verify", folder + "/run")
        let vote = try FloeProgram.run(
            "ensemble", "build", "--out", folder + "/v.json", "--method", "vote",
            folder + "/run/member-000", folder + "/run/member-001/manifest.json")
        #expect(vote.output.contains("votes"), "\(vote.error)")
        let draft = """
            {"format": "floe.ensemble/1", "combine": {"method": "soft-voting"},
             "members": [{"path": "run/member-001/manifest.json", "weight": 2}]}
            """
        try Data(draft.utf8).write(to: URL(fileURLWithPath: folder + "/draft.json"))
        #expect(try FloeProgram.run("ensemble", "verify", folder + "/draft.json").code == 3)
        let completed = try FloeProgram.run(
            "ensemble", "build", folder + "/draft.json", "--out", folder + "/d.json", "--data",
            folder + "/story.yaml")
        #expect(completed.code == 0, "\(completed.error)")
        #expect(completed.output.contains("1 member,"))
        let recipe = try Data(contentsOf: URL(fileURLWithPath: folder + "/story.yaml"))
        let foreign = try FloeProgram.run(
            "ensemble", "build", "--out", folder + "/story.yaml", folder + "/run")
        #expect(foreign.code == 2)
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder + "/story.yaml")) == recipe)
        let both = try FloeProgram.run(
            "ensemble", "build", folder + "/draft.json", "--out", folder + "/d.json", "--method",
            "mean")
        #expect(both.code == 2)
    }

    private func compare(in folder: String) throws {
        let arguments = [
            "compare", folder + "/e.json", "--data", folder + "/story.yaml", "--out",
            folder + "/report", "--quiet",
        ]
        let outcome = try FloeProgram.run(arguments)
        #expect(outcome.code == 0, "\(outcome.error)")
        for name in ["member-000", "member-001", "mean member", "ensemble"] {
            #expect(outcome.output.contains("\n\(name)"), "\(name)")
        }
        let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/report/comparison.json"))
        let object = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object["format"] as? String == "floe.comparison/1")
        #expect((object["rows"] as? [Any])?.count == 4)
        let overlays = folder + "/report/overlays"
        #expect(try FileManager.default.contentsOfDirectory(atPath: overlays).count == 2)
        // The second report holds nothing of the first.
        try FloeProgram.succeed(arguments + ["--pictures", "1"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: overlays).count == 1)
        try compareWithObstacles(in: folder, arguments)
    }

    /// What keeps a comparison from its end leaves no report that looks whole.
    private func compareWithObstacles(in folder: String, _ arguments: [String]) throws {
        let report = URL(fileURLWithPath: folder + "/report")
        let page = report.appendingPathComponent("report.html")
        let own = try Data(contentsOf: page)
        // Damage beside the ensemble is found before anything is predicted or removed.
        let record = URL(fileURLWithPath: folder + "/e.out-of-bag.json")
        let text = try String(contentsOf: record, encoding: .utf8)
        let hostile = text.replacing(/"votes" : \d+/, with: "\"votes\" : -1")
        #expect(hostile != text)
        try Data(hostile.utf8).write(to: record)
        let damaged = try FloeProgram.run(arguments)
        #expect(damaged.code == 3 && damaged.error.contains("votes"), "\(damaged.error)")
        #expect(try Data(contentsOf: page) == own)
        try Data(text.utf8).write(to: record)
        // Somebody's own page is not replaced.
        try Data("# Notes\n".utf8).write(to: page)
        let foreign = try FloeProgram.run(arguments)
        #expect(foreign.code == 2 && foreign.error.contains("is no page"), "\(foreign.error)")
        #expect(try Data(contentsOf: page) == Data("# Notes\n".utf8))
        try own.write(to: page)
        // Where it fails after that, nothing of the former report is left.
        let weights = URL(fileURLWithPath: folder + "/run/member-001/weights.h5")
        let whole = try Data(contentsOf: weights)
        try whole.dropLast().write(to: weights)
        #expect(try FloeProgram.run(arguments).code == 3)
        let left = try FileManager.default.contentsOfDirectory(atPath: report.path)
        #expect(left == ["overlays"])
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: report.path + "/overlays").isEmpty)
        try whole.write(to: weights)
        try FloeProgram.succeed(arguments)
    }

    private func predict(in folder: String) throws {
        let scene = [folder + "/ice/0003_vis.tiff", folder + "/ice/0003_sar.tiff"]
        let arguments = ["predict", folder + "/e.json", "-q", "--out"]
        let names = ["0003_mask.png", "0003_probabilities.tiff"]
        for out in ["/p", "/q"] {
            let outcome = try FloeProgram.run(
                arguments + [folder + out, "--probabilities"] + scene)
            #expect(outcome.code == 0, "\(outcome.error)")
            #expect(outcome.error.isEmpty)
            #expect(outcome.output == names.map { "\(folder)\(out)/\($0)\n" }.joined())
        }
        for name in names {
            let bytes = try ["/p/", "/q/"].map {
                try Data(contentsOf: URL(fileURLWithPath: folder + $0 + name))
            }
            #expect(bytes[0] == bytes[1], "\(name)")
        }
        let few = try FloeProgram.run(arguments + [folder + "/r", scene[0]])
        #expect(few.code == 3)
        #expect(few.error.contains("red, green, blue, sar"))
        let many = try FloeProgram.run(arguments + [folder + "/r", scene[0], scene[0]])
        #expect(many.code == 3)
        let twice = try FloeProgram.run(arguments + [folder + "/r"] + scene + scene)
        #expect(twice.code == 2)
        #expect(!FileManager.default.fileExists(atPath: folder + "/r"))
        // One damaged image does not keep the others from being predicted.
        try FileManager.default.createDirectory(
            atPath: folder + "/bad", withIntermediateDirectories: true)
        for kind in ["vis", "sar"] {
            let bytes = try Data(
                contentsOf: URL(fileURLWithPath: folder + "/ice/0003_\(kind).tiff"))
            try bytes.write(to: URL(fileURLWithPath: folder + "/bad/0003_\(kind).tiff"))
            // The header is whole, the pixels are not.
            var torn = bytes
            for index in bytes.count / 2..<bytes.count / 2 + 4 where kind == "sar" {
                torn[index] ^= 0xFF
            }
            try torn.write(to: URL(fileURLWithPath: folder + "/bad/0004_\(kind).tiff"))
        }
        let mixed = try FloeProgram.run(
            arguments + [folder + "/m"]
                + ["0004_vis", "0004_sar", "0003_vis", "0003_sar"].map {
                    "\(folder)/bad/\($0).tiff"
                })
        #expect(mixed.code == 8, "\(mixed.error)")
        #expect(mixed.output == "\(folder)/m/0003_mask.png\n")
        // Masks do not fall among the images.
        let among = try FloeProgram.run(arguments + [folder + "/ice"] + scene)
        #expect(among.code == 2)
        let split = try FloeProgram.run(
            "predict", folder + "/run/member-000", "--data", folder + "/story.yaml", "--split",
            "validation", "--out", folder + "/s", "-q")
        #expect(split.code == 0, "\(split.error)")
        #expect(split.output.split(separator: "\n").count == 2)
    }

    /// What is asked for on the command line holds for that command.
    private func testTime(in folder: String) throws {
        let scene = [folder + "/ice/0003_vis.tiff", folder + "/ice/0003_sar.tiff"]
        var maps: [Data] = []
        for (number, list) in ["none", "vertical-flip", "vertical-flip,0.75"].enumerated() {
            let out = "\(folder)/t\(number)"
            try FloeProgram.succeed(
                [
                    "predict", folder + "/e.json", "-q", "--out", out, "--probabilities",
                    "--test-time", list,
                ] + scene)
            maps.append(
                try Data(contentsOf: URL(fileURLWithPath: out + "/0003_probabilities.tiff")))
        }
        let plain = URL(fileURLWithPath: folder + "/p/0003_probabilities.tiff")
        #expect(try maps[0] == Data(contentsOf: plain))
        #expect(Set(maps).count == 3)
        let losses = try ["none", "quarter-turns"].map { list -> Double? in
            try FloeProgram.succeed(
                "compare", folder + "/e.json", "--data", folder + "/story.yaml", "-q", "--pictures",
                "0", "--out", folder + "/c", "--test-time", list)
            let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/c/comparison.json"))
            let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
            return (object?["rows"] as? [[String: Any]])?.last?["loss"] as? Double
        }
        #expect(try #require(losses[0]) != #require(losses[1]))
        for wrong in ["flips", "", "horizontal-flip,", "9"] {
            let outcome = try FloeProgram.run(
                ["predict", folder + "/e.json", "--out", folder + "/u", "--test-time", wrong]
                    + scene)
            #expect(outcome.code == 2, "\(wrong)")
            #expect(outcome.error.contains("--test-time"), "\(outcome.error)")
        }
        #expect(!FileManager.default.fileExists(atPath: folder + "/u"))
    }

    /// A changed member fails the ensemble; the data of a run may be gone.
    private func damage(in folder: String) throws {
        try FileManager.default.moveItem(atPath: folder + "/ice", toPath: folder + "/gone")
        let without = try FloeProgram.run(
            "ensemble", "build", "--out", folder + "/n.json", folder + "/run")
        #expect(without.code == 0, "\(without.error)")
        #expect(without.error.contains("out-of-bag score is null"))
        let weights = URL(fileURLWithPath: folder + "/run/member-001/weights.h5")
        var bytes = try Data(contentsOf: weights)
        bytes[bytes.count / 2] ^= 4
        try bytes.write(to: weights)
        let verified = try FloeProgram.run("ensemble", "verify", folder + "/e.json")
        #expect(verified.code == 3)
        #expect(verified.output.hasPrefix("FAILED "))
        let predicted = try FloeProgram.run(
            "predict", folder + "/e.json", "--out", folder + "/x", "-q",
            folder + "/gone/0003_vis.tiff", folder + "/gone/0003_sar.tiff")
        #expect(predicted.code == 3)
        #expect(predicted.errorLines.count == 1)
        let without1 = try FloeProgram.run(
            "predict", folder + "/e.json", "--out", folder + "/x", "-q", "--allow-missing-members",
            "1", folder + "/gone/0003_vis.tiff", folder + "/gone/0003_sar.tiff")
        #expect(without1.code == 0)
        #expect(without1.error.contains("going on with 1 of 2 members"), "\(without1.error)")
        #expect(without1.errorLines.count == 1)
    }
}
