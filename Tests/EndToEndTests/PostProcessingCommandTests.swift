import Foundation
import SegmentationData
import Testing

/// From a recipe with post-processing to fitted manifests, cleaned masks and a submission.
@Suite struct PostProcessingCommandTests {
    private static let recipe = IceRecipe.text(
        "cleaned", split: "train: 6, validation: 2, test: 2",
        """
        model: unet:4:2
        training: {epochs: 2, batch: 2, seed: 1}
        bagging: {members: 2, seed: 1}
        evaluation: {absent: one}
        postprocessing:
          connectivity: 4
          minimum-size: 400
          classes: {ice: {threshold: 0.45}}
          search: {thresholds: [0.3, 0.4, 0.45, 0.5, 0.6], sizes: [0, 100, 1000, 5000]}

        """)

    private struct Manifest: Decodable {
        struct Combine: Decodable { var thresholds: [Double]? }
        struct PostProcessing: Decodable {
            struct Steps: Decodable { var minimumSize: Int }
            struct Fit: Decodable {
                var split: String
                var images: Int
                var before: Double
                var after: Double
            }
            var connectivity: Int
            var classes: [Steps]
            var fit: Fit?
        }
        var combine: Combine
        var postprocessing: PostProcessing?
    }

    private struct Report: Decodable {
        struct Row: Decodable {
            var kind: String
            var dice: Double?
        }
        var rows: [Row]
        var postprocessing: [String]?
    }

    private func manifest(_ path: String) throws -> Manifest {
        try JSONDecoder().decode(Manifest.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }

    @Test func fromRecipeToSubmission() throws {
        try withTemporaryFolder { folder in
            let recipe = folder + "/cleaned.yaml"
            try Data(Self.recipe.utf8).write(to: URL(fileURLWithPath: recipe))
            try FloeProgram.succeed(
                "data", "synth", "--out", folder + "/ice", "--count", "10", "-q")
            try FloeProgram.succeed("train", recipe, "--out", folder + "/run", "-q")
            let built = try FloeProgram.succeed(
                "ensemble", "build", "--out", folder + "/e.json", folder + "/run")
            #expect(built.output.contains("post-processed"))
            let before = try manifest(folder + "/e.json")
            #expect(before.combine.thresholds == [0.45])
            #expect(before.postprocessing?.connectivity == 4)
            #expect(before.postprocessing?.classes.map(\.minimumSize) == [400])
            #expect(before.postprocessing?.fit == nil)
            try fit(in: folder)
            try predict(in: folder)
        }
    }

    private func fit(in folder: String) throws {
        for split in ["out-of-bag", "validation"] {
            let out = folder + "/\(split).json"
            let outcome = try FloeProgram.succeed(
                "ensemble", "fit", folder + "/e.json", "--postprocessing", "--data",
                folder + "/cleaned.yaml", "--split", split, "--out", out, "-q", "--exact")
            #expect(outcome.output.contains("Fitted on"))
            #expect(!outcome.error.contains("out-of-bag score"))
            #expect(outcome.output.contains("; out-of-bag dice"))
            // The validation split chose the epochs.
            #expect(
                outcome.output.contains("both too good") == (split == "validation"))
            let fit = try #require(try manifest(out).postprocessing?.fit)
            #expect(fit.split == split && fit.after >= fit.before)
            try FloeProgram.succeed("ensemble", "verify", out)
        }
        // The comparison makes every mask, and comes to the same.
        let fit = try #require(try manifest(folder + "/validation.json").postprocessing?.fit)
        #expect(fit.images == 2)
        for (name, score) in [("e", fit.before), ("validation", fit.after)] {
            let outcome = try FloeProgram.succeed(
                "compare", folder + "/\(name).json", "--data", folder + "/cleaned.yaml", "--split",
                "validation", "--out", folder + "/report", "-q", "--exact", "--pictures", "1")
            let data = try Data(
                contentsOf: URL(fileURLWithPath: folder + "/report/comparison.json"))
            let report = try JSONDecoder().decode(Report.self, from: data)
            let dice = try #require(report.rows.first { $0.kind == "ensemble" }?.dice)
            #expect(abs(dice - score) < 1e-12, "\(name)")
            #expect(
                outcome.output.contains("post-processing was fitted on 2 of these 2 images")
                    == (name == "validation"))
            if report.postprocessing != nil {
                #expect(outcome.output.contains("\nwithout post-processing"))
                #expect(outcome.output.contains("members as the ensemble"))
            }
        }
        for split in ["test", "train", "all"] {
            let refused = try FloeProgram.run(
                "ensemble", "fit", folder + "/e.json", "--postprocessing", "--data",
                folder + "/cleaned.yaml", "--split", split, "--out", folder + "/no.json")
            #expect(refused.code == 2)
            #expect(refused.error.contains("out-of-bag or validation"))
        }
        let nothing = try FloeProgram.run(
            "ensemble", "fit", folder + "/e.json", "--data", folder + "/cleaned.yaml", "--out",
            folder + "/no.json")
        #expect(nothing.code == 2)
        #expect(nothing.error.contains("Name what to fit"), "\(nothing.error)")
        #expect(!FileManager.default.fileExists(atPath: folder + "/no.json"))
    }

    private func predict(in folder: String) throws {
        // Nothing is as large as this: every mask is emptied.
        let text = try String(contentsOfFile: folder + "/e.json", encoding: .utf8)
        #expect(text.contains("\"minimumSize\" : 400"))
        try Data(text.replacing("\"minimumSize\" : 400", with: "\"minimumSize\" : 57601").utf8)
            .write(to: URL(fileURLWithPath: folder + "/none.json"))
        let data = ["--data", folder + "/cleaned.yaml", "--split", "test", "-q", "--exact"]
        func masks(_ ensemble: String, _ more: String...) throws -> [[UInt16]] {
            let out = folder + "/masks-" + ensemble + "\(more.count)"
            let outcome = try FloeProgram.run(
                ["predict", folder + "/\(ensemble).json", "--out", out] + data + more)
            #expect(outcome.code == 0, "\(outcome.error)")
            return try outcome.output.split(separator: "\n").filter { $0.hasSuffix("png") }
                .map { try ImageReader.readMask(path: String($0)).values }
        }
        let raw = try masks("none", "--no-postprocessing")
        #expect(raw.count == 2)
        #expect(raw.contains { Set($0) != [0] })
        let emptied = try masks("none")
        #expect(emptied.count == 2 && emptied.allSatisfy { Set($0) == [0] })
        let csv = folder + "/submission.csv"
        let cleaned = try masks("e", "--submission", csv)
        let table = try RunLengthTable(reading: csv, classes: ["ice"])
        #expect(table.images.count == 2)
        #expect(table.images.allSatisfy { $0.hasSuffix("_vis.tiff") })
        for (image, mask) in zip(table.images, cleaned) {
            let runs = try #require(
                try table.runLengths(image: image, classIndex: 0, height: 240, width: 240))
            #expect(runs.mask().map { UInt16($0) } == mask)
        }
        _ = try masks("e", "--submission", csv, "--submission-size", "35x52")
        let small = try RunLengthTable(reading: csv, classes: ["ice"])
        for image in small.images {
            let runs = try #require(
                try small.runLengths(image: image, classIndex: 0, height: 35, width: 52))
            #expect(runs.mask().count == 35 * 52)
        }
        #expect(small.images == table.images)
        _ = try masks("none", "--submission", csv)
        #expect(
            try String(contentsOfFile: csv, encoding: .utf8)
                == "Image_Label,EncodedPixels\n"
                + table.images.map { "\($0)_ice,\n" }.joined())
        for wrong in [
            ["--submission-size", "35x52"], ["--submission", csv, "--submission-size", "9"],
            ["--submission", csv, "--submission-size", "65536x65536"],
            ["--submission", csv, "--submission-size", "9223372036854775807x3"],
        ] {
            let refused = try FloeProgram.run(
                ["predict", folder + "/e.json", "--out", folder + "/no"] + data + wrong)
            #expect(refused.code == 2, "\(wrong)")
        }
        try keepWhatIsRead(in: folder)
        try submit(in: folder, images: table.images)
    }

    /// A submission replaces nothing that the command reads.
    private func keepWhatIsRead(in folder: String) throws {
        let scene = ["vis", "sar"].map { "\(folder)/ice/0003_\($0).tiff" }
        let data = ["--data", folder + "/cleaned.yaml"]
        for (input, file) in [
            (data, "/e.json"), (scene, "/e.json"), (data, "/e.out-of-bag.json"),
            (data, "/run/member-001/manifest.json"), (scene, "/run/member-001/manifest.json"),
            (scene, "/run/member-000/weights.h5"), (data, "/cleaned.yaml"),
            (data, "/ice/0003_sar.tiff"), (scene, "/ice/0003_sar.tiff"),
        ] {
            let before = try Data(contentsOf: URL(fileURLWithPath: folder + file))
            let refused = try FloeProgram.run(
                ["predict", folder + "/e.json", "--out", folder + "/no", "--submission"]
                    + [folder + file] + input)
            #expect(refused.code == 2, "\(file)")
            #expect(refused.error.contains("is one of the"), "\(refused.error)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: folder + file)) == before, "\(file)")
        }
        #expect(!FileManager.default.fileExists(atPath: folder + "/no"))
    }

    /// Submissions are written under the labels of the data, and refused before anything is predicted.
    private func submit(in folder: String, images: [String]) throws {
        func dataset(_ name: String, _ lines: String...) throws -> String {
            let path = folder + "/\(name).yaml"
            try Data(
                (lines + ["classes: [ice]", "size: [48, 48]", "split: {test: \"*\"}", ""])
                    .joined(separator: "\n").utf8
            ).write(to: URL(fileURLWithPath: path))
            return path
        }
        func predict(_ data: String, _ split: String) throws -> FloeProgram.Outcome {
            try FloeProgram.run(
                "predict", folder + "/none.json", "--out", folder + "/labelled", "--data", data,
                "--split", split, "--submission", folder + "/labelled.csv", "-q", "--exact")
        }
        let bands = ["bands: [red, green, blue]", "bands: [sar]"]
        let clash = try dataset(
            "clash", "root: scenes", "images:", "  - {files: \"*/vis.tiff\", \(bands[0])}",
            "  - {files: \"*/sar.tiff\", \(bands[1])}")
        for (number, image) in images.enumerated() {
            let scene = folder + "/scenes/\(number)"
            try FileManager.default.createDirectory(
                atPath: scene, withIntermediateDirectories: true)
            for band in ["vis", "sar"] {
                try FileManager.default.copyItem(
                    atPath: folder + "/ice/" + image.replacing("_vis", with: "_" + band),
                    toPath: scene + "/\(band).tiff")
            }
        }
        let refused = try predict(clash, "all")
        #expect(refused.code == 2)
        #expect(refused.error.contains("two images of a submission are called 'vis.tiff'"))
        #expect(!FileManager.default.fileExists(atPath: folder + "/labelled"))

        let rows = try FileManager.default.contentsOfDirectory(atPath: folder + "/ice")
            .filter { $0.hasSuffix("_vis.tiff") }.sorted().map { $0 + "_Sea_Ice," }
        try Data(("Image_Label,EncodedPixels\n" + rows.joined(separator: "\n")).utf8)
            .write(to: URL(fileURLWithPath: folder + "/truth.csv"))
        let labelled = try dataset(
            "labelled", "root: ice", "images:", "  - {files: \"*_vis.tiff\", \(bands[0])}",
            "  - {files: \"*_sar.tiff\", \(bands[1])}",
            "masks: {runs: ../truth.csv, labels: {Sea_Ice: ice}}")
        let written = try predict(labelled, "all")
        #expect(written.code == 0, "\(written.error)")
        // Nothing is as large as the ensemble wants it: every row is empty, as in the truth.
        #expect(
            try String(contentsOfFile: folder + "/labelled.csv", encoding: .utf8)
                == "Image_Label,EncodedPixels\n" + rows.map { $0 + "\n" }.joined())
    }
}
