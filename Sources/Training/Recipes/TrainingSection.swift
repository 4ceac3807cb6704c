/// `training:` how long and in what portions.
public struct TrainingSection: Codable, Hashable, Sendable {
    public var epochs = 20
    public var batch = 8
    /// Epochs without improvement of the validation loss before training stops; none never stops.
    public var patience: Int?
    /// Starting weights, order of images, augmentation and dropout.
    public var seed: UInt64 = 1
    /// Epochs between checkpoints; a signal writes one at the next step besides.
    public var checkpointEvery = 1
    /// Seconds that a checkpoint must be old before an epoch's end writes the next; 0 for every one.
    public var checkpointSeconds = 20.0

    public init() {}

    private enum CodingKeys: String, CodingKey {
        case epochs, batch, patience, seed
        case checkpointSeconds = "checkpoint-seconds"
        case checkpointEvery = "checkpoint-every"
    }

    public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        epochs = try keys.decodeIfPresent(Int.self, forKey: .epochs) ?? epochs
        batch = try keys.decodeIfPresent(Int.self, forKey: .batch) ?? batch
        patience = try keys.decodeIfPresent(Int.self, forKey: .patience)
        seed = try keys.decodeIfPresent(UInt64.self, forKey: .seed) ?? seed
        checkpointEvery =
            try keys.decodeIfPresent(Int.self, forKey: .checkpointEvery) ?? checkpointEvery
        checkpointSeconds =
            try keys.decodeIfPresent(Double.self, forKey: .checkpointSeconds) ?? checkpointSeconds
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
    }
}
