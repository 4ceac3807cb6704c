import SegmentationData

/// `bagging:` how many members, and what each of them sees.
public struct BaggingSection: Codable, Hashable, Sendable {
    public var members = 5
    /// The bags are a pure function of this seed, the member and the sorted groups.
    public var seed: UInt64 = 1
    /// Draws as a share of the number of groups.
    public var fraction = 1.0
    public var replacement = true
    /// What becomes of a bag without one of the classes.
    public var classes = BootstrapSample.ClassPolicy.allow
    /// The most times that a bag is drawn again under `require-classes`.
    public var redraws = 100

    public init() {}

    private enum CodingKeys: String, CodingKey {
        case members, seed, fraction, replacement, classes, redraws
    }

    public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        members = try keys.decodeIfPresent(Int.self, forKey: .members) ?? members
        seed = try keys.decodeIfPresent(UInt64.self, forKey: .seed) ?? seed
        fraction = try keys.decodeIfPresent(Double.self, forKey: .fraction) ?? fraction
        replacement = try keys.decodeIfPresent(Bool.self, forKey: .replacement) ?? replacement
        classes =
            try keys.decodeIfPresent(BootstrapSample.ClassPolicy.self, forKey: .classes) ?? classes
        redraws = try keys.decodeIfPresent(Int.self, forKey: .redraws) ?? redraws
    }
}

extension BootstrapSample.Options {
    public init(_ section: BaggingSection) {
        self.init(
            sampleFraction: section.fraction, withReplacement: section.replacement,
            classPolicy: section.classes, mostRedraws: section.redraws)
    }
}

extension BaggingSection {
    func check(_ check: RecipeCheck) throws {
        try check.require(
            (1...1000).contains(members), "bagging.members", "1 to 1000", members)
        let mostDraws = replacement ? 10.0 : 1.0
        try check.require(
            fraction > 0 && fraction <= mostDraws, "bagging.fraction",
            "above 0, at most \(Int(mostDraws))", fraction)
        try check.require(
            (0...1_000_000).contains(redraws), "bagging.redraws", "0 to 1000000", redraws)
    }
}
