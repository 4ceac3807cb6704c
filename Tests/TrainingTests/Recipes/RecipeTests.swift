import DurableFiles
import Foundation
import NeuralNetworks
import SegmentationMetrics
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct RecipeTests {
    @Test func everythingButTheDataHasADefault() throws {
        try TrainingFixtures.withFolder { folder in
            let path = folder + "/a.yaml"
            try Data("data: {images: '*.png', classes: [a]}".utf8)
                .write(to: URL(fileURLWithPath: path))
            let recipe = try RecipeLoader.load(path, environment: [:])
            #expect(recipe.name == "unnamed")
            #expect(recipe.model.name == "unet:32")
            #expect(recipe.loss.map(\.term) == [.binaryCrossEntropy])
            #expect(recipe.optimizer.rule == .adam)
            #expect(recipe.optimizer.rate == 1e-3)
            #expect(recipe.training == TrainingSection())
            #expect(recipe.training.epochs == 20 && recipe.training.batch == 8)
            #expect(recipe.training.patience == nil)
            #expect(recipe.augmentation.horizontalFlip == 0)
            #expect(recipe.bagging.members == 5 && recipe.bagging.replacement)
            #expect(recipe.evaluation.threshold == 0.5)
            #expect(recipe.evaluation.absent == .skip)
            #expect(!recipe.compute.exact && recipe.compute.backend == .onednn)
            #expect(recipe.data.root == URL(fileURLWithPath: folder).standardizedFileURL.path)
        }
    }

    @Test func severalClassesExcludeOneAnotherByDefault() throws {
        try TrainingFixtures.withFolder { folder in
            let recipe = try TrainingFixtures.recipe(
                folder, ["data.classes=[a, b]", "data.masks=null", "loss=null"])
            #expect(recipe.data.kind == .softmax)
            #expect(recipe.loss.map(\.term) == [.crossEntropy])
        }
    }

    @Test(arguments: [
        ("optimizer.rate=0", "optimizer.rate"), ("optimizer.rate=-1", "optimizer.rate"),
        ("optimizer.beta1=1", "optimizer.beta1"), ("optimizer.beta2=1.5", "optimizer.beta2"),
        ("optimizer.epsilon=0", "optimizer.epsilon"), ("optimizer.momentum=1", "momentum"),
        ("optimizer.weight-decay=-0.1", "optimizer.weight-decay"),
        ("optimizer.decay-norms=false", "optimizer.decay-norms"),
        ("training.epochs=0", "training.epochs"), ("training.batch=0", "training.batch"),
        ("training.batch=9223372036854775807", "training.batch"),
        ("training.epochs=9223372036854775807", "training.epochs"),
        ("training.patience=0", "training.patience"),
        ("training.minimum-improvement=-1", "training.minimum-improvement"),
        ("training.clip-norm=0", "training.clip-norm"),
        ("training.clip-norm=.inf", "training.clip-norm"),
        ("training.clip-value=-1", "training.clip-value"),
        ("training.average-decay=0", "training.average-decay"),
        ("training.average-decay=1", "training.average-decay"),
        ("training.checkpoint-every=0", "training.checkpoint-every"),
        ("training.checkpoint-seconds=-1", "training.checkpoint-seconds"),
        ("bagging.members=0", "bagging.members"), ("bagging.members=1001", "bagging.members"),
        ("bagging.fraction=0", "bagging.fraction"), ("bagging.fraction=11", "bagging.fraction"),
        ("bagging.redraws=-1", "bagging.redraws"),
        ("evaluation.threshold=0", "evaluation.threshold"),
        ("evaluation.threshold=1", "evaluation.threshold"),
        ("evaluation.tile=8", "evaluation.tile"), ("evaluation.overlap=-1", "evaluation.overlap"),
        ("loss=[]", "loss"), ("loss=[cross-entropy]", "loss.term"),
        ("loss.0.weight=0", "loss.weight"), ("loss.0.smooth=-1", "loss.smooth"),
        ("loss.0.class-weights=[1, 2]", "loss.class-weights"),
        ("compute.threads=-1", "compute.threads"),
        ("compute.threads=99999999999", "compute.threads"),
        ("model=unet:0", "model"), ("model=unet:4:99", "model"), ("model=resnet", "model"),
        ("model=unet:4:2:bilinear:x", "model"), ("augmentation.horizontal-flip=2", "augmentation"),
        ("data.size=[0, 4]", "data.size"), ("data.split.train=-1", "data.split"),
    ])
    func valuesOutOfRangeAreNamed(_ override: String, _ key: String) throws {
        try TrainingFixtures.withFolder { folder in
            let error = TrainingFixtures.error(.usage) {
                _ = try TrainingFixtures.recipe(folder, [override])
            }
            #expect(error?.description.contains(key) == true, "\(String(describing: error))")
            #expect(error?.file == folder + "/recipe.yaml")
        }
    }

    @Test func aTileAndItsOverlapMustAgree() throws {
        try TrainingFixtures.withFolder { folder in
            _ = try TrainingFixtures.recipe(
                folder, ["evaluation.tile=64", "evaluation.overlap=32"])
            TrainingFixtures.error(.usage) {
                _ = try TrainingFixtures.recipe(
                    folder, ["evaluation.tile=64", "evaluation.overlap=33"])
            }
            TrainingFixtures.error(.usage) {
                _ = try TrainingFixtures.recipe(
                    folder, ["bagging.replacement=false", "bagging.fraction=1.5"])
            }
        }
    }

    @Test func classWeightsMustFitTheClasses() throws {
        try TrainingFixtures.withFolder { folder in
            let base = TrainingFixtures.softmax
            let recipe = try TrainingFixtures.recipe(
                folder, base + ["loss.0.class-weights=[0, 1, 2.5]"])
            #expect(recipe.loss[0].classWeights == .numbers([0, 1, 2.5]))
            for wrong in ["[1, 2]", "[0, 0, 0]", "[1, -1, 1]"] {
                TrainingFixtures.error(.usage) {
                    _ = try TrainingFixtures.recipe(
                        folder, base + ["loss.0.class-weights=\(wrong)"])
                }
            }
        }
    }

    @Test(arguments: [
        ("trainig.epochs=1", "training"), ("optimizer.learning=1", "remove it"),
        ("optimizer.rat=1", "rate"), ("data.imagess=a", "images"),
        ("bagging.fractoin=1", "fraction"),
        ("compute.backen=1", "backend"), ("data.split.tran=1", "train"),
        ("augmentation.horizontalflip=1", "horizontal-flip"), ("loss.0.wieght=1", "weight"),
        ("evaluation.treshold=0.4", "threshold"), ("model.encoder-widt=1", "encoder-width"),
    ])
    func unknownKeysNameTheNearest(_ override: String, _ nearest: String) throws {
        try TrainingFixtures.withFolder { folder in
            let error = TrainingFixtures.error(.usage) {
                _ = try TrainingFixtures.recipe(folder, [override])
            }
            #expect(error?.description.contains(nearest) == true, "\(String(describing: error))")
        }
    }

    @Test(arguments: [
        "training.epochs=many", "training.epochs=1.5", "training.monitor=recall",
        "training.clip-norm=.nan", "schedule=sawtooth", "schedule.every=0.5", "training.epochs=[1]",
        "training=4",
        "optimizer.rate=fast", "optimizer.name=adagrad", "optimizer.nesterov=1",
        "bagging.classes=all",
        "bagging.seed=-1", "bagging.seed=18446744073709551616", "name=[a]", "loss=everything",
        "loss.0={weight: 1}", "data=images", "data.classes=[{color: 1}]",
        "data.classes=[{name: a, color: red}]", "evaluation.absent=two", "compute.backend=cuda",
        "compute.exact=yes", "model=[unet]", "training.epochs=.inf", "data.kind=both",
    ])
    func wrongTypesAreOneLine(_ override: String) throws {
        try TrainingFixtures.withFolder { folder in
            TrainingFixtures.error(.usage) {
                _ = try TrainingFixtures.recipe(folder, [override])
            }
        }
    }

    /// A resolved recipe names everything; it must still be the recipe that it came from.
    @Test func aRecipeWithoutANameIsItself() throws {
        try TrainingFixtures.withFolder { folder in
            let path = folder + "/nameless.yaml"
            try Data("data: {images: \"*.png\", masks: \"*.png\", classes: a}".utf8)
                .write(to: URL(fileURLWithPath: path))
            let recipe = try RecipeLoader.load(path, environment: [:])
            try Data(recipe.yaml().utf8).write(to: URL(fileURLWithPath: folder + "/again.yaml"))
            let again = try RecipeLoader.loadResolved(folder + "/again.yaml")
            #expect(again == recipe)
            #expect(again.data.name == nil)
        }
    }
}
