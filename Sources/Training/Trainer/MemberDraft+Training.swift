import DurableFiles
import ModelZoo
import NeuralNetworks
import SegmentationData
import SegmentationModels
import TensorCore

extension MemberDraft {
    /// What a trained member's manifest says.
    ///
    /// - Parameter loss: the recipe's, class weights resolved.
    init(
        _ session: TrainingSession, run: RunFolder, member: Int, data: MemberData,
        size: ImageSize, configuration: ModelConfiguration, lineage: [MemberManifest.Parent],
        loss: [LossSection]
    ) throws {
        var recipe = run.recipe
        recipe.loss = loss
        let description = recipe.data
        guard let fingerprint = SHA256Digest(hex: session.state.dataFingerprint) else {
            throw FloeError(.internalFailure, "the data's fingerprint is not a digest")
        }
        let multiple = configuration.inputMultiple
        // Windows are square: patches of another shape are run in windows of their longer side.
        let window =
            recipe.evaluation.tile
            ?? (description.patch == nil ? nil : max(size.height, size.width))
        let tile = window.map { ($0 + multiple - 1) / multiple * multiple }
        let origins = data.dataset.bandOrigins
        let stored = data.dataset.storedBands.count
        let bands = data.dataset.bands.enumerated().map { index, name in
            MemberManifest.Input.Band(
                name: name, mean: data.normalisation.mean[index],
                deviation: data.normalisation.deviation[index],
                origin: index < stored
                    ? origins.map { .init(file: $0[index].file, stored: $0[index].stored) } : nil,
                computed: index < stored ? nil : description.computed?[index - stored].manifest)
        }
        // Photos that training resizes are resized again for prediction, then cut into windows where
        // training cut patches.
        let resized = description.size
        let manifestBag = try data.manifestBag(recipe)
        self.init(
            created: Software.timestamp(), software: Software.nameAndVersion, lineage: lineage,
            input: MemberManifest.Input(
                bands: bands, sizePolicy: resized == nil ? .padToMultiple : .resize,
                size: resized.map { [$0.height, $0.width] }, multiple: multiple, tile: tile,
                nodata: description.nodata),
            output: MemberManifest.Output(
                classes: zip(description.classes, description.colors).map {
                    MemberManifest.Output.Class(
                        name: $0.name,
                        color: [Int($1.red), Int($1.green), Int($1.blue)])
                },
                activation: description.kind == .sigmoid ? .sigmoid : .softmax,
                threshold: description.kind == .sigmoid ? recipe.evaluation.threshold : nil,
                presenceThreshold: configuration.imageHead == nil
                    ? nil : recipe.imageHead?.threshold),
            bag: manifestBag,
            data: MemberManifest.TrainingData(
                name: description.name ?? recipe.name, fingerprint: fingerprint,
                split: MemberManifest.TrainingData.Split(
                    seed: description.split.seed, unit: manifestBag.unit,
                    training: data.split.train.count, validation: data.split.validation.count,
                    test: data.split.test.count)),
            training: MemberManifest.TrainingRecord(
                hyperparameters: try recipe.portableTree(), epochs: session.state.history.count,
                bestEpoch: session.bestEpoch, seconds: session.state.seconds,
                seed: recipe.training.seed, environment: try run.environment.forManifest(recipe)),
            scores: Self.scores(session, recipe, validation: data.validation.count))
    }

    private static func scores(
        _ session: TrainingSession, _ recipe: Recipe, validation: Int
    ) -> MemberManifest.Scores {
        let best = session.state.history.first { $0.epoch == session.bestEpoch }
        var values: [String: Double] = [:]
        values["loss"] = best?.validationLoss
        values["dice"] = best?.validationDice
        values["iou"] = best?.validationIoU
        values["pixelAccuracy"] = best?.validationAccuracy
        guard !values.isEmpty else { return MemberManifest.Scores() }
        return MemberManifest.Scores(
            validation: MemberManifest.Score(
                reduction: .perImage,
                absentClasses: .init(rawValue: recipe.evaluation.absent.rawValue) ?? .skip,
                images: validation, values: values, isOptimistic: true))
    }
}

extension Recipe {
    /// The resolved recipe without folders: a member says what it was trained on by name and
    /// fingerprint, and what it started from by name and digest, not by a path of somebody's machine.
    func portableTree() throws -> JSONValue {
        guard case .object(var recipe) = try tree(), case .object(var data)? = recipe["data"]
        else { return try tree() }
        data["root"] = nil
        recipe["data"] = .object(data)
        if case .object(var encoder)? = recipe["encoder"],
            case .string(let path)? = encoder["weights"]
        {
            encoder["weights"] = .string(StartingNetwork.name(path))
            recipe["encoder"] = .object(encoder)
        }
        return .object(recipe)
    }
}

extension RunEnvironment {
    /// The part of it that a member manifest carries.
    func forManifest(_ recipe: Recipe) throws -> MemberManifest.ComputeEnvironment {
        let table =
            recipe.compute.exact || kernelTable.choices.isEmpty
            ? "exact" : SHA256Digest.of(try BoundedJSON.encode(kernelTable)).hex
        return MemberManifest.ComputeEnvironment(
            processor: "\(processor) (\(processorIdentity))", threads: threads, backend: backend,
            kernelTable: table)
    }
}
