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
    /// Nil where the recipe says nothing of one.
    public var imageHead: ImageHeadSection?
    public var loss: [LossSection]
    /// Nil where the terms' weights are fixed.
    public var lossWeights: LossWeightsSection?
    public var optimizer: OptimizerSection
    /// Nil for a constant rate.
    public var schedule: ScheduleSection?
    public var training: TrainingSection
    public var augmentation: Augmentation
    public var bagging: BaggingSection
    public var evaluation: EvaluationSection
    public var postprocessing: PostProcessingSection?
    public var compute: ComputeSection

    /// What a recipe without a name is called.
    private static let unnamed = "unnamed"

    private enum CodingKeys: String, CodingKey {
        case name, data, model, encoder, loss, optimizer, schedule, training, augmentation, bagging,
            evaluation, postprocessing, compute
        case lossWeights = "loss-weights"
        case imageHead = "image-head"
    }

    public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        name = try keys.decodeIfPresent(String.self, forKey: .name) ?? Self.unnamed
        data = try keys.decode(DatasetDescription.self, forKey: .data)
        if data.name == nil, name != Self.unnamed { data.name = name }
        model = try keys.decodeIfPresent(ModelSection.self, forKey: .model) ?? ModelSection()
        encoder =
            try keys.decodeIfPresent(EncoderSection.self, forKey: .encoder) ?? EncoderSection()
        imageHead = try keys.decodeIfPresent(ImageHeadSection.self, forKey: .imageHead)
        loss =
            try keys.decodeIfPresent([LossSection].self, forKey: .loss)
            ?? [LossSection(data.kind == .sigmoid ? .binaryCrossEntropy : .crossEntropy)]
        let weights = try keys.decodeIfPresent(LossWeightsSection.self, forKey: .lossWeights)
        lossWeights = weights?.rule == .fixed ? nil : weights
        optimizer =
            try keys.decodeIfPresent(OptimizerSection.self, forKey: .optimizer)
            ?? OptimizerSection()
        schedule = try keys.decodeIfPresent(ScheduleSection.self, forKey: .schedule)
        training =
            try keys.decodeIfPresent(TrainingSection.self, forKey: .training) ?? TrainingSection()
        augmentation =
            try keys.decodeIfPresent(Augmentation.self, forKey: .augmentation)
            ?? Augmentation()
        bagging =
            try keys.decodeIfPresent(BaggingSection.self, forKey: .bagging) ?? BaggingSection()
        evaluation =
            try keys.decodeIfPresent(EvaluationSection.self, forKey: .evaluation)
            ?? EvaluationSection()
        postprocessing =
            try keys.decodeIfPresent(PostProcessingSection.self, forKey: .postprocessing)
        compute =
            try keys.decodeIfPresent(ComputeSection.self, forKey: .compute) ?? ComputeSection()
    }

    /// Refuses values that are well-formed but make no sense, each by its key.
    public func validate(file: String) throws {
        let check = RecipeCheck(file: file)
        try model.blocks.check(check)
        try optimizer.check(check)
        try schedule?.check(check, of: self)
        try training.check(check)
        try bagging.check(check)
        try evaluation.check(check)
        try postprocessing?.check(check, data)
        try augmentation.check(check, of: self)
        try check.require(!loss.isEmpty, "loss", "at least one term", "none")
        for section in loss { try section.check(check, of: self) }
        try lossWeights?.check(check, of: self)
        try compute.check(check)
        try imageHead?.check(check)
        do {
            let configuration = try model.configuration(bands: 1, classes: data.classes.count)
            try encoder.check(check, configuration, epochs: training.epochs)
        } catch let error as ModelConfigurationError {
            throw FloeError(.usage, file: file, "model: \(error)")
        }
    }
}

extension Recipe {
    /// The network that is trained, its encoder's graph and width those of the ported encoder.
    ///
    /// - Throws: `FloeError` of kind `usage` where they do not fit, else as opening the encoder.
    public func configuration(bands: Int) throws -> ModelConfiguration {
        do {
            var result = try model.configuration(bands: bands, classes: data.classes.count)
            result.imageHead = imageHead?.configuration
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
