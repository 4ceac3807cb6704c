import NeuralNetworks

/// `training:` how long, in what portions, and which epoch's weights are kept.
public struct TrainingSection: Codable, Hashable, Sendable {
    public var epochs = 20
    public var batch = 8
    /// Epochs without improvement of the monitored score before training stops; none never stops.
    public var patience: Int?
    /// The validation score that decides on the best epoch and on stopping; nil for the loss.
    public var monitor: MonitoredScore?
    /// By how much a score must be better to count; nil for any amount.
    public var minimumImprovement: Double?
    /// Largest Euclidean norm of all gradients of a step; nil for no bound.
    public var clipNorm: Double?
    /// Largest magnitude of a single value of a gradient; nil for no bound.
    public var clipValue: Double?
    /// What a step keeps of the moving average of the weights; nil for no average.
    public var averageDecay: Double?
    /// Starting weights, order of images, augmentation and dropout.
    public var seed: UInt64 = 1
    /// Epochs between checkpoints; a signal writes one at the next step besides.
    public var checkpointEvery = 1
    /// Seconds that a checkpoint must be old before an epoch's end writes the next; 0 for every one.
    public var checkpointSeconds = 20.0
    /// Whether curves and pictures are written for TensorBoard; nil for yes.
    public var tensorboard: Bool?

    public init() {}

    private enum CodingKeys: String, CodingKey {
        case epochs, batch, patience, monitor, seed, tensorboard
        case minimumImprovement = "minimum-improvement"
        case clipNorm = "clip-norm"
        case clipValue = "clip-value"
        case averageDecay = "average-decay"
        case checkpointSeconds = "checkpoint-seconds"
        case checkpointEvery = "checkpoint-every"
    }

    public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        epochs = try keys.decodeIfPresent(Int.self, forKey: .epochs) ?? epochs
        batch = try keys.decodeIfPresent(Int.self, forKey: .batch) ?? batch
        patience = try keys.decodeIfPresent(Int.self, forKey: .patience)
        monitor = try keys.decodeIfPresent(MonitoredScore.self, forKey: .monitor)
        minimumImprovement = try keys.decodeIfPresent(Double.self, forKey: .minimumImprovement)
        clipNorm = try keys.decodeIfPresent(Double.self, forKey: .clipNorm)
        clipValue = try keys.decodeIfPresent(Double.self, forKey: .clipValue)
        averageDecay = try keys.decodeIfPresent(Double.self, forKey: .averageDecay)
        seed = try keys.decodeIfPresent(UInt64.self, forKey: .seed) ?? seed
        checkpointEvery =
            try keys.decodeIfPresent(Int.self, forKey: .checkpointEvery) ?? checkpointEvery
        checkpointSeconds =
            try keys.decodeIfPresent(Double.self, forKey: .checkpointSeconds) ?? checkpointSeconds
        tensorboard = try keys.decodeIfPresent(Bool.self, forKey: .tensorboard)
    }
}

extension TrainingSection {
    func check(_ check: RecipeCheck) throws {
        try check.require(
            (1...1_000_000).contains(epochs), "training.epochs", "1 to 1000000", epochs)
        try check.require((1...65536).contains(batch), "training.batch", "1 to 65536", batch)
        try check.require(
            checkpointEvery >= 1, "training.checkpoint-every", "at least 1 epoch", checkpointEvery)
        try check.require(
            (0...1e6).contains(checkpointSeconds), "training.checkpoint-seconds", "0 to 1000000",
            checkpointSeconds)
        if let patience {
            try check.require(patience >= 1, "training.patience", "at least 1 epoch", patience)
        }
        if let minimumImprovement {
            try check.require(
                (0..<Double.infinity).contains(minimumImprovement), "training.minimum-improvement",
                "at least 0", minimumImprovement)
        }
        for (key, bound) in [("training.clip-norm", clipNorm), ("training.clip-value", clipValue)] {
            guard let bound else { continue }
            try check.require(bound > 0 && bound.isFinite, key, "more than 0", bound)
        }
        if let averageDecay {
            try check.require(
                averageDecay > 0 && averageDecay < 1, "training.average-decay",
                "between 0 and 1", averageDecay)
        }
    }

    /// What watches the validation scores.
    var earlyStopping: EarlyStopping {
        EarlyStopping(
            patience: patience, minimumImprovement: minimumImprovement ?? 0,
            monitor: monitor ?? .loss)
    }

    var clipping: GradientClipping { GradientClipping(norm: clipNorm, value: clipValue) }
}
