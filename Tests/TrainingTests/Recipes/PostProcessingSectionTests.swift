import DurableFiles
import SegmentationMetrics
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct PostProcessingSectionTests {
    private func section(
        _ overrides: [String], softmax: Bool = false
    ) throws -> PostProcessingSection? {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.recipe(
                folder, (softmax ? TrainingFixtures.softmax : []) + overrides
            ).postprocessing
        }
    }

    @Test func withoutItRecipesStayAsTheyWere() throws {
        try TrainingFixtures.withFolder { folder in
            let recipe = try TrainingFixtures.recipe(folder)
            #expect(recipe.postprocessing == nil)
            #expect(!(try recipe.yaml().contains("postprocessing")))
        }
    }

    @Test func keysAndDefaults() throws {
        let empty = try #require(try section(["postprocessing={}"]))
        #expect(empty == PostProcessingSection())
        #expect(empty.connectivity == .eight && empty.search == nil)
        let section = try #require(
            try section([
                "postprocessing={connectivity: 4, minimum-size: 20, fill-holes: all, "
                    + "classes: {thing: {threshold: 0.7, fill-holes: 9, largest-only: true}}, "
                    + "search: {thresholds: [0.4, 0.6], sizes: [0, 8], metric: iou, absent: one}}"
            ]))
        #expect(section.connectivity == .four)
        let own = section.steps(of: "thing", isBackground: false)
        #expect(own.minimumSize == 20 && own.fillHoles == .atMost(9) && own.largestOnly == true)
        #expect(own.convexHull == nil && own.threshold == 0.7)
        #expect(section.steps(of: "other", isBackground: false).fillHoles == .all)
        // The background has only what is said of itself.
        #expect(section.steps(of: "other", isBackground: true) == PostProcessingSection.Steps())
        let search = try #require(section.search)
        #expect(search.thresholds == [0.4, 0.6] && search.sizes == [0, 8])
        #expect(search.metric == .iou && search.absent == .one)
        #expect(PostProcessingSection.Search.defaultThresholds.first == 0.3)
        #expect(PostProcessingSection.Search.defaultThresholds.last == 0.9)
        #expect(PostProcessingSection.Search.defaultThresholds.count == 13)
    }

    @Test func aResolvedRecipeKeepsIt() throws {
        try TrainingFixtures.withFolder { folder in
            let recipe = try TrainingFixtures.recipe(
                folder,
                [
                    "postprocessing={fill-holes: none, convex-hull: true, "
                        + "classes: {thing: {minimum-size: 3}}, search: {sizes: [1]}}"
                ])
            let tree = try BoundedJSON.parse(
                BoundedJSON.encode(recipe), file: "recipe", limit: 1 << 20)
            #expect(try RecipeLoader.decode(tree, path: "recipe") == recipe)
        }
    }

    @Test(arguments: [
        ("{connectivity: 6}", "connectivity"), ("{minimum-size: -1}", "minimum-size"),
        ("{fill-holes: -2}", "fill-holes"), ("{fill-holes: some}", "fill-holes"),
        ("{threshold: 0.5}", "threshold"), ("{classes: {ice: {}}}", "postprocessing.classes"),
        ("{classes: {thing: {threshold: 1}}}", "thing.threshold"),
        ("{search: {thresholds: []}}", "search.thresholds"),
        ("{search: {thresholds: [0.5, 1.5]}}", "search.thresholds"),
        ("{search: {sizes: [-1]}}", "search.sizes"), ("{search: {sizes: []}}", "search.sizes"),
        ("{search: {metric: recall}}", "search.metric"), ("{hull: true}", "hull"),
    ])
    func wrongValuesAreRefusedByTheirKey(_ value: String, _ key: String) throws {
        let error = #expect(throws: FloeError.self) {
            try section(["postprocessing=\(value)"])
        }
        #expect(error?.kind == .usage)
        #expect(error?.description.contains(key) == true, "\(String(describing: error))")
    }

    /// Thresholds are for classes that may overlap.
    @Test(arguments: ["{classes: {one: {threshold: 0.5}}}", "{search: {thresholds: [0.5]}}"])
    func softmaxHasNoThresholds(_ value: String) throws {
        #expect(throws: FloeError.self) {
            try section(["postprocessing=\(value)"], softmax: true)
        }
        #expect(
            try section(["postprocessing={search: {sizes: [0, 5]}}"], softmax: true)?.search?
                .sizes == [0, 5])
    }
}
