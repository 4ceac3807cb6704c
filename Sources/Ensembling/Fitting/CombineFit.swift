import DurableFiles
import SegmentationMetrics

/// How a part of an ensemble's combination was found (`floe ensemble fit`): an entry of
/// `combine.fits`.
///
/// Scores are of a fixed sample of each image's pixels, without post-processing.
public struct CombineFit: Codable, Hashable, Sendable {
    /// What was fitted.
    public enum Part: String, Codable, CaseIterable, Sendable {
        /// Which members there are, and how often each counts.
        case selection
        case weights
        /// The order of the members, which is that of their sums.
        case order
        case temperature
    }

    /// What it was fitted by.
    public enum Score: String, Codable, CaseIterable, Sendable {
        /// Mean of per-image Dice; more is better.
        case dice
        /// Mean over the images of the mean negative logarithm of the truth's probability, in nats;
        /// less is better.
        case logLoss = "log-loss"
    }

    /// A member that was there before.
    public struct LeftOut: Codable, Hashable, Sendable {
        public var path: String
        public var sha256: SHA256Digest
    }

    public var part: Part
    public var split: PostProcessingFit.Split
    public var data: String
    /// Of the data.
    public var fingerprint: SHA256Digest?
    /// Of the ids of the part's samples, a line each.
    public var ids: SHA256Digest?
    /// Images that `before` and `after` are of.
    public var images: Int
    /// Pixels of these that were drawn, all images together.
    public var pixels: Int
    public var score: Score
    /// For Dice.
    public var absentClasses: AbsentClassPolicy?
    /// Of the combination as it was; nil where nothing could be scored, and for an order, which
    /// changes no score.
    public var before: Double?
    public var after: Double?
    /// For a selection: how many picks its members have, one as often as it is good for.
    public var picks: Int?
    /// For a selection: the members without a pick.
    public var leftOut: [LeftOut]?
    /// For an order: the scores of the first member, of the first two together, and so on.
    public var prefixes: [Double]?
    /// True where the images had also chosen the members' epochs: the scores are too good.
    public var isOptimistic: Bool?

    /// What is out of range, if anything: a key below the entry.
    var problem: (key: String, expected: String, got: String)? {
        if images < 1 { return ("images", "at least 1", "\(images)") }
        if pixels < 1 { return ("pixels", "at least 1", "\(pixels)") }
        if let picks, picks < 1 { return ("picks", "at least 1", "\(picks)") }
        for value in [before, after].compactMap(\.self) + (prefixes ?? []) {
            let isInRange = score == .dice ? (0...1).contains(value) : value >= 0
            if !(isInRange && value.isFinite) {
                return (
                    "before, after and prefixes", score == .dice ? "0 to 1" : "at least 0",
                    "\(value)"
                )
            }
        }
        return nil
    }
}

extension EnsembleManifest.Combine {
    /// What is out of range, if anything.
    var problem: (key: String, expected: String, got: String)? {
        if let temperature {
            let range = TemperatureFit.range
            guard range.contains(temperature) else {
                return (
                    "key 'combine.temperature'", "\(range.lowerBound) to \(range.upperBound)",
                    "\(temperature)"
                )
            }
            guard method == .softVoting else {
                return (
                    "key 'combine.temperature'", "none for \(method.rawValue)", "\(temperature)"
                )
            }
        }
        for (index, fit) in (fits ?? []).enumerated() {
            if let problem = fit.problem {
                return (
                    "key 'combine.fits[\(index)]': \(problem.key)", problem.expected, problem.got
                )
            }
        }
        return nil
    }

    /// Adds what was found in place of what it makes void.
    ///
    /// Selections follow one another: each began with what the last one left. A new one brings its
    /// own weights, and of the members' order only what is left of it; other weights make another
    /// order the best.
    mutating func record(_ fit: CombineFit) {
        var kept = (fits ?? []).filter { earlier in
            switch fit.part {
            case .selection: earlier.part != .weights && earlier.part != .order
            case .weights: earlier.part != .weights && earlier.part != .order
            default: earlier.part != fit.part
            }
        }
        kept.append(fit)
        fits = kept
    }
}
