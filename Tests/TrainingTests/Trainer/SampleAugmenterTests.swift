import DurableFiles
import SegmentationData
import TensorCore
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct SampleAugmenterTests {
    /// The first batches of two epochs, images and labels.
    private func batches(_ folder: String, _ more: [String]) throws -> [[Float]] {
        let recipe = try TrainingFixtures.recipe(folder, ["augmentation={}"] + more)
        let dataset = try SegmentationDataset.open(recipe.data)
        let assembler = BatchAssembler(
            try MemberData(dataset, recipe: recipe, member: 0), recipe: recipe, member: 0,
            multiple: 4)
        return try (1...2).map { epoch in
            let batch = try assembler.trainingBatch(
                epoch: epoch, step: 0, order: Array(assembler.data.training.indices))
            return batch.image.values + batch.target.labels.map(Float.init)
        }
    }

    @Test(arguments: [
        ("shift-scale-rotate", "{probability: 1, rotate: 90}"),
        ("zoom", "{probability: 1, range: [2, 3]}"),
        ("translate", "{probability: 1, range: 0.5}"),
        ("grid-distortion", "{probability: 1, limit: 0.8}"),
        ("optical-distortion", "{probability: 1, limit: 1}"),
        ("elastic", "{probability: 1, alpha: 100}"),
        ("paste", "{probability: 1, classes: [two]}"),
        ("mix", "{probability: 1, area: [0.6, 0.8]}"), ("brightness", "{probability: 1, limit: 1}"),
        ("contrast", "{probability: 1, limit: 0.9}"), ("noise", "{probability: 1, limit: 1}"),
    ])
    func everyTransformChangesBatches(key: String, settings: String) throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let base = TrainingFixtures.softmax + ["training.batch=5"]
            let plain = try batches(folder, base)
            let off = try batches(folder, base + ["augmentation.\(key)=0"])
            let short = try batches(folder, base + ["augmentation.\(key)=1"])
            let long = try batches(folder, base + ["augmentation.\(key)=\(settings)"])
            #expect(off == plain)
            // Compared first: the macro would list every difference.
            let areDifferent = short != plain && long != plain && short != long
            #expect(areDifferent)
            // Each epoch draws anew, and the same epoch the same.
            let isNew = long[0] != long[1]
            #expect(isNew)
            #expect(try batches(folder, base + ["augmentation.\(key)=\(settings)"]) == long)
            #expect(long.joined().allSatisfy { $0.isFinite })
        }
    }

    @Test(arguments: [("feather", "0", "3"), ("classes", "[one]", "[two]")])
    func settingsOfPastingCount(key: String, first: String, second: String) throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let base =
                TrainingFixtures.softmax + [
                    "training.batch=5", "augmentation.paste={probability: 1, classes: [one, two]}",
                ]
            let results = try [first, second].map {
                try batches(folder, base + ["augmentation.paste.\(key)=\($0)"])
            }
            let areDifferent = results[0] != results[1]
            #expect(areDifferent)
        }
    }

    /// A short form takes further settings.
    @Test func settingsAreAddedToAProbability() throws {
        try TrainingFixtures.withFolder { folder in
            let recipe = try TrainingFixtures.recipe(
                folder, ["augmentation.elastic=0.25", "augmentation.elastic.alpha=50"])
            #expect(recipe.augmentation.elastic?.probability == 0.25)
            #expect(recipe.augmentation.elastic?.alpha == 50)
            #expect(recipe.augmentation.elastic?.sigma == 4)
        }
    }

    @Test(arguments: ["paste", "mix"])
    func partnersComeFromTheBag(key: String) throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder, count: 24)
            // Without noise, so that every value tells which image it is from.
            for number in 0..<24 {
                let name = folder + "/data/" + (number < 10 ? "0" : "") + "\(number)"
                try ImageWriter.writeGrey(
                    [UInt8](repeating: UInt8(10 * number), count: 256), height: 16, width: 16,
                    to: name + "_image.png")
            }
            let recipe = try TrainingFixtures.recipe(
                folder,
                [
                    "data.split={train: 20, validation: 2, test: 2}",
                    "augmentation={\(key): {probability: 1}}",
                ])
            let dataset = try SegmentationDataset.open(recipe.data)
            let data = try MemberData(dataset, recipe: recipe, member: 0)
            let seen = Set(
                try data.training.flatMap { Set(try dataset.sample(at: $0).image.values) })
            #expect(seen.count < 20)
            let augmenter = SampleAugmenter(data, recipe: recipe, member: 0)
            var partners: Set<Float> = []
            for epoch in 1...10 {
                for position in data.training.indices {
                    let sample = try augmenter.sample(at: position, epoch: epoch)
                    partners.formUnion(sample.image.values)
                }
            }
            // All of them, and no image that the bag left out.
            #expect(partners == seen)
        }
    }

    @Test func rareClassesHaveLessThanTheirShare() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let recipe = try TrainingFixtures.recipe(folder, TrainingFixtures.softmax)
            let dataset = try SegmentationDataset.open(recipe.data)
            let data = try MemberData(dataset, recipe: recipe, member: 0)
            func source(_ classes: Augmentation.Paste.Classes) throws -> PasteSource {
                var paste = Augmentation.Paste(probability: 1)
                paste.classes = classes
                return try PasteSource(paste, training: data.training, dataset: dataset)
            }
            // Each object has an eighth of an image, the background three quarters.
            let rare = try source(.rare)
            #expect(rare.classes.map(\.label) == [1, 2])
            #expect(rare.classes.allSatisfy { $0.positions == Array(data.training.indices) })
            #expect(try source(.named(["background", "two"])).classes.map(\.label) == [0, 2])
        }
    }

    /// Where no class is rare, the rarest is.
    @Test func oneClassIsAlwaysTheRarest() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let recipe = try TrainingFixtures.recipe(
                folder,
                [
                    "data.masks.values={0: thing, 1: thing, 2: background}",
                    "augmentation.paste=1",
                ])
            let dataset = try SegmentationDataset.open(recipe.data)
            let data = try MemberData(dataset, recipe: recipe, member: 0)
            // Seven eighths of every image.
            #expect(data.pasteSource?.classes.map(\.label) == [0])
        }
    }

    /// A class that the bag never shows cannot be pasted, and that is no error.
    @Test func aClassThatTheBagLacks() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let more = [
                "data.masks.values={0: background, 1: one, 2: one}",
                "data.classes=[background, one, two]", "loss=[cross-entropy]",
            ]
            let plain = try batches(folder, more)
            let pasted = try batches(
                folder, more + ["augmentation.paste={probability: 1, classes: [two]}"])
            #expect(pasted == plain)
            TrainingFixtures.error(.usage) {
                _ = try TrainingFixtures.recipe(
                    folder, more + ["augmentation.paste={probability: 1, classes: [three]}"])
            }
        }
    }

    @Test func imagesThatAreNotSquareAndOneByOne() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder, height: 8, width: 24)
            let all = [
                "horizontal-flip", "quarter-turns", "shift-scale-rotate", "zoom", "translate",
                "grid-distortion", "optical-distortion", "elastic", "paste", "mix", "brightness",
                "contrast", "noise",
            ].map { "augmentation.\($0)=1" }
            for size in ["[8, 24]", "[1, 1]", "[2, 1]"] {
                let values = try batches(folder, all + ["data.size=\(size)", "training.batch=5"])
                #expect(values.joined().allSatisfy { $0.isFinite })
            }
        }
    }

    /// Everything is drawn anew from the epoch's number, so a member that was stopped ends the same.
    @Test func trainingResumesToTheSameBytes() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let more = [
                "augmentation={elastic: 0.5, paste: {probability: 0.5, region: component}, "
                    + "mix: 0.5, zoom: 0.5, noise: 0.5}"
            ]
            let whole = try TrainingFixtures.run(folder, more, name: "whole")
            try TrainingFixtures.train(whole)
            let run = try TrainingFixtures.run(folder, more)
            TrainingFixtures.error(.interrupted(signal: 15)) {
                try TrainingFixtures.train(run, checkStop: StopAfter(5).check)
            }
            try TrainingFixtures.train(run)
            #expect(try TrainingFixtures.weights(run) == TrainingFixtures.weights(whole))
            let other = try TrainingFixtures.run(
                folder, ["augmentation={elastic: 0.9}"], name: "other")
            try TrainingFixtures.train(other)
            #expect(try TrainingFixtures.weights(other) != TrainingFixtures.weights(whole))
        }
    }
}
