import SegmentationData

/// `bagging:` how many members, and what each of them sees.
public struct BaggingSection: Codable, Hashable, Sendable {
    /// Which images tell the best epoch and when to stop.
    public enum ValidationImages: String, Codable, CaseIterable, Sendable {
        /// The data's validation split, the same for every member.
        case split
        /// Those that the member's own bag left out: its fold, or its out-of-bag images.
        case heldOut = "held-out"
    }

    public var members = 5
    /// The bags are a pure function of this seed, the member and the sorted groups.
    public var seed: UInt64 = 1
    public var plan = ResamplingPlan.Kind.bootstrap
    /// Draws as a share of the number of groups.
    public var fraction = 1.0
    public var replacement = true
    /// Folds of `k-fold`; nil for as many as there are members.
    public var folds: Int?
    /// Whether folds and hold-outs get their share of every class.
    public var stratify = false
    public var validation = ValidationImages.split
    /// What becomes of a bag without one of the classes.
    public var classes = ResamplingPlan.ClassPolicy.allow
    /// The most times that a bag is drawn again under `require-classes`.
    public var redraws = 100

    public init() {}

    private enum CodingKeys: String, CodingKey {
        case members, seed, plan, fraction, replacement, folds, stratify, validation, classes,
            redraws
    }

    public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        members = try keys.decodeIfPresent(Int.self, forKey: .members) ?? members
        seed = try keys.decodeIfPresent(UInt64.self, forKey: .seed) ?? seed
        plan = try keys.decodeIfPresent(ResamplingPlan.Kind.self, forKey: .plan) ?? plan
        fraction =
            try keys.decodeIfPresent(Double.self, forKey: .fraction)
            ?? (plan == .holdOut ? 0.8 : fraction)
        replacement =
            try keys.decodeIfPresent(Bool.self, forKey: .replacement) ?? (plan == .bootstrap)
        folds = try keys.decodeIfPresent(Int.self, forKey: .folds)
        stratify = try keys.decodeIfPresent(Bool.self, forKey: .stratify) ?? stratify
        validation =
            try keys.decodeIfPresent(ValidationImages.self, forKey: .validation) ?? validation
        classes =
            try keys.decodeIfPresent(ResamplingPlan.ClassPolicy.self, forKey: .classes) ?? classes
        redraws = try keys.decodeIfPresent(Int.self, forKey: .redraws) ?? redraws
    }
}

extension ResamplingPlan {
    public init(_ section: BaggingSection) {
        switch section.plan {
        case .bootstrap:
            self = .bootstrap(
                sampleFraction: section.fraction, withReplacement: section.replacement,
                classPolicy: section.classes, mostRedraws: section.redraws)
        case .kFold:
            self = .kFold(
                section.folds ?? section.members, isStratified: section.stratify,
                classPolicy: section.classes, mostRedraws: section.redraws)
        case .holdOut:
            self = .holdOut(
                sampleFraction: section.fraction, isStratified: section.stratify,
                classPolicy: section.classes, mostRedraws: section.redraws)
        }
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
        try check.require(
            plan != .kFold || fraction == 1, "bagging.fraction",
            "none beside bagging.plan: k-fold", fraction)
        try check.require(
            plan == .bootstrap || !replacement, "bagging.replacement",
            "false beside bagging.plan: \(plan.rawValue)", replacement)
        try check.require(
            folds == nil || plan == .kFold, "bagging.folds", "none without bagging.plan: k-fold",
            folds ?? 0)
        try check.require(
            plan != .kFold || folds ?? members >= 2, "bagging.folds", "at least 2",
            folds ?? members)
        try check.require(
            plan != .bootstrap || !stratify, "bagging.stratify",
            "false beside bagging.plan: bootstrap (bagging.classes: require-classes redraws)",
            stratify)
    }
}
