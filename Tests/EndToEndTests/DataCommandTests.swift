import Foundation
import SegmentationData
import Testing

@Suite struct DataCommandTests {
    @Test func inspectTellsWhatSynthMade() throws {
        try withTemporaryFolder { folder in
            let data = folder + "/ice"
            #expect(try FloeProgram.run("data", "synth", "--out", data, "--count", "6").code == 0)
            let outcome = try FloeProgram.run("data", "inspect", data, "--json", "--quiet")
            #expect(outcome.code == 0)
            #expect(outcome.error.isEmpty)
            let object = try outcome.object()
            #expect(object["images"] as? Int == 6)
            #expect((object["bands"] as? [Any])?.count == 4)
            #expect((object["problems"] as? [Any])?.isEmpty == true)
            let text = try FloeProgram.run("data", "inspect", data)
            #expect(text.output.contains("6 images"))
        }
    }

    /// Four images: two masks alike, two images alike, three classes of which two come together.
    @Test func inspectOffersWhatLeavesDuplicatesOut() throws {
        try withTemporaryFolder { folder in
            let masks: [[UInt8]] = [[0, 1, 2, 1], [0, 1, 2, 1], [1, 1, 1, 1], [0, 0, 2, 2]]
            for (number, mask) in masks.enumerated() {
                let grey: [UInt8] = [number == 2 ? 10 : UInt8(10 + number), 50, 60, 70]
                let image = number == 3 ? [10, 50, 60, 70] : number == 2 ? [99, 1, 2, 3] : grey
                try ImageWriter.writeGrey(
                    image, height: 2, width: 2, to: "\(folder)/\(number)_i.png")
                try ImageWriter.writeGrey(
                    mask, height: 2, width: 2, to: "\(folder)/\(number)_m.png")
            }
            let recipe = """
                root: .
                images: "*_i.png"
                masks: "*_m.png"
                classes: [water, sand, rock]
                split: {train: 1}

                """
            let path = folder + "/dataset.yaml"
            try Data(recipe.utf8).write(to: URL(fileURLWithPath: path))
            let text = try FloeProgram.run("data", "inspect", folder, "-q", "--min-support", "0.7")
            #expect(text.code == 0, "\(text.error)")
            let lines = text.output.split(separator: "\n").map(String.init)
            #expect(lines.contains("  2: 0 = 1") && lines.contains("  2: 0 = 3"))
            let key = "data.exclude: {duplicate-masks: 2, duplicate-images: keep-first}"
            #expect(lines.contains("  \(key)"))
            #expect(lines.contains("masks of one value only: 1"))
            // 16 pixels: 4 of water, 8 of sand, 4 of rock, in 12, 12 and 12 pixels around them.
            #expect(
                lines.contains { $0.hasPrefix("sand") && $0.hasSuffix("2.000             0.500") })
            #expect(lines.contains { $0.hasPrefix("water, rock") && $0.hasSuffix("75.0 %") })
            #expect(lines.contains { $0.hasPrefix("rock ") && $0.hasSuffix("100.0 %  1.333") })
            let object = try FloeProgram.run("data", "inspect", folder, "-q", "--json").object()
            #expect(object["suggestedExclude"] as? String == key)
            #expect((object["duplicateMasks"] as? [[String]]) == [["0", "1"]])
            #expect((object["combinations"] as? [Any])?.count == 7)
            // The key, pasted as it is.
            try Data((recipe + key.dropFirst("data.".count) + "\n").utf8)
                .write(to: URL(fileURLWithPath: path))
            let left = try FloeProgram.run("data", "inspect", folder, "-q")
            #expect(left.code == 0, "\(left.error)")
            #expect(left.output.contains("left out by data.exclude: 2 for the same mask\n"))
            #expect(left.output.contains("2 images, 2 samples") && !left.output.contains(" = "))
            let wrong = try FloeProgram.run("data", "inspect", folder, "--min-support", "0")
            #expect(wrong.code == 2)
        }
    }

    @Test func brokenFilesAreListed() throws {
        try withTemporaryFolder { folder in
            let data = folder + "/ice"
            #expect(try FloeProgram.run("data", "synth", "--out", data, "--count", "3").code == 0)
            try Data("no picture".utf8).write(to: URL(fileURLWithPath: data + "/0001_sar.tiff"))
            for extra in [[], ["--json"]] {
                let outcome = try FloeProgram.run(["data", "inspect", data, "--quiet"] + extra)
                #expect(outcome.code == 3)
                #expect(outcome.output.contains("0001_sar.tiff"))
                #expect(outcome.errorLines.count == 1)
            }
        }
    }

    @Test func synthRepeatsItselfAndNothingElse() throws {
        try withTemporaryFolder { folder in
            let data = folder + "/ice"
            let arguments = ["data", "synth", "--out", data, "-q"]
            let same = arguments + ["--count", "2", "--seed", "5"]
            #expect(try FloeProgram.run(same).code == 0)
            let file = URL(fileURLWithPath: data + "/0001_vis.tiff")
            let before = try Data(contentsOf: file)
            #expect(try FloeProgram.run(same).code == 0)
            #expect(try Data(contentsOf: file) == before)
            // Another seed or count would leave a mixture of two sets.
            for (count, seed) in [("2", "6"), ("3", "5"), ("1", "5")] {
                let outcome = try FloeProgram.run(arguments + ["--count", count, "--seed", seed])
                #expect(outcome.code == 2)
                #expect(outcome.error.contains("another synthetic set"))
            }
            #expect(try Data(contentsOf: file) == before)
        }
    }

    @Test(arguments: ["notes.txt", "README.md", "dataset.yaml", "a_vis.tiff"])
    func synthLeavesOtherFoldersAlone(name: String) throws {
        try withTemporaryFolder { folder in
            let path = folder + "/" + name
            try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
            let outcome = try FloeProgram.run("data", "synth", "--out", folder, "--count", "1")
            #expect(outcome.code == 2)
            #expect(outcome.error.contains(name))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [name])
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
        }
    }

    @Test(arguments: ["clouds", "aerial", "mars", "lungs"])
    func synthKnowsTheOtherLayouts(layout: String) throws {
        try withTemporaryFolder { folder in
            let size = layout == "mars" ? [] : ["--size", "64x96"]
            let arguments =
                ["data", "synth", "--layout", layout, "--count", "2", "--out", folder + "/set"]
                + size
            let first = try FloeProgram.run(arguments)
            #expect(first.code == 0 && first.output == "\(folder)/set: 2 scenes of seed 1\n")
            #expect(try FloeProgram.run(arguments).code == 0)
            let other = try FloeProgram.run(arguments + ["--seed", "2"])
            #expect(other.code == 2 && other.error.contains("another synthetic set"))
            let mine = folder + "/set/notes.txt"
            try Data("mine".utf8).write(to: URL(fileURLWithPath: mine))
            let refused = try FloeProgram.run(arguments)
            #expect(refused.code == 2 && refused.error.contains("notes.txt"))
            #expect(try String(contentsOfFile: mine, encoding: .utf8) == "mine")
        }
    }

    @Test func previewDrawsTheSamePictureAgain() throws {
        try withTemporaryFolder { folder in
            let data = folder + "/ice"
            #expect(try FloeProgram.run("data", "synth", "--out", data, "--count", "4").code == 0)
            let recipe = fixture("../../manifests/recipes/augmentation.yaml")
            let arguments = [
                "data", "preview", recipe, "data.root=\(data)", "data.size=[24, 24]", "--count",
                "2",
                "--side", "24", "-q", "--out",
            ]
            var pictures: [Data] = []
            for (name, more) in [("a", []), ("b", []), ("c", ["--epoch", "2"])] {
                let path = "\(folder)/\(name).png"
                let outcome = try FloeProgram.run(arguments + [path] + more)
                #expect(outcome.code == 0, "\(outcome.error)")
                #expect(outcome.output == path + "\n" && outcome.error.isEmpty)
                pictures.append(try Data(contentsOf: URL(fileURLWithPath: path)))
            }
            #expect(pictures[0].starts(with: [0x89, 0x50, 0x4E, 0x47]))
            #expect(pictures[0] == pictures[1] && pictures[0] != pictures[2])
            for wrong in [
                ["--member", "5"], ["--member", "-1"], ["--count", "0"], ["--epoch", "0"],
            ] {
                #expect(try FloeProgram.run(arguments + ["\(folder)/d.png"] + wrong).code == 2)
            }
            #expect(!FileManager.default.fileExists(atPath: folder + "/d.png"))
            // No file of the data is replaced.
            let image = URL(fileURLWithPath: data + "/0001_vis.tiff")
            let before = try Data(contentsOf: image)
            #expect(try FloeProgram.run(arguments + [image.path]).code == 2)
            #expect(try Data(contentsOf: image) == before)
        }
    }
}
