import DurableFiles
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct LossSectionTests {
    static let softmax = TrainingFixtures.softmax.dropLast()

    /// What a recipe of three classes makes of its loss.
    private func loss(_ text: String, softmax: Bool = true) throws -> [LossSection] {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.recipe(folder, (softmax ? Self.softmax : []) + ["loss=\(text)"])
                .loss
        }
    }

    @Test func everyTermHasItsDefaults() throws {
        let found = try loss("[focal, tversky, lovasz, boundary, class-limit, low-pass]")
        #expect(found.map(\.weight) == [1, 1, 1, 1, 1, 1])
        #expect(found[0].gamma == 2 && found[0].alpha == nil)
        #expect(found[1].alpha == 0.3 && found[1].beta == 0.7 && found[1].gamma == nil)
        #expect(found[1].smooth == 0)
        #expect(found[4].limit == 2 && found[4].share == 0.01)
    }

    /// Manifests and recipes of terms that were there before do not change.
    @Test func keysThatAreNotSetAreNotWritten() throws {
        for term in [LossSection.Term.binaryCrossEntropy, .crossEntropy, .dice] {
            let tree = try BoundedJSON.parse(
                BoundedJSON.encode(LossSection(term)), file: "test", limit: 1 << 10)
            guard case .object(let keys) = tree else {
                Issue.record("no object")
                return
            }
            #expect(Set(keys.keys) == ["term", "weight", "smooth"])
        }
        try TrainingFixtures.withFolder { folder in
            let recipe = try TrainingFixtures.recipe(folder, ["loss-weights=fixed"])
            guard case .object(let keys) = try recipe.tree() else { return }
            #expect(keys["loss-weights"] == nil)
        }
    }

    @Test func aResolvedRecipeIsReadAgain() throws {
        try TrainingFixtures.withFolder { folder in
            let recipe = try TrainingFixtures.recipe(
                folder,
                Self.softmax + [
                    "loss=[{term: cross-entropy, class-weights: median-frequency, "
                        + "label-smoothing: 0.1, ignore-classes: [background]}, "
                        + "{term: focal, gamma: 1.5, class-weights: [1, 2, 3]}, tversky, lovasz, "
                        + "boundary, {term: class-limit, limit: 1, share: 0.05}, low-pass]",
                    "loss-weights={rule: adaptive, rate: 0.5}",
                ])
            let again = try RecipeLoader.decode(recipe.tree(), path: "recipe.yaml")
            #expect(again == recipe)
            #expect(again.lossWeights?.rate == 0.5)
        }
    }

    @Test(arguments: [
        ("[{term: focal, gamma: -1}]", "loss.gamma"), ("[{term: focal, beta: 1}]", "loss.beta"),
        ("[{term: focal, alpha: 0.5}]", "class-weights"), ("[{term: dice, gamma: 2}]", "gamma"),
        ("[{term: tversky, alpha: -1}]", "loss.alpha"),
        ("[{term: tversky, alpha: 0, beta: 0}]", "loss.beta"),
        ("[{term: tversky, gamma: 0}]", "loss.gamma"),
        ("[{term: lovasz, class-weights: [1, 1, 1]}]", "loss.class-weights"),
        ("[{term: dice, class-weights: inverse}]", "inverse-frequency"),
        ("[{term: dice, class-weights: [1, 2]}]", "loss.class-weights"),
        ("[{term: cross-entropy, smooth: 1}]", "loss.smooth"),
        ("[{term: cross-entropy, label-smoothing: 1}]", "loss.label-smoothing"),
        ("[{term: dice, label-smoothing: 0.1}]", "loss.label-smoothing"),
        ("[{term: class-limit, limit: 3}]", "loss.limit"),
        ("[{term: class-limit, share: 0}]", "loss.share"),
        ("[{term: boundary, limit: 1}]", "loss.limit"), ("[bce]", "loss.term"),
        ("[fokal]", "did you mean 'focal'"),
        ("[{term: dice, ignore-classes: [sea]}]", "background, one, two"),
        ("[{term: dice, ignore-classes: [background, one, two]}]", "loss.ignore-classes"),
        ("[{term: dice, ignored-classes: [one]}]", "ignore-classes"),
    ])
    func whatMakesNoSenseIsRefused(_ text: String, _ named: String) {
        let error = TrainingFixtures.error(.usage) { _ = try loss(text) }
        #expect(error?.description.contains(named) == true, "\(error?.description ?? "")")
    }

    @Test func aSigmoidClassMayHaveAlpha() throws {
        #expect(try loss("[{term: focal, alpha: 0.25}]", softmax: false)[0].alpha == 0.25)
        TrainingFixtures.error(.usage) {
            _ = try loss("[{term: focal, alpha: 1.25}]", softmax: false)
        }
        // One class never exceeds a limit of two.
        TrainingFixtures.error(.usage) { _ = try loss("[class-limit]", softmax: false) }
    }

    @Test func aMemberOfAnotherDataSetDoesNotFit() throws {
        var section = LossSection(.crossEntropy)
        #expect(section.fits(isExclusive: true, classes: ["a", "b"]))
        #expect(!section.fits(isExclusive: false, classes: ["a", "b"]))
        section.ignoreClasses = ["a"]
        #expect(section.fits(isExclusive: true, classes: ["a", "b"]))
        #expect(!section.fits(isExclusive: true, classes: ["b", "c"]))
        section.classWeights = .rule(.inverseFrequency)
        #expect(!section.fits(isExclusive: true, classes: ["a", "b"]))
    }

    // MARK: loss-weights

    @Test(arguments: [
        ("loss-weights=adaptiv", "adaptive"), ("loss-weights={rule: adaptive, rate: 0}", "rate"),
        ("loss-weights={rate: 1}", "rule"), ("loss-weights={rule: fixed, k: 1}", "loss-weights.k"),
    ])
    func adaptiveWeightsAreChecked(_ override: String, _ named: String) throws {
        try TrainingFixtures.withFolder { folder in
            let error = TrainingFixtures.error(.usage) {
                _ = try TrainingFixtures.recipe(folder, [override])
            }
            #expect(error?.description.contains(named) == true, "\(error?.description ?? "")")
            let alone = TrainingFixtures.error(.usage) {
                _ = try TrainingFixtures.recipe(folder, ["loss=[bce]", "loss-weights=adaptive"])
            }
            #expect(alone?.description.contains("two terms") == true)
        }
    }
}
