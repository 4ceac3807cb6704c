import Foundation
import SegmentationData
import Testing

/// Bands that are computed for training and again wherever its members predict.
@Suite struct ComputedBandsTests {
    private static let recipe = """
        name: computed
        data:
          root: data
          images:
            - {files: "*_a.png", bands: [near]}
            - {files: "*_b.png", bands: [far]}
          masks: {files: "*_m.png", values: {0: background, 1: thing}}
          classes: [thing]
          size: [20, 24]
          computed:
            - {name: edges, from: far, filter: sobel}
            - {name: bright, from: near, filter: threshold, at: 120}
          split: {train: 2, validation: 1, test: 1, seed: 1}
        model: unet:2:1
        training: {epochs: 1, batch: 2, seed: 1}
        bagging: {members: 1, seed: 1}
        compute: {threads: 1, exact: true}

        """

    private func writeImages(_ folder: String) throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        for number in 0..<4 {
            for (kind, height, width) in [("a", 18, 16), ("b", 30, 26), ("m", 18, 16)] {
                let values = (0..<height * width).map { pixel in
                    let value = (pixel / width * 37 + pixel % width * (11 + number) + pixel) % 251
                    return UInt8(kind == "m" ? value / 126 : value)
                }
                try ImageWriter.writeGrey(
                    values, height: height, width: width, to: "\(folder)/\(number)_\(kind).png")
            }
        }
    }

    private func bands(_ member: String) throws -> [[String: Any]] {
        let data = try Data(contentsOf: URL(fileURLWithPath: member + "/manifest.json"))
        let object = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        let input = try #require(object["input"] as? [String: Any])
        return try #require(input["bands"] as? [[String: Any]])
    }

    @Test func membersPredictFromTheStoredBandsAlone() throws {
        try withTemporaryFolder { folder in
            let recipe = folder + "/r.yaml"
            try Data(Self.recipe.utf8).write(to: URL(fileURLWithPath: recipe))
            try writeImages(folder + "/data")
            try FloeProgram.succeed("train", recipe, "--out", folder + "/run", "-q")
            let bands = try bands(folder + "/run/member-000")
            #expect(bands.map { $0["name"] as? String } == ["near", "far", "edges", "bright"])
            let edges = try #require(bands[2]["computed"] as? [String: Any])
            #expect(edges["filter"] as? String == "sobel" && edges["from"] as? String == "far")
            #expect(bands[1]["computed"] == nil)
            try FloeProgram.succeed(
                "ensemble", "build", "--out", folder + "/e.json", folder + "/run")
            try predict(in: folder, recipe)
            try refuse(in: folder, recipe)
        }
    }

    /// Raw files, the same files as a data set's samples, and that data set without the key.
    private func predict(in folder: String, _ recipe: String) throws {
        let arguments = [
            "predict", folder + "/e.json", "-q", "--exact", "--probabilities", "--out",
        ]
        func predict(_ out: String, _ what: [String]) throws {
            let outcome = try FloeProgram.run(arguments + [folder + out] + what)
            #expect(outcome.code == 0, "\(outcome.error)")
        }
        try predict("/p", ["--data", recipe])
        let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/p").sorted()
        #expect(names.count == 2)
        let id = try #require(names.first?.prefix(1))
        try predict("/f", ["\(folder)/data/\(id)_a.png", "\(folder)/data/\(id)_b.png"])
        let plain = Self.recipe.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.contains("filter:") && !$0.contains("computed:") }
            .joined(separator: "\n")
        try Data(plain.utf8).write(to: URL(fileURLWithPath: folder + "/plain.yaml"))
        try predict("/q", ["--data", folder + "/plain.yaml"])
        for name in names {
            let bytes = try ["/p/", "/f/", "/q/"].map {
                try Data(contentsOf: URL(fileURLWithPath: folder + $0 + name))
            }
            #expect(bytes[0] == bytes[1] && bytes[0] == bytes[2], "\(name)")
        }
        let reports = try ["/r.yaml", "/plain.yaml"].map { data in
            let outcome = try FloeProgram.run(
                "compare", folder + "/e.json", "--data", folder + data, "--exact", "--out",
                folder + "/report", "-q")
            #expect(outcome.code == 0, "\(outcome.error)")
            return outcome.output
        }
        #expect(!reports[0].isEmpty && reports[0] == reports[1])
    }

    private func refuse(in folder: String, _ recipe: String) throws {
        let raw = try FloeProgram.run(
            "predict", folder + "/e.json", "-q", "--out", folder + "/n", folder + "/data/1_a.png")
        #expect(raw.code == 3)
        #expect(raw.error.contains("2 (near, far)"))
        for (value, words) in [
            ("[{name: edges, from: radar, filter: sobel}]", "a stored band"),
            ("[{name: edges, from: far, filter: sobel2}]", "known: threshold"),
            ("[{name: far, from: far, filter: sobel}]", "'far' again"),
        ] {
            let wrong = try FloeProgram.run(
                "train", recipe, "data.computed=\(value)", "--out", folder + "/none", "-q")
            #expect(wrong.code == 2 && wrong.error.contains(words), "\(wrong.error)")
        }
    }
}
