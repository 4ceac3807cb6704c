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
        let builder = EnsembleBuilder(path: out, backend: OneDNNBackend(.byShape))
        if let data { return try build(builder, NamedData(data)) }
        let named: NamedData
        do {
            guard let recipe = try NamedData.runRecipe(among: members()) else {
                return try build(builder, nil)
            }
            named = try NamedData(recipe: recipe)
        } catch let error as FloeError {
            // The data of a run may have stayed on another machine; its members are still whole.
            var result = try build(builder, nil)
            result.notes.append("the run's own data cannot be used: \(error)")
            return result
        }
        return try build(builder, named)
    }

    private func build(
        _ builder: EnsembleBuilder, _ data: NamedData?
    ) throws -> EnsembleBuilder.Result {
        let evaluation = data?.evaluation ?? EvaluationSection()
        guard let draft = try draft() else {
            return try builder.build(
                from: sources, method: method ?? .softVoting, copy: copy, data: data?.dataset,
                evaluation: evaluation)
        }
        guard method == nil, !copy else {
            throw FloeError(
                .usage, file: draft, "--method and --copy do not apply to a draft",
                advice: "write the method into it")
        }
        return try builder.build(draft: draft, data: data?.dataset, evaluation: evaluation)
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
