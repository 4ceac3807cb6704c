import DurableFiles
import ModelZoo
import SegmentationData
import TensorCore
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct MemberDataTests {
    private func data(
        _ folder: String, _ overrides: [String], member: Int = 0
    ) throws -> MemberData {
        let recipe = try TrainingFixtures.recipe(folder, overrides)
        return try MemberData(
            SegmentationDataset.open(recipe.data), recipe: recipe, member: member)
    }

    private static let split = "data.split={train: 6, test: 2}"

    @Test func foldsTrainOnAllButTheirOwn() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let plan = ["bagging.plan=k-fold", "bagging.members=3", Self.split]
            let members = try (0..<3).map { try data(folder, plan, member: $0) }
            for data in members {
                #expect(data.training.count == 4 && Set(data.training).count == 4)
                #expect(data.validation.isEmpty)
            }
            let out = members.flatMap { member in
                member.split.train.filter { !member.training.contains($0) }
            }
            #expect(out.sorted() == members[0].split.train)
        }
    }

    @Test func heldOutImagesValidate() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            for plan in [["bagging.plan=k-fold"], ["bagging.plan=hold-out"], []] {
                let own = try data(
                    folder, plan + ["bagging.validation=held-out", "bagging.members=3", Self.split])
                #expect(!own.validation.isEmpty)
                #expect(Set(own.validation).isDisjoint(with: own.training))
                #expect(Set(own.validation + own.training) == Set(own.split.train))
            }
        }
    }

    /// Every key of `bagging:` that chooses images gives other weights.
    @Test(
        arguments: [
            (["bagging.plan=hold-out"], []),
            (["bagging.plan=k-fold"], []),
            (["bagging.plan=k-fold", "bagging.folds=3"], ["bagging.plan=k-fold"]),
            (["bagging.plan=k-fold", "bagging.stratify=true"], ["bagging.plan=k-fold"]),
            (
                ["bagging.plan=hold-out", "bagging.fraction=0.5"], ["bagging.plan=hold-out"]
            ),
            (["bagging.seed=2"], []), (["bagging.fraction=0.5"], []),
            (["bagging.replacement=false"], []),
        ])
    func everyKeyChangesTheBag(_ one: [String], _ other: [String]) throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder, count: 10)
            let split = ["data.split={train: 8, test: 2}"]
            let bags = try [one, other].map { try data(folder, split + $0).bag.digest }
            #expect(bags[0] != bags[1])
        }
    }

    @Test func aMemberSaysHowItsBagWasChosen() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let run = try TrainingFixtures.run(
                folder,
                [
                    "bagging.plan=k-fold", "bagging.folds=3", "bagging.stratify=true",
                    "bagging.validation=held-out", "training.epochs=1", Self.split,
                ])
            try TrainingFixtures.train(run, member: 1)
            let manifest = try MemberStore.openManifest(run.memberFolder(1))
            #expect(
                manifest.bag?.plan
                    == .init(
                        kind: .kFold, isStratified: true, folds: 3, fold: 1, repetition: 0))
            #expect(manifest.bag?.validatedHeldOut == true)
            #expect(manifest.scores.validation?.images == 2)
            // The plan of old is not spelled out.
            let plain = try TrainingFixtures.run(folder, ["training.epochs=1"], name: "plain")
            try TrainingFixtures.train(plain)
            let bag = try MemberStore.openManifest(plain.memberFolder(0)).bag
            #expect(bag?.plan == nil && bag?.validatedHeldOut == nil)
        }
    }

    @Test(
        arguments: [
            ["bagging.plan=k-fold", "bagging.fraction=0.5"],
            ["bagging.plan=k-fold", "bagging.replacement=true"],
            ["bagging.plan=hold-out", "bagging.replacement=true"], ["bagging.folds=3"],
            ["bagging.plan=k-fold", "bagging.folds=1"],
            ["bagging.plan=k-fold", "bagging.members=1"], ["bagging.stratify=true"],
            ["bagging.plan=jackknife"], ["bagging.validation=test"],
        ])
    func whatDoesNotApplyIsRefused(_ overrides: [String]) throws {
        try TrainingFixtures.withFolder { folder in
            TrainingFixtures.error(.usage) { _ = try TrainingFixtures.recipe(folder, overrides) }
        }
    }

    @Test func aValidationSplitThatNobodyWouldUseIsRefused() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let recipe = try TrainingFixtures.recipe(folder, ["bagging.validation=held-out"])
            let dataset = try SegmentationDataset.open(recipe.data)
            TrainingFixtures.error(.usage) { try MemberTrainer.check(recipe, dataset) }
        }
    }

    @Test func moreFoldsThanGroupsAreRefused() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            TrainingFixtures.error(.usage) {
                _ = try data(folder, ["bagging.plan=k-fold", "bagging.members=7", Self.split])
            }
        }
    }
}
