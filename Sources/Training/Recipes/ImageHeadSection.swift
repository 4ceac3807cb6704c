import NeuralNetworks
import SegmentationModels

/// `image-head:` a head that says which classes are in the image at all, trained beside the masks;
/// prediction empties the masks of classes that it calls absent.
public struct ImageHeadSection: Codable, Hashable, Sendable {
    /// Of its binary cross entropy in the loss; 0 for no head.
    public var weight = 0.0
    /// Probability of presence from which a mask is kept.
    public var threshold = 0.5
    /// How the deepest map becomes one value per channel.
    public var pooling = ModelConfiguration.ImageHead.Pooling.average
    /// Share of the pooled values that training sets to zero.
    public var dropout = 0.2

    public init() {}

    private enum CodingKeys: String, CodingKey {
        case weight, threshold, pooling, dropout
    }

    public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        weight = try keys.decodeIfPresent(Double.self, forKey: .weight) ?? weight
        threshold = try keys.decodeIfPresent(Double.self, forKey: .threshold) ?? threshold
        pooling =
            try keys.decodeIfPresent(
                ModelConfiguration.ImageHead.Pooling.self, forKey: .pooling) ?? pooling
        dropout = try keys.decodeIfPresent(Double.self, forKey: .dropout) ?? dropout
    }

    /// The head of the network; nil where there is none.
    var configuration: ModelConfiguration.ImageHead? {
        weight > 0 ? .init(pooling: pooling, dropout: dropout) : nil
    }

    /// The loss of the head's logits against `TargetBatch.presence`; nil where there is none.
    var loss: Loss? {
        weight > 0 ? Loss([.init(.binaryCrossEntropy, weight: weight)]) : nil
    }
}

extension ImageHeadSection {
    func check(_ check: RecipeCheck) throws {
        try check.require(
            weight >= 0 && weight.isFinite, "image-head.weight", "at least 0", weight)
        try check.require(
            weight > 0 || self == ImageHeadSection(), "image-head.weight",
            "more than 0 beside threshold, pooling or dropout", weight)
        try check.require(
            threshold > 0 && threshold < 1, "image-head.threshold", "above 0 and below 1",
            threshold)
        try check.require(
            dropout >= 0 && dropout < 1, "image-head.dropout", "at least 0 and below 1", dropout)
    }
}
