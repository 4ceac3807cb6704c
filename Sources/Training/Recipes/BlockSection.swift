import SegmentationModels

/// The keys of `model:` that say what a network's blocks have besides what was published.
public struct BlockSection: Codable, Hashable, Sendable {
    public enum Attention: String, Codable, CaseIterable, Sendable {
        case none, se, scse
    }

    public enum Normalisation: String, Codable, CaseIterable, Sendable {
        case batch, instance, group, adaptive, none
    }

    public enum Initialisation: String, Codable, CaseIterable, Sendable {
        case `default`, he, xavier
    }

    // Optional, so that a recipe that has none of them resolves to what it always did.
    public var attention: Attention?
    public var attentionReduction: Int?
    public var dilation: Int?
    public var normalisation: Normalisation?
    public var groups: Int?
    public var dropout: Double?
    public var initialisation: Initialisation?

    public init() {}

    private enum CodingKeys: String, CodingKey {
        case attention, dilation, normalisation, groups, dropout, initialisation
        case attentionReduction = "attention-reduction"
    }

    /// The options of a network; nil where every key is absent or at its default.
    var options: BlockOptions? {
        var result = BlockOptions()
        if let attention, let chosen = BlockOptions.Attention(rawValue: attention.rawValue) {
            result.attention = chosen
            result.attentionReduction = attentionReduction ?? 16
        }
        if let dilation, dilation != 1 { result.dilation = dilation }
        if let normalisation, normalisation != .batch {
            result.normalisation = BlockOptions.Normalisation(rawValue: normalisation.rawValue)
            if normalisation == .group { result.groups = groups ?? 8 }
        }
        if let dropout, dropout != 0 { result.dropout = dropout }
        if let initialisation, initialisation != .default {
            result.initialisation = BlockOptions.Initialisation(rawValue: initialisation.rawValue)
        }
        return result == BlockOptions() ? nil : result
    }
}

extension BlockSection {
    func check(_ check: RecipeCheck) throws {
        if let attentionReduction {
            try check.require(
                attention != nil && attention != Attention.none, "model.attention-reduction",
                "model.attention: se or scse beside it", "none")
            try check.require(
                (1...1024).contains(attentionReduction), "model.attention-reduction", "1 to 1024",
                attentionReduction)
        }
        if let dilation {
            try check.require((1...64).contains(dilation), "model.dilation", "1 to 64", dilation)
        }
        if let groups {
            try check.require(
                normalisation == .group, "model.groups", "model.normalisation: group beside it",
                normalisation?.rawValue ?? "batch")
            try check.require((1...8192).contains(groups), "model.groups", "1 to 8192", groups)
        }
        if let dropout {
            try check.require(
                dropout >= 0 && dropout < 1, "model.dropout", "0 to below 1", dropout)
        }
    }
}
