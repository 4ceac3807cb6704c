import DurableFiles
import SegmentationData
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct MemberTrainerChecksTests {
    /// Five images of 4x4 pixels leave one over in batches of two, and U-Net's bottom is one pixel.
    @Test func aMemberThatCannotBeTrainedIsToldBeforeTheFirst() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder, height: 4, width: 4)
            func check(_ overrides: [String]) throws {
                let recipe = try TrainingFixtures.recipe(folder, ["data.size=[4, 4]"] + overrides)
                try MemberTrainer.checkBags(of: recipe, SegmentationDataset.open(recipe.data))
            }
            let error = TrainingFixtures.error(.usage) { try check(["training.batch=2"]) }
            #expect(error?.description.contains("member 0") == true)
            #expect(error?.description.contains("1 of 5 images") == true)
            try check(["training.batch=3"])
            try check(["training.batch=2", "data.size=[8, 4]"])
        }
    }

    /// No batch helps where a norm takes its mean over one image, and none is blamed.
    @Test(arguments: [
        ("{name: \"unet:4:2\", normalisation: instance}", 4, "instance norm"),
        ("{name: \"unet:4:1:bilinear\", normalisation: group, groups: 4}", 2, "group norm"),
    ])
    func normsOfOneImageBlameTheImage(model: String, side: Int, norm: String) throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder, height: 4, width: 4)
            for batch in [2, 5] {
                let recipe = try TrainingFixtures.recipe(
                    folder,
                    ["data.size=\(side)", "training.batch=\(batch)", "model=\(model)"])
                let dataset = try SegmentationDataset.open(recipe.data)
                let error = TrainingFixtures.error(.usage) {
                    try MemberTrainer.checkBags(of: recipe, dataset)
                }
                let text = error?.description ?? ""
                #expect(text.contains("images of \(side)x\(side) are too small for \(norm)"))
                #expect(!text.contains("last batch") && !text.contains("member"), "\(text)")
            }
        }
    }

    /// Bags of groups differ in their number of images: only some members are in trouble.
    @Test func everyMembersBagIsLookedAt() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder, height: 4, width: 8)
            // Patches of one photo, one or two of them: photos 0 to 3 are wider.
            for number in 4..<8 {
                try TrainingFixtures.writeImage(folder, number, height: 4, width: 4)
            }
            let recipe = try TrainingFixtures.recipe(
                folder,
                ["data.patch=[4, 4]", "data.group=image", "training.batch=2", "bagging.members=8"])
            let dataset = try SegmentationDataset.open(recipe.data)
            let train = try dataset.split().train
            let counts = try MemberData.bags(
                dataset, recipe: recipe, present: MemberData.classPresence(dataset)
            ).map {
                dataset.samples(ofGroups: $0.drawnGroups, among: train).count
            }
            let first = try #require(counts.firstIndex { $0 % 2 == 1 })
            #expect(first > 0, "\(counts)")
            let error = TrainingFixtures.error(.usage) {
                try MemberTrainer.checkBags(of: recipe, dataset)
            }
            #expect(error?.description.contains("member \(first) ") == true, "\(counts)")
        }
    }

    /// Three photos: some of 20 bootstrap bags draw them all, and leave none to validate on.
    @Test func everyMemberHoldsSomethingOut() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder, count: 3)
            let more = [
                "bagging.validation=held-out", "bagging.members=20", "data.split={train: 3}",
            ]
            let recipe = try TrainingFixtures.recipe(folder, more)
            let dataset = try SegmentationDataset.open(recipe.data)
            let bags = try MemberData.bags(
                dataset, recipe: recipe, present: MemberData.classPresence(dataset))
            let first = try #require(bags.firstIndex { $0.outOfBagGroups.isEmpty })
            let error = TrainingFixtures.error(.usage) {
                try MemberTrainer.check(recipe, dataset)
            }
            #expect(error?.description.contains("member \(first) leaves no image out") == true)
            let folds = try TrainingFixtures.recipe(
                folder, more + ["bagging={plan: k-fold, members: 3, validation: held-out}"])
            try MemberTrainer.check(folds, try SegmentationDataset.open(folds.data))
        }
    }

    @Test(arguments: [
        (["data.masks=[]", "data.kind=sigmoid"], "masks"),
        (["training.patience=2", "data.split={train: 6, test: 2}"], "training.patience"),
        (["training.monitor=dice", "data.split={train: 6, test: 2}"], "training.monitor"),
        (
            ["training.minimum-improvement=0.1", "data.split={train: 6, test: 2}"],
            "training.minimum-improvement"
        ),
        (["schedule=plateau", "data.split={train: 6, test: 2}"], "schedule.name plateau"),
        (["data.size=[30000, 30000]"], "memory"),
    ])
    func whatCannotBeTrained(_ overrides: [String], _ word: String) throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let recipe = try TrainingFixtures.recipe(folder, overrides)
            let dataset = try SegmentationDataset.open(recipe.data)
            let error = TrainingFixtures.error(.usage) {
                try MemberTrainer.check(recipe, dataset)
            }
            #expect(error?.description.contains(word) == true, "\(String(describing: error))")
        }
    }
}
