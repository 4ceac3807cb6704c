import DurableFiles
import SegmentationData

/// What to train: the resolved contents of a recipe file.
///
/// Every key has its default here and nowhere else; `docs/recipes.md` lists them.
public struct Recipe: Codable, Hashable, Sendable {
    public var name: String
    public var data: DatasetDescription
    public var model: ModelSection
    public var loss: [LossSection]
    public var optimizer: OptimizerSection
    public var training: TrainingSection
    public var augmentation: GeometricAugmentation
    public var bagging: BaggingSection
    public var evaluation: EvaluationSection
    public var compute: ComputeSection

    private enum CodingKeys: String, CodingKey {
        case name, data, model, loss, optimizer, training, augmentation, bagging, evaluation,
            compute
    }

    public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        name = try keys.decodeIfPresent(String.self, forKey: .name) ?? "unnamed"
        data = try keys.decode(DatasetDescription.self, forKey: .data)
        if data.name == nil, keys.contains(.name) { data.name = name }
        model = try keys.decodeIfPresent(ModelSection.self, forKey: .model) ?? ModelSection()
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
        do { _ = try model.configuration(bands: 1, classes: data.classes.count) } catch {
            throw FloeError(.usage, file: file, "model: \(error)")
        }
    }
}
