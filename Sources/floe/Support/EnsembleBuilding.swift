import DurableFiles
import Ensembling
import Foundation
import TensorCore
import Training

/// What `ensemble build` was asked for: a draft to complete, or runs and members to gather.
struct EnsembleBuilding {
    let out: String
    let sources: [String]
    let method: Combiner.Method?
    let copy: Bool

    /// Builds with the data that were named, or else with those of the members' run.
    func build(data: String?) throws -> EnsembleBuilder.Result {
        if let data {
            let named = try NamedData(data)
            return try build(named, named.postprocessing)
        }
        var postprocessing: PostProcessingSection?
        let named: NamedData
        do {
            guard let recipe = try NamedData.runRecipe(among: members()) else {
                return try build(nil, nil)
            }
            postprocessing = recipe.postprocessing
            named = try NamedData(recipe: recipe)
        } catch let error as FloeError {
            // The data of a run may have stayed on another machine; its members are still whole.
            var result = try build(nil, postprocessing)
            result.notes.append("the run's own data cannot be used: \(error)")
            return result
        }
        return try build(named, postprocessing)
    }

    private func build(
        _ data: NamedData?, _ postprocessing: PostProcessingSection?
    ) throws -> EnsembleBuilder.Result {
        let builder = EnsembleBuilder(path: out, backend: OneDNNBackend(.byShape))
        let evaluation = data?.evaluation ?? EvaluationSection()
        guard let draft = try draft() else {
            return try builder.build(
                from: sources, method: method ?? .softVoting, copy: copy, data: data?.dataset,
                evaluation: evaluation, postprocessing: postprocessing)
        }
        guard method == nil, !copy else {
            throw FloeError(
                .usage, file: draft, "--method and --copy do not apply to a draft",
                advice: "write the method into it")
        }
        return try builder.build(
            draft: draft, data: data?.dataset, evaluation: evaluation,
            postprocessing: postprocessing)
    }

    /// The sources, or the members that the draft names.
    private func members() throws -> [String] {
        guard let draft = try draft() else { return sources }
        return try EnsembleStore.members(ofDraft: draft)
    }

    /// The one source, where it is an ensemble manifest.
    private func draft() throws -> String? {
        guard sources.count == 1 else { return nil }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: sources[0], isDirectory: &isFolder),
            !isFolder.boolValue
        else { return nil }
        let isEnsemble =
            try EnsembleStore.format(of: sources[0])?.hasPrefix("floe.ensemble/") == true
        return isEnsemble ? sources[0] : nil
    }
}
