/// `loss-weights:` a rule, or a rule with its rate: what becomes of the terms' weights from epoch to
/// epoch.
public struct LossWeightsSection: Codable, Hashable, Sendable {
    public enum Rule: String, Codable, CaseIterable, Sendable {
        /// They stay those of the recipe.
        case fixed
        /// Terms whose score is low gain weight.
        case adaptive
    }

    public var rule: Rule
    /// k of w·(1 + k·(1 - score)).
    public var rate = 0.1

    public init(_ rule: Rule) { self.rule = rule }

    private enum CodingKeys: String, CodingKey { case rule, rate }

    public init(from decoder: any Decoder) throws {
        let single = try decoder.singleValueContainer()
        if (try? single.decode(String.self)) != nil {
            self.init(try single.decode(Rule.self))
            return
        }
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        self.init(try keys.decode(Rule.self, forKey: .rule))
        rate = try keys.decodeIfPresent(Double.self, forKey: .rate) ?? rate
    }
}

extension LossWeightsSection {
    func check(_ check: RecipeCheck, of recipe: Recipe) throws {
        try check.require(
            rate > 0 && rate <= 100, "loss-weights.rate", "above 0, at most 100", rate)
        try check.require(
            rule == .fixed || recipe.loss.count > 1, "loss-weights.rule",
            "at least two terms of loss to adapt", rule.rawValue)
    }
}
