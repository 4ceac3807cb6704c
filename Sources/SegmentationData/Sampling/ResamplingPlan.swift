import DurableFiles
import TensorCore

/// How the groups that each member trains on are chosen.
public struct ResamplingPlan: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// Draws with replacement (Breiman, "Bagging predictors", 1996), or without.
        case bootstrap
        /// Each fold stays out of one member's training; more members than folds divide anew.
        case kFold = "k-fold"
        /// A share of the groups trains, the others stay out, drawn anew for every member.
        case holdOut = "hold-out"
    }

    /// What becomes of a class that a draw leaves out.
    public enum ClassPolicy: String, Sendable, Hashable, Codable {
        /// Draw again, up to a number of times.
        case requireClasses = "require-classes"
        /// Keep the draw and report the class.
        case allow
    }

    public var kind: Kind
    /// Groups that train as a share of all; folds settle it themselves.
    public var sampleFraction: Double
    /// Whether a group may be drawn several times; bootstrap only.
    public var withReplacement: Bool
    /// Number of folds; k-fold only.
    public var folds: Int?
    /// Whether every part gets its share of the groups that hold a class; not for a bootstrap.
    public var isStratified: Bool
    public var classPolicy: ClassPolicy
    /// The most times that a draw is thrown away because a class is missing.
    public var mostRedraws: Int

    /// Draws of groups, with replacement or without.
    public static func bootstrap(
        sampleFraction: Double = 1, withReplacement: Bool = true,
        classPolicy: ClassPolicy = .requireClasses, mostRedraws: Int = 100
    ) -> ResamplingPlan {
        ResamplingPlan(
            kind: .bootstrap, sampleFraction: sampleFraction, withReplacement: withReplacement,
            folds: nil, isStratified: false, classPolicy: classPolicy, mostRedraws: mostRedraws)
    }

    /// Cross-validation: member m leaves out fold m modulo `folds`.
    public static func kFold(
        _ folds: Int, isStratified: Bool = false, classPolicy: ClassPolicy = .allow,
        mostRedraws: Int = 100
    ) -> ResamplingPlan {
        ResamplingPlan(
            kind: .kFold, sampleFraction: 1, withReplacement: false, folds: folds,
            isStratified: isStratified, classPolicy: classPolicy, mostRedraws: mostRedraws)
    }

    /// Repeated hold-out, also called Monte Carlo cross-validation.
    public static func holdOut(
        sampleFraction: Double, isStratified: Bool = false, classPolicy: ClassPolicy = .allow,
        mostRedraws: Int = 100
    ) -> ResamplingPlan {
        ResamplingPlan(
            kind: .holdOut, sampleFraction: sampleFraction, withReplacement: false, folds: nil,
            isStratified: isStratified, classPolicy: classPolicy, mostRedraws: mostRedraws)
    }

    /// - Throws: `FloeError` of kind `.usage` for values out of range, for no groups and for groups
    ///   that are there twice.
    func check(_ groups: [String]) throws {
        guard !groups.isEmpty else {
            throw FloeError(.usage, "a bag of no groups", expected: "at least one")
        }
        guard Set(groups).count == groups.count else {
            throw FloeError(.usage, "a bag of groups that are there twice", expected: "each once")
        }
        guard sampleFraction.isFinite, sampleFraction > 0,
            sampleFraction <= (withReplacement ? 10 : 1)
        else {
            throw FloeError(
                .usage, "the bag's sample fraction",
                expected: withReplacement ? "above 0, at most 10" : "above 0, at most 1",
                got: "\(sampleFraction)")
        }
        guard mostRedraws >= 0 else {
            throw FloeError(
                .usage, "the bag's redraws", expected: "0 or more", got: "\(mostRedraws)")
        }
        let outside = groups.count - drawCount(of: groups.count)
        if kind == .holdOut, outside < 1 {
            throw FloeError(
                .usage, "a hold-out that holds nothing out of \(groups.count) groups",
                expected: "a bagging.fraction that leaves at least one", got: "\(sampleFraction)")
        }
    }

    /// How many draws a bag of so many groups has; k-fold draws by folds.
    func drawCount(of groups: Int) -> Int {
        max(1, Int((sampleFraction * Double(groups)).rounded()))
    }
}
