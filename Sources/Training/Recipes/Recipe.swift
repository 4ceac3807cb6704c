import DurableFiles
import ModelZoo
import SegmentationData
import SegmentationModels

/// What to train: the resolved contents of a recipe file.
///
/// Every key has its default here and nowhere else; `docs/recipes.md` lists them.
public struct Recipe: Codable, Hashable, Sendable {
    public var name: String
    public var data: DatasetDescription
    public var model: ModelSection
    public var encoder: EncoderSection
    public var loss: [LossSection]
    public var optimizer: OptimizerSection
    public var training: TrainingSection
    public var augmentation: GeometricAugmentation
    public var bagging: BaggingSection
    public var evaluation: EvaluationSection
    public var compute: ComputeSection

    private enum CodingKeys: String, CodingKey {
        case name, data, model, encoder, loss, optimizer, training, augmentation, bagging,
            evaluation,
            compute
    }

    public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        name = try keys.decodeIfPresent(String.self, forKey: .name) ?? "unnamed"
        data = try keys.decode(DatasetDescription.self, forKey: .data)
        if data.name == nil, keys.contains(.name) { data.name = name }
        model = try keys.decodeIfPresent(ModelSection.self, forKey: .model) ?? ModelSection()
        encoder =
            try keys.decodeIfPresent(EncoderSection.self, forKey: .encoder) ?? EncoderSection()
        loss =
            try keys.decodeIfPresent([LossSection].self, forKey: .loss)
            ?? [LossSection(data.kind == .sigmoid ? .binaryCrossEntropy : .crossEntropy)]
        optimizer =
            try keys.decodeIfPresent(OptimizerSection.self, forKey: .optimizer)
            ?? OptimizerSection()
        training =
            try keys.decodeIfPresent(TrainingSection.self, forKey: .training) ?? TrainingSection()
        augmentation =
            try keys.decodeIfPresent(GeometricAugmentation.self, forKey: .augmentation)
            ?? GeometricAugmentation()
        bagging =
            try keys.decodeIfPresent(BaggingSection.self, forKey: .bagging) ?? BaggingSection()
        evaluation =
            try keys.decodeIfPresent(EvaluationSection.self, forKey: .evaluation)
            ?? EvaluationSection()
        compute =
            try keys.decodeIfPresent(ComputeSection.self, forKey: .compute) ?? ComputeSection()
    }

    /// Refuses values that are well-formed but make no sense, each by its key.
    public func validate(file: String) throws {
        func require(_ condition: Bool, _ key: String, _ expected: String, _ got: Any) throws {
            guard condition else {
                throw FloeError(
                    .usage, file: file, "\(key) out of range", expected: expected, got: "\(got)")
            }
        }
        try require(optimizer.rate > 0, "optimizer.rate", "more than 0", optimizer.rate)
        try require(
            (0..<1).contains(optimizer.beta1), "optimizer.beta1", "0 to below 1", optimizer.beta1)
        try require(
            (0..<1).contains(optimizer.beta2), "optimizer.beta2", "0 to below 1", optimizer.beta2)
        try require(optimizer.epsilon > 0, "optimizer.epsilon", "more than 0", optimizer.epsilon)
        try require(
            (0..<1).contains(optimizer.momentum), "optimizer.momentum", "0 to below 1",
            optimizer.momentum)
        try require(
            optimizer.weightDecay >= 0, "optimizer.weight-decay", "at least 0",
            optimizer.weightDecay)
        try require(
            (1...1_000_000).contains(training.epochs), "training.epochs", "1 to 1000000",
            training.epochs)
        try require(
            (1...65536).contains(training.batch), "training.batch", "1 to 65536", training.batch)
        try require(
            training.checkpointEvery >= 1, "training.checkpoint-every", "at least 1 epoch",
            training.checkpointEvery)
        try require(
            (0...1e6).contains(training.checkpointSeconds), "training.checkpoint-seconds",
            "0 to 1000000", training.checkpointSeconds)
        if let patience = training.patience {
            try require(patience >= 1, "training.patience", "at least 1 epoch", patience)
        }
        try require(
            (1...1000).contains(bagging.members), "bagging.members", "1 to 1000", bagging.members)
        let mostDraws = bagging.replacement ? 10.0 : 1.0
        try require(
            bagging.fraction > 0 && bagging.fraction <= mostDraws, "bagging.fraction",
            "above 0, at most \(Int(mostDraws))", bagging.fraction)
        try require(
            (0...1_000_000).contains(bagging.redraws), "bagging.redraws", "0 to 1000000",
            bagging.redraws)
        try require(
            evaluation.threshold > 0 && evaluation.threshold < 1, "evaluation.threshold",
            "between 0 and 1", evaluation.threshold)
        if let tile = evaluation.tile {
            try require((16...8192).contains(tile), "evaluation.tile", "16 to 8192", tile)
            try require(
                evaluation.overlap <= tile / 2, "evaluation.overlap", "at most half the tile",
                evaluation.overlap)
        }
        try require(
            (0...4096).contains(evaluation.overlap), "evaluation.overlap", "0 to 4096",
            evaluation.overlap)
        try require(!loss.isEmpty, "loss", "at least one term", "none")
        for section in loss {
            try require(section.weight > 0, "loss.weight", "more than 0", section.weight)
            try require(section.smooth >= 0, "loss.smooth", "at least 0", section.smooth)
            try require(
                section.term.fits(isExclusive: data.kind == .softmax), "loss.term",
                "a term for \(data.kind.rawValue) classes", section.term.rawValue
            )
            if let weights = section.classWeights {
                try require(
                    section.fits(
                        isExclusive: data.kind == .softmax, classes: data.classes.count),
                    "loss.class-weights",
                    "\(data.classes.count) weights for cross-entropy, none negative", weights)
            }
        }
        try require(
            (0...1024).contains(compute.threads), "compute.threads", "0 to 1024", compute.threads)
        let configuration: ModelConfiguration
        do { configuration = try model.configuration(bands: 1, classes: data.classes.count) } catch
        {
            throw FloeError(.usage, file: file, "model: \(error)")
        }
        try require(
            encoder == EncoderSection() || configuration.architecture.hasEncoder, "encoder",
            "a model with an encoder", configuration.name)
        try require(
            encoder.weights != nil
                || !encoder.frozen && encoder.bands.isEmpty && encoder.firstConvolution == .cyclic,
            "encoder", "encoder.weights beside frozen, bands and first-convolution", "none")
        try require(
            encoder.unfreezeEpoch.map { encoder.frozen && $0 >= 2 && $0 <= training.epochs }
                ?? true,
            "encoder.unfreeze-epoch",
            "2 to training.epochs (\(training.epochs)), beside encoder.frozen: true",
            encoder.unfreezeEpoch ?? 0)
        try require(
            encoder.rate.map { $0 > 0 } ?? true, "encoder.rate", "more than 0", encoder.rate ?? 0)
    }
}

extension Recipe {
    /// The network that is trained, its encoder's graph and width those of the ported encoder.
    ///
    /// - Throws: `FloeError` of kind `usage` where they do not fit, else as opening the encoder.
    public func configuration(bands: Int) throws -> ModelConfiguration {
        do {
            var result = try model.configuration(bands: bands, classes: data.classes.count)
            guard let path = encoder.weights else { return result }
            let manifest = try EncoderStore.openManifest(path)
            guard manifest.configuration.encoder == result.encoder else {
                throw FloeError(
                    .usage, file: path, "another encoder than the model's",
                    expected: result.encoder?.rawValue ?? "none", got: manifest.name,
                    advice: "set model: unet-\(manifest.name)")
            }
            guard
                model.encoderWidth ?? manifest.configuration.baseWidth
                    == manifest.configuration.baseWidth
            else {
                throw FloeError(
                    .usage, file: path, "another width than model.encoder-width",
                    expected: "\(result.baseWidth)", got: "\(manifest.configuration.baseWidth)")
            }
            result.baseWidth = manifest.configuration.baseWidth
            if manifest.configuration.graph != .torchvision {
                result.encoderGraph = manifest.configuration.graph
            }
            try result.validate()
            return result
        } catch let error as ModelConfigurationError {
            throw FloeError(.usage, file: data.root, "model: \(error)")
        }
    }
}
