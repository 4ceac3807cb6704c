import DurableFiles
import Foundation
import SegmentationData
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct RecipeLoaderTests {
    private func write(_ text: String, _ path: String) throws {
        let file = URL(fileURLWithPath: path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    private let data = "data: {images: '*.png', classes: [a]}\n"

    @Test func aBaseIsMergedKeyByKey() throws {
        try TrainingFixtures.withFolder { folder in
            try write(
                data + "optimizer: {rate: 0.5, name: sgd}\nloss: [bce, dice]\nname: below",
                folder + "/base/a.yaml")
            try write(
                "base: base/a.yaml\noptimizer: {rate: 0.25}\nloss: [dice]\n", folder + "/b.yaml")
            try write("base: ../b.yaml\nname: top\n", folder + "/deep/c.yaml")
            let recipe = try RecipeLoader.load(folder + "/deep/c.yaml", environment: [:])
            #expect(recipe.name == "top")
            #expect(recipe.optimizer.rate == 0.25 && recipe.optimizer.name == .sgd)
            #expect(recipe.loss.map(\.term) == [.dice])
            // Data without a root lie where the file is that names them.
            #expect(recipe.data.root == folder + "/base")
        }
    }

    @Test func aRootIsRelativeToTheFileThatNamesIt() throws {
        try TrainingFixtures.withFolder { folder in
            try write(
                "data: {root: ../pictures, images: '*.png', classes: [a]}", folder + "/base/a.yaml")
            try write("base: base/a.yaml\ndata: {size: 32}\n", folder + "/b.yaml")
            try write("base: base/a.yaml\ndata: {root: ./other}\n", folder + "/c.yaml")
            try write("base: base/a.yaml\ndata: {root: /absolute}\n", folder + "/d.yaml")
            let below = try RecipeLoader.load(folder + "/b.yaml", environment: [:])
            #expect(below.data.root == folder + "/pictures")
            #expect(below.data.size == ImageSize(height: 32, width: 32))
            let own = try RecipeLoader.load(folder + "/c.yaml", environment: [:])
            #expect(own.data.root == folder + "/other")
            let absolute = try RecipeLoader.load(folder + "/d.yaml", environment: [:])
            #expect(absolute.data.root == "/absolute")
        }
    }

    @Test func anOverriddenRootIsRelativeToTheWorkingFolder() throws {
        try TrainingFixtures.withFolder { folder in
            let recipe = try TrainingFixtures.recipe(folder, ["data.root=pictures/../ice"])
            #expect(recipe.data.root == FileManager.default.currentDirectoryPath + "/ice")
        }
    }

    @Test func basesThatNameOneAnotherEnd() throws {
        try TrainingFixtures.withFolder { folder in
            try write("base: b.yaml\n", folder + "/a.yaml")
            try write("base: a.yaml\n", folder + "/b.yaml")
            TrainingFixtures.error(.usage) {
                _ = try RecipeLoader.load(folder + "/a.yaml", environment: [:])
            }
            try write("base: [a]\n" + data, folder + "/c.yaml")
            TrainingFixtures.error(.usage) {
                _ = try RecipeLoader.load(folder + "/c.yaml", environment: [:])
            }
            try write("base: absent.yaml\n" + data, folder + "/d.yaml")
            TrainingFixtures.error(.notFound) {
                _ = try RecipeLoader.load(folder + "/d.yaml", environment: [:])
            }
        }
    }

    @Test func environmentVariablesAreFilledIn() throws {
        try TrainingFixtures.withFolder { folder in
            let path = folder + "/a.yaml"
            try write(
                "data: {root: '${FLOE_DATA}/${SET}', images: '*.png', classes: [a]}\n", path)
            let recipe = try RecipeLoader.load(
                path, environment: ["FLOE_DATA": "/mnt", "SET": "ice"])
            #expect(recipe.data.root == "/mnt/ice")
            let error = TrainingFixtures.error(.usage) {
                _ = try RecipeLoader.load(path, environment: ["FLOE_DATA": "/mnt", "SET": ""])
            }
            #expect(error?.description.contains("SET") == true)
            let overridden = try RecipeLoader.load(
                path, overrides: ["name=${SET}-1"],
                environment: ["FLOE_DATA": "/mnt", "SET": "ice"])
            #expect(overridden.name == "ice-1")
            try write("name: '${OPEN'\n" + data, path)
            TrainingFixtures.error(.usage) { _ = try RecipeLoader.load(path, environment: [:]) }
        }
    }

    @Test func overridesReachIntoSectionsAndLists() throws {
        try TrainingFixtures.withFolder { folder in
            let recipe = try TrainingFixtures.recipe(
                folder,
                [
                    "optimizer.rate=1e-2", "loss.1.weight=0.5", "training={epochs: 7, batch: 3}",
                    "training.batch=4", "data.split.train=3", "name=a=b", "training.patience=",
                ])
            #expect(recipe.optimizer.rate == 0.01)
            #expect(recipe.loss.map(\.term) == [.binaryCrossEntropy, .dice])
            #expect(recipe.loss[1].weight == 0.5)
            #expect(recipe.training.epochs == 7 && recipe.training.batch == 4)
            #expect(recipe.training.patience == nil)
            #expect(recipe.data.split.train == .count(3))
            #expect(recipe.name == "a=b")
        }
    }

    @Test func shortFormsKeepWhatTheySaid() throws {
        try TrainingFixtures.withFolder { folder in
            let model = try TrainingFixtures.recipe(
                folder, ["model=unet-resnet18", "model.encoder-width=8"])
            #expect(model.model.name == "unet-resnet18" && model.model.encoderWidth == 8)
            let images = try TrainingFixtures.recipe(folder, ["data.images.bands=[grey]"])
            #expect(images.data.images == [BandSource(files: ["*_image.png"], bands: ["grey"])])
            let classes = try TrainingFixtures.recipe(folder, ["data.classes.color=#010203"])
            #expect(classes.data.classes.map(\.name) == ["thing"])
            #expect(classes.data.classes[0].color == ClassColor(red: 1, green: 2, blue: 3))
        }
    }

    @Test(arguments: [
        "epochs", "=1", "loss.5.weight=1", "loss.x.weight=1", "name=[", "name=\"a", "loss.-1=a",
    ])
    func overridesThatCannotBeReadAreNamed(_ override: String) throws {
        try TrainingFixtures.withFolder { folder in
            let error = TrainingFixtures.error(.usage) {
                _ = try TrainingFixtures.recipe(folder, [override])
            }
            #expect(error?.description.contains(override) == true, "\(String(describing: error))")
        }
    }

    @Test func aResolvedRecipeLoadsBackEqual() throws {
        try TrainingFixtures.withFolder { folder in
            let path = folder + "/a.yaml"
            try write(
                """
                name: "0001"
                data:
                  name: "true"
                  root: "data #1: 'x'"
                  images:
                    - {files: ["*_vis.tiff"], bands: [vis.r, "0"], take: [0, 2]}
                    - "*_sar.tiff"
                  masks: {files: "*_ref.png", colors: {"#ff0000": "0o7", "1,2,3": ignore}}
                  classes: [{name: "null", color: "255,0,0"}, "0o7", "ö: ä"]
                  size: 48
                  ignore-border: black
                  nodata: -9999.5
                  group: "^([^_]+)_"
                  split: {train: ["2022-07-*", "/^a/"], validation: 0.25, test: {columns: [0, 9]}}
                  patch: {size: 16, stride: [8, 4]}
                model: {name: unet-resnet18, decoder-channels: [16, 8, 8, 4, 4], encoder-width: 8}
                loss: [{term: cross-entropy, class-weights: [0.1, 1, 3]}, {term: dice, smooth: 1}]
                optimizer: {name: sgd, rate: 1.0e-5, momentum: 0.95, nesterov: true}
                training: {seed: 18446744073709551615, epochs: 3, patience: 2, checkpoint-every: 2}
                augmentation: {quarter-turns: 0.3333333333333333}
                bagging: {seed: 9223372036854775808, fraction: 0.7, classes: require-classes}
                evaluation: {absent: one, tile: 64, overlap: 16}
                compute: {backend: openblas, threads: 3}
                """, path)
            let recipe = try RecipeLoader.load(path, environment: [:])
            #expect(recipe.data.classes.map(\.name) == ["null", "0o7", "ö: ä"])
            #expect(recipe.training.seed == .max)
            let resolved = folder + "/run/recipe.yaml"
            try write(recipe.yaml(), resolved)
            #expect(try RecipeLoader.load(resolved, environment: [:]) == recipe)
            #expect(try RecipeLoader.loadResolved(resolved) == recipe)
            #expect(try RecipeLoader.loadResolved(resolved).yaml() == recipe.yaml())
        }
    }

    @Test func aDefaultRecipeLoadsBackEqual() throws {
        try TrainingFixtures.withFolder { folder in
            let recipe = try TrainingFixtures.recipe(folder)
            try write(recipe.yaml(), folder + "/again.yaml")
            #expect(try RecipeLoader.loadResolved(folder + "/again.yaml") == recipe)
        }
    }

    @Test func whatIsNoRecipeIsRefused() throws {
        try TrainingFixtures.withFolder { folder in
            for (text, kind) in [
                ("- 1\n", FloeError.Kind.usage), ("3\n", .usage), ("name: a\n", .usage),
                ("", .usage),
                ("data: 3\n", .usage),
            ] {
                try write(text, folder + "/a.yaml")
                TrainingFixtures.error(kind) {
                    _ = try RecipeLoader.load(folder + "/a.yaml", environment: [:])
                }
            }
            try Data([0xFF, 0xFE, 0x41]).write(to: URL(fileURLWithPath: folder + "/b.yaml"))
            TrainingFixtures.error(.usage) { _ = try RecipeLoader.load(folder + "/b.yaml") }
            try Data(repeating: 0x23, count: 2 << 20)
                .write(to: URL(fileURLWithPath: folder + "/c.yaml"))
            TrainingFixtures.error(.usage) { _ = try RecipeLoader.load(folder + "/c.yaml") }
            TrainingFixtures.error(.notFound) { _ = try RecipeLoader.load(folder + "/no.yaml") }
            TrainingFixtures.error { _ = try RecipeLoader.load(folder) }
        }
    }

    @Test func dataSetsAreNamedByRecipeFileOrFolder() throws {
        try TrainingFixtures.withFolder { folder in
            try write("images: '*.png'\nclasses: [a]\n", folder + "/set/dataset.yaml")
            let description = try RecipeLoader.loadDataset(folder + "/set", environment: [:])
            #expect(description.root == folder + "/set")
            #expect(
                try RecipeLoader.loadDataset(folder + "/set/dataset.yaml", environment: [:])
                    == description)
            _ = try TrainingFixtures.recipe(folder)
            let ofRecipe = try RecipeLoader.loadDataset(folder + "/recipe.yaml", environment: [:])
            #expect(ofRecipe.root == folder + "/data")
            try write("images: '*.png'\nclasses: [a]\nsizes: 3\n", folder + "/set/dataset.yaml")
            TrainingFixtures.error(.usage) {
                _ = try RecipeLoader.loadDataset(folder + "/set", environment: [:])
            }
            TrainingFixtures.error(.notFound) { _ = try RecipeLoader.loadDataset(folder + "/no") }
            TrainingFixtures.error(.notFound) { _ = try RecipeLoader.loadDataset(folder) }
        }
    }
}
