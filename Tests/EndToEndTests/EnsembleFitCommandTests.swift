import Foundation
import SegmentationData
import Testing

/// `floe ensemble fit` with all it fits, from members to predictions.
@Suite struct EnsembleFitCommandTests {
    private static let recipe = IceRecipe.text(
        "fitted", split: "train: 6, validation: 2, test: 3",
        """
        model: unet:4:2
        training: {epochs: 2, batch: 2, seed: 1}
        bagging: {members: 4, fraction: 0.5, seed: 1}
        evaluation: {absent: one}

        """)

    private struct Manifest: Decodable {
        struct Member: Decodable {
            var path: String
            var weight: Double?
        }
        struct Combine: Decodable {
            struct Fit: Decodable {
                var part: String
                var split: String
                var images: Int
                var before: Double?
                var after: Double?
                var leftOut: [Member]?
            }
            var method: String
            var temperature: Double?
            var thresholds: [Double]?
            var fits: [Fit]?
        }
        var members: [Member]
        var combine: Combine
    }

    private func manifest(_ path: String) throws -> Manifest {
        try JSONDecoder().decode(Manifest.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }

    @Test func everythingIsFitted() throws {
        try withTemporaryFolder { folder in
            let recipe = folder + "/fitted.yaml"
            try Data(Self.recipe.utf8).write(to: URL(fileURLWithPath: recipe))
            try FloeProgram.succeed(
                "data", "synth", "--out", folder + "/ice", "--count", "11", "-q")
            try FloeProgram.succeed("train", recipe, "--out", folder + "/run", "-q")
            try FloeProgram.succeed(
                "ensemble", "build", "--out", folder + "/e.json", folder + "/run")
            try fit(in: folder, recipe)
            try refuse(in: folder, recipe)
            try combineByStaple(in: folder, recipe)
        }
    }

    private func fit(in folder: String, _ recipe: String) throws {
        func fit(_ out: String) throws -> FloeProgram.Outcome {
            try FloeProgram.succeed(
                "ensemble", "fit", folder + "/e.json", "--select", "6", "--weights", "--order",
                "--temperature", "--thresholds", "--report-split", "test", "--data", recipe,
                "--out", folder + "/" + out, "-q", "--exact")
        }
        let outcome = try fit("f.json")
        for words in [
            "Members: ", "Weights: ", "Order: ", "Temperature: ", "Fitted on",
            "On the split test of fitted, 3 images: dice", "; out-of-bag dice",
        ] { #expect(outcome.output.contains(words), "\(words): \(outcome.output)") }
        let found = try manifest(folder + "/f.json")
        let fits = try #require(found.combine.fits)
        #expect(fits.map(\.part) == ["selection", "weights", "order", "temperature"])
        #expect(fits.allSatisfy { $0.split == "out-of-bag" && $0.images > 0 })
        #expect(found.members.count + (fits[0].leftOut?.count ?? 0) == 4)
        for fit in fits where fit.part == "weights" || fit.part == "temperature" {
            #expect(try #require(fit.after) <= #require(fit.before))
        }
        #expect(found.combine.thresholds?.count == 1)
        try FloeProgram.succeed("ensemble", "verify", folder + "/f.json")
        // The same again is the same to the byte, but for the time.
        _ = try fit("again.json")
        func bytes(_ name: String) throws -> [Substring] {
            try String(contentsOfFile: folder + "/" + name, encoding: .utf8)
                .split(separator: "\n").filter { !$0.contains("\"created\"") }
        }
        #expect(try bytes("f.json") == bytes("again.json"))
        // What is fitted is used, and said where it was fitted.
        try FloeProgram.succeed(
            "predict", folder + "/f.json", "--data", recipe, "--split", "test", "--out",
            folder + "/masks", "-q", "--exact")
        let compared = try FloeProgram.succeed(
            "compare", folder + "/f.json", "--data", recipe, "--split", "train", "--out",
            folder + "/report", "-q", "--exact", "--pictures", "0")
        #expect(compared.output.contains("the choice of members, weights, "))
        #expect(compared.output.contains("fitted on 6 of these 6 images"))
        // Fitted in two goes it says that the second one changed what the first was for.
        let stale = try FloeProgram.succeed(
            "ensemble", "fit", folder + "/f.json", "--weights", "--data", recipe, "--out",
            folder + "/stale.json", "-q", "--exact")
        #expect(stale.error.contains("combine.temperature was fitted to the ensemble as it was"))
        #expect(stale.error.contains("the order of the members was fitted to the ensemble as it"))
        #expect(
            try manifest(folder + "/stale.json").combine.fits?.contains { $0.part == "order" }
                == false)
        // What may stay as it was keeps the images that it was found on.
        for part in ["--weights", "--temperature", "--thresholds"] {
            let other = try FloeProgram.run(
                "ensemble", "fit", folder + "/f.json", part, "--split", "validation", "--data",
                recipe, "--out", folder + "/no.json")
            #expect(other.code == 2, "\(part): \(other.error)")
            #expect(other.error.contains("the images of the former fit"), "\(other.error)")
        }
    }

    private func refuse(in folder: String, _ recipe: String) throws {
        func code(_ arguments: String...) throws -> (Int32, String) {
            let outcome = try FloeProgram.run(
                ["ensemble", "fit", folder + "/e.json", "--data", recipe, "--out"]
                    + [folder + "/no.json"] + arguments)
            return (outcome.code, outcome.error)
        }
        for arguments in [
            ["--weights", "--split", "test"], ["--per-class"], ["--select", "0"],
            ["--weights", "--report-split", "train"],
            ["--weights", "--split", "validation", "--report-split", "validation"],
            ["--early-exit", "--report-split", "test"], ["--postprocessing", "--thresholds"],
        ] {
            let outcome = try FloeProgram.run(
                ["ensemble", "fit", folder + "/e.json", "--data", recipe, "--out"]
                    + [folder + "/no.json"] + arguments)
            #expect(outcome.code == 2, "\(arguments): \(outcome.error)")
        }
        // What could not be written is told before anything is predicted.
        let foreign = try FloeProgram.run(
            "ensemble", "fit", folder + "/e.json", "--data", recipe, "--weights", "--out", recipe)
        #expect(foreign.code == 2 && foreign.error.contains("exists and is no ensemble"))
        #expect(!foreign.error.contains("images"))
        let same = try code("--weights", "--split", "validation", "--report-split", "validation")
        #expect(same.1.contains("no longer measures anything"))
        // What was fitted on the validation split before is not reported there.
        try FloeProgram.succeed(
            "ensemble", "fit", folder + "/e.json", "--weights", "--split", "validation", "--data",
            recipe, "--out", folder + "/v.json", "-q", "--exact")
        let later = try FloeProgram.run(
            "ensemble", "fit", folder + "/v.json", "--temperature", "--report-split", "validation",
            "--data", recipe, "--out", folder + "/no.json")
        #expect(later.code == 2 && later.error.contains("weights"))
        #expect(!FileManager.default.fileExists(atPath: folder + "/no.json"))
    }

    private func combineByStaple(in folder: String, _ recipe: String) throws {
        let built = try FloeProgram.succeed(
            "ensemble", "build", "--method", "staple", "--out", folder + "/s.json",
            folder + "/run")
        #expect(built.output.contains("STAPLE"))
        #expect(try manifest(folder + "/s.json").combine.method == "staple")
        try FloeProgram.succeed("ensemble", "verify", folder + "/s.json")
        let predicted = try FloeProgram.succeed(
            "predict", folder + "/s.json", "--data", recipe, "--split", "test", "--out",
            folder + "/s", "-q", "--exact")
        let masks = try predicted.output.split(separator: "\n").filter { $0.hasSuffix("png") }
            .map { try ImageReader.readMask(path: String($0)).values }
        #expect(masks.count == 3 && masks.allSatisfy { Set($0).isSubset(of: [0, 1]) })
        let refused = try FloeProgram.run(
            "ensemble", "fit", folder + "/s.json", "--weights", "--data", recipe, "--out",
            folder + "/no.json")
        #expect(refused.code == 2 && refused.error.contains("staple"))
    }
}
