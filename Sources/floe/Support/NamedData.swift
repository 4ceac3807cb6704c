import DurableFiles
import Foundation
import SegmentationData
import Training

/// What `--data RECIPE|DIR` names: an opened data set, and how a recipe wants it evaluated.
struct NamedData {
    let dataset: SegmentationDataset
    let evaluation: EvaluationSection
    let postprocessing: PostProcessingSection?

    /// Opens a recipe's data, a `dataset.yaml`, or a folder that holds one.
    init(_ path: String) throws {
        let description = try RecipeLoader.loadDataset(path)
        dataset = try SegmentationDataset.open(description)
        // Only a recipe says how to evaluate; a data set on its own takes the defaults.
        let recipe = try? RecipeLoader.load(path)
        evaluation = recipe?.evaluation ?? EvaluationSection()
        postprocessing = recipe?.postprocessing
    }

    /// The data that a run was trained on.
    init(recipe: Recipe) throws {
        dataset = try SegmentationDataset.open(recipe.data)
        evaluation = recipe.evaluation
        postprocessing = recipe.postprocessing
    }

    /// The recipe of the first run among sources that are runs, or members inside one.
    static func runRecipe(among sources: [String]) throws -> Recipe? {
        for source in sources {
            let url = URL(fileURLWithPath: source)
            let folders = [
                url, url.deletingLastPathComponent(),
                url.deletingLastPathComponent().deletingLastPathComponent(),
            ]
            for folder in folders {
                let recipe = folder.appendingPathComponent("recipe.yaml").path
                let environment = folder.appendingPathComponent("environment.json").path
                guard FileManager.default.fileExists(atPath: recipe),
                    FileManager.default.fileExists(atPath: environment)
                else { continue }
                return try RunFolder.existing(folder.path).recipe
            }
        }
        return nil
    }
}
