import Foundation
import SegmentationData
import Testing

/// The recipes of the five published systems, on a small set in each one's layout: from
/// `floe data synth` to a comparison, with smaller networks and fewer epochs and nothing else changed
/// that a recipe says.
@Suite struct PublishedRecipeTests {
    private static let smallEncoder = [
        "model.encoder-width=4", "model.decoder-channels=[8,8,8,8,4]",
    ]

    @Test func seaIceOfTwoFilesASample() throws {
        let story = RecipeStory(
            layout: "sea-ice", synth: ["--count", "6"],
            overrides: Self.smallEncoder + [
                "data.size=[64,64]", "data.split.train=3", "data.split.validation=1",
                "data.split.test=2", "bagging.members=2",
            ])
        try withTemporaryFolder { folder in
            let ensemble = try story.tell(in: folder, members: 2, testImages: 2)
            #expect(ensemble.input.bands == ["red", "green", "blue", "sar"])
            #expect(ensemble.output.classes.map(\.name) == ["ice"])
            // Each member saw a subset of its own.
            let bags = try (0..<2).map { try story.member($0, in: folder).bag }
            #expect(bags.allSatisfy { $0.withReplacement && $0.plan == nil })
            #expect(bags[0].ids != bags[1].ids)
        }
    }

    @Test func cloudsFromFoldsToASubmission() throws {
        let story = RecipeStory(
            layout: "clouds", synth: ["--count", "8", "--size", "64x96"],
            overrides: Self.smallEncoder + [
                "data.size=[64,96]", "data.split.train=6", "data.split.test=2",
                "training.batch=4", "bagging.members=3",
                "postprocessing.search={sizes: [0, 50, 200], absent: one}",
            ])
        try withTemporaryFolder { folder in
            let ensemble = try story.tell(in: folder, members: 3, testImages: 2)
            let coverage = try #require(ensemble.scores.outOfBag).coverage
            // Folds leave each image out of one member.
            #expect(coverage.images == 6 && coverage.total == 6 && coverage.meanVotes == 1)
            for number in 0..<3 {
                let plan = try #require(try story.member(number, in: folder).bag.plan)
                #expect(plan.kind == "k-fold" && plan.folds == 3 && plan.fold == number)
                #expect(plan.isStratified)
            }
            try submit(story, in: folder)
        }
    }

    private func submit(_ story: RecipeStory, in folder: String) throws {
        let fitted = folder + "/fitted.json"
        let recipe = folder + "/run/recipe.yaml"
        try FloeProgram.succeed([
            "ensemble", "fit", folder + "/e.json", "--postprocessing", "--data", recipe, "--out",
            fitted, "-q",
        ])
        let manifest = try story.decode(RecipeStory.Ensemble.self, fitted)
        #expect(manifest.combine.thresholds?.count == 4)
        let steps = try #require(manifest.postprocessing)
        #expect(
            steps.classes.allSatisfy { $0.convexHull && [0, 50, 200].contains($0.minimumSize) })
        let fit = try #require(steps.fit)
        #expect(fit.images == 6 && fit.after >= fit.before && (0...1).contains(fit.after))
        let csv = folder + "/submission.csv"
        let outcome = try FloeProgram.succeed([
            "predict", fitted, "--data", recipe, "--submission", csv, "--out", folder + "/masks",
            "-q",
        ])
        #expect(outcome.output.split(separator: "\n").contains { $0.hasSuffix("_mask.tiff") })
        let names = ["Fish", "Flower", "Sugar", "Gravel"]
        let rows = try String(contentsOfFile: csv, encoding: .utf8).split(separator: "\n")
        #expect(rows.count == 1 + 2 * names.count)
        let table = try RunLengthTable(reading: csv, classes: names)
        #expect(table.images.count == 2)
        for image in table.images {
            for index in names.indices {
                let runs = try table.runLengths(
                    image: image, classIndex: index, height: 64, width: 96)
                #expect(runs != nil, "\(image) \(names[index])")
            }
        }
    }

    @Test func aerialPatchesPutTogetherAgain() throws {
        let story = RecipeStory(
            layout: "aerial", synth: ["--size", "192x128"],
            overrides: ["model=unet:4:2", "bagging.members=2"])
        try withTemporaryFolder { folder in
            let ensemble = try story.tell(in: folder, members: 2, testImages: 6)
            let scene = folder + "/data/images/test.png"
            let reference = folder + "/data/references/test.png"
            try FloeProgram.succeed([
                "predict", folder + "/e.json", scene, "--out", folder + "/masks", "-q",
            ])
            // One map of the whole scene in the colours of the reference.
            let map = try ImageReader.readBands(path: folder + "/masks/test_mask.png")
            let truth = try ImageReader.readBands(path: reference)
            #expect((map.bands, map.height, map.width) == (3, 192, 128))
            #expect((truth.height, truth.width) == (192, 128))
            let table = Set(ensemble.output.classes.map { $0.color.map(Float.init) })
            #expect(table.count == 6)
            #expect(colors(truth).isSubset(of: table))
            #expect(colors(map).isSubset(of: table))
        }
    }

    private func colors(_ image: BandImage) -> Set<[Float]> {
        Set(
            (0..<image.pixelCount).map { pixel in
                (0..<3).map { image.values[$0 * image.pixelCount + pixel] }
            })
    }

    @Test func marsOfOneArrayWithBandsOfItsOwn() throws {
        let story = RecipeStory(
            layout: "mars", synth: ["--count", "32"],
            overrides: [
                "model.global={width: 4, levels: 2}", "model.local={width: 4, levels: 1}",
                // As few as there are in so small a set.
                "data.exclude.duplicate-masks=2", "data.split.train=9",
                "data.split.validation=3", "data.split.test=18", "schedule.warm-up=1",
                "training.epochs=2",
                "training.batch=8", "bagging.members=2",
            ])
        try withTemporaryFolder { folder in
            let ensemble = try story.tell(in: folder, members: 2, testImages: 18)
            #expect(ensemble.input.bands == ["grey", "bright", "edges", "curvature", "detail"])
            let member = try story.member(0, in: folder)
            // The two spoilt images of 32 are out.
            let split = member.data.split
            #expect(split.training + split.validation + split.test == 30)
            #expect(Set(member.bag.ids).isDisjoint(with: ["07", "31"]))
            // Each of the six terms has a weight, which moves after an epoch; their sum stays.
            let weights = try lossWeights(folder + "/run/member-000/history.csv")
            #expect(weights.map(\.count) == [6, 6])
            #expect(weights[0] == [1, 0.5, 0.5, 0.01, 0.05, 0.05] && weights[1] != weights[0])
            #expect(abs(weights[1].reduce(0, +) - weights[0].reduce(0, +)) < 1e-9)
        }
    }

    /// The last column of a history, one row an epoch.
    private func lossWeights(_ path: String) throws -> [[Double]] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").dropFirst().map {
            try #require($0.split(separator: ",").last).split(separator: " ").compactMap {
                Double($0)
            }
        }
    }

    @Test func lungsOfTwoHospitals() throws {
        let story = RecipeStory(
            layout: "lungs", synth: ["--count", "8", "--size", "64x64"],
            overrides: Self.smallEncoder + [
                "data.size=[64,64]", "training.batch=4", "bagging.members=2",
            ])
        try withTemporaryFolder { folder in
            let ensemble = try story.tell(in: folder, members: 2, testImages: 2)
            #expect(ensemble.input.bands == ["xray"])
            let name = try story.member(0, in: folder).architecture.name
            #expect(name.contains("resnet34"), "\(name)")
        }
    }
}
