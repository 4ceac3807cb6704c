import ModelZoo
import SegmentationModels

/// `encoder:` the ported encoder that members start from, and how it is trained.
public struct EncoderSection: Codable, Hashable, Sendable {
    /// Folder of a ported encoder; `zoo:NAME` in a recipe is looked up under `--zoo`.
    public var weights: String?
    /// How its first convolution meets other bands than red, green and blue.
    public var firstConvolution = FirstConvolution.Rule.cyclic
    /// Where a band's part of the first convolution comes from; bands that are not named follow
    /// `firstConvolution`.
    public var bands: [String: FirstConvolution.Source] = [:]
    /// Weights and running statistics stay as they are.
    public var frozen = false
    /// The first epoch, counted from 1, in which a frozen encoder is trained after all.
    public var unfreezeEpoch: Int?
    /// The encoder's own learning rate; nil for the optimiser's.
    public var rate: Double?

    public init() {}

    private enum CodingKeys: String, CodingKey {
        case weights, bands, frozen, rate
        case firstConvolution = "first-convolution"
        case unfreezeEpoch = "unfreeze-epoch"
    }

    public init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            weights = text
            return
        }
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        weights = try keys.decodeIfPresent(String.self, forKey: .weights)
        firstConvolution =
            try keys.decodeIfPresent(FirstConvolution.Rule.self, forKey: .firstConvolution)
            ?? firstConvolution
        bands =
            try keys.decodeIfPresent([String: FirstConvolution.Source].self, forKey: .bands)
            ?? bands
        frozen = try keys.decodeIfPresent(Bool.self, forKey: .frozen) ?? frozen
        unfreezeEpoch = try keys.decodeIfPresent(Int.self, forKey: .unfreezeEpoch)
        rate = try keys.decodeIfPresent(Double.self, forKey: .rate)
    }

    /// Whether the encoder is left as it is in an epoch.
    func isFrozen(inEpoch epoch: Int) -> Bool {
        frozen && epoch < unfreezeEpoch ?? Int.max
    }
}

extension EncoderSection {
    func check(
        _ check: RecipeCheck, _ configuration: ModelConfiguration, epochs: Int
    ) throws {
        try check.require(
            self == EncoderSection() || configuration.architecture.hasEncoder, "encoder",
            "a model with an encoder", configuration.name)
        try check.require(
            weights != nil || !frozen && bands.isEmpty && firstConvolution == .cyclic, "encoder",
            "encoder.weights beside frozen, bands and first-convolution", "none")
        try check.require(
            unfreezeEpoch.map { frozen && $0 >= 2 && $0 <= epochs } ?? true,
            "encoder.unfreeze-epoch",
            "2 to training.epochs (\(epochs)), beside encoder.frozen: true", unfreezeEpoch ?? 0)
        try check.require(
            rate.map { $0 > 0 } ?? true, "encoder.rate", "more than 0", rate ?? 0)
    }
}
