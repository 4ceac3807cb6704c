import DurableFiles
import Foundation
import ModelZoo
import SegmentationData
import TensorCore
import Testing
import TrainingTestSupport

@testable import Ensembling
@testable import Training

/// What a recipe ends in.
enum RecipeOutputs {
    /// Trains a member, and where answers are asked for makes an ensemble of it and compares on the
    /// test split.
    static func of(
        _ folder: String, _ overrides: [String], name: String, _ effect: RecipeKey.Effect
    ) throws -> String {
        _ = TrainingFixtures.oneThread
        let run = try TrainingFixtures.run(folder, ["training.epochs=1"] + overrides, name: name)
        let dataset = try SegmentationDataset.open(run.recipe.data)
        try MemberTrainer(run, member: 0, dataset: dataset) { _ in }.train()
        let member = run.memberFolder(0)
        switch effect {
        case .weights:
            return try SHA256Digest.ofFile(at: member + "/" + MemberStore.weightsName).hex
        case .manifest:
            var manifest = try MemberStore.openManifest(member)
            // The recipe itself and the time differ in any case.
            manifest.training?.hyperparameters = .object([:])
            manifest.training?.seconds = 0
            manifest.identity.created = ""
            return String(decoding: try BoundedJSON.encode(manifest), as: UTF8.self)
        case .answers:
            return try answers(run, dataset, member: member, path: "\(folder)/\(name).json")
        }
    }

    private static func answers(
        _ run: RunFolder, _ dataset: SegmentationDataset, member: String, path: String
    ) throws -> String {
        let (recipe, backend) = (run.recipe, TestMembers.exact())
        let built = try EnsembleBuilder(path: path, backend: backend).build(
            from: [member + "/" + MemberStore.manifestName], method: .softVoting, copy: false,
            data: nil, evaluation: recipe.evaluation, postprocessing: recipe.postprocessing)
        var answers = ""
        var comparison = try Comparer(
            built.ensemble, dataset: dataset, evaluation: recipe.evaluation, backend: backend
        ).compare(try dataset.split().test, split: "test") { answers += "\($0.decisions) " }
        for index in comparison.rows.indices { comparison.rows[index].minutes = nil }
        for row in comparison.rows { answers += "\(row) " }
        return answers
    }
}
