import SegmentationMetrics
import TensorCore

/// Adds members' probabilities one after another into running sums, then decides.
///
/// Members are never stacked: memory does not grow with their number, but for STAPLE's decisions.
/// They are summed in the order in which they come, which is the manifest's.
public struct Combiner {
    /// What is summed.
    public enum Method: String, Codable, CaseIterable, Sendable {
        /// Weighted mean of probabilities (or of logits).
        case softVoting = "soft-voting"
        /// Each member's decision is one (weighted) vote; ties go to the tied class with the higher
        /// mean probability, then to the lower index.
        case hardVoting = "hard-voting"
        /// The members' decisions, each weighed by how good they show it to be (``Staple``); the
        /// probabilities are the posterior ones of that estimate. Needs the whole image at once.
        case staple
    }

    /// In which space soft voting averages.
    public enum Space: String, Codable, CaseIterable, Sendable { case probability, logit }

    /// Whether classes exclude one another, and how a member or the ensemble decides.
    public struct Rule: Hashable, Sendable {
        public var method: Method
        public var space: Space
        /// True for softmax.
        public var isExclusive: Bool
        /// One per class, for classes that do not exclude one another.
        public var thresholds: [Double]
        /// What the probabilities are tempered by after the mean; 1 leaves them. Votes have none.
        public var temperature: Double

        public init(
            method: Method, space: Space, isExclusive: Bool, thresholds: [Double],
            temperature: Double = 1
        ) {
            self.method = method
            self.space = space
            self.isExclusive = isExclusive
            self.thresholds = thresholds
            self.temperature = temperature
        }
    }

    public let rule: Rule
    public let classes: Int
    public let pixels: Int
    /// Weighted sums of probabilities or logits, `[class][pixel]`.
    private(set) var sums: [Float]
    /// Weighted votes, `[class][pixel]`; empty for soft voting.
    private(set) var votes: [Float]
    /// Weighted votes against, for classes that do not exclude one another. Counted like the votes
    /// for, so that as many of the same weights tie to the last bit.
    private(set) var votesAgainst: [Float]
    /// Decisions for STAPLE: of all classes together, or of each for itself; empty otherwise.
    private var staples: [Staple] = []
    /// The posterior probabilities of these, once they were asked for.
    private var posterior = Posterior()
    /// Sum of the weights per class.
    private var totals: [Double]

    public init(_ rule: Rule, classes: Int, pixels: Int) {
        self.rule = rule
        self.classes = classes
        self.pixels = pixels
        if rule.method == .staple {
            staples = [Staple](
                repeating: Staple(
                    classes: rule.isExclusive ? max(2, classes) : 2, pixels: pixels),
                count: rule.isExclusive ? 1 : classes)
        }
        sums =
            rule.method == .staple ? [] : [Float](repeating: 0, count: classes * pixels)
        votes = rule.method == .hardVoting ? sums : []
        votesAgainst = rule.method == .hardVoting && !rule.isExclusive ? sums : []
        totals = [Double](repeating: 0, count: classes)
    }

    /// Bytes that a combiner holds and hands out for each pixel.
    static func bytesPerPixel(_ rule: Rule, classes: Int) -> Int {
        // Sums, votes for and against; probabilities and decisions that are handed out. STAPLE is
        // not run band by band.
        let votes = rule.method != .hardVoting ? 0 : rule.isExclusive ? 1 : 2
        return classes * 4 * (1 + votes) + classes * (4 + 1)
    }

    /// Adds one member.
    ///
    /// - Parameters:
    ///   - probabilities: `[class][pixel]`.
    ///   - weights: one per class.
    ///   - thresholds: the member's own, one per class.
    public mutating func add(_ probabilities: [Float], weights: [Double], thresholds: [Double]) {
        precondition(probabilities.count == classes * pixels && weights.count == classes)
        if rule.method == .staple {
            addToStaple(probabilities, weights: weights, thresholds: thresholds)
            return
        }
        for k in 0..<classes {
            totals[k] += weights[k]
            let weight = Float(weights[k])
            let range = k * pixels..<(k + 1) * pixels
            let isLogit = rule.space == .logit && rule.method == .softVoting
            sums.withUnsafeMutableBufferPointer { sums in
                probabilities.withUnsafeBufferPointer { values in
                    switch (isLogit, rule.isExclusive) {
                    case (false, _):
                        for index in range { sums[index] += weight * values[index] }
                    // Softmax's logits are the logarithms but for a constant that cancels.
                    case (true, true):
                        for index in range { sums[index] += weight * logProbability(values[index]) }
                    case (true, false):
                        for index in range { sums[index] += weight * logit(values[index]) }
                    }
                }
            }
        }
        guard rule.method == .hardVoting else { return }
        let decisions = Self.decide(
            probabilities, classes: classes, pixels: pixels, isExclusive: rule.isExclusive,
            thresholds: thresholds)
        if rule.isExclusive {
            Self.count(decisions, pixels: pixels, weights, &votes)
        } else {
            Self.count(decisions, pixels: pixels, weights, for: &votes, against: &votesAgainst)
        }
    }

    private final class Posterior {
        var values: [Float]?
    }

    /// Adds decisions; a member that weighs nothing in a class has none there.
    private mutating func addToStaple(
        _ probabilities: [Float], weights: [Double], thresholds: [Double]
    ) {
        let decisions = Self.decide(
            probabilities, classes: classes, pixels: pixels, isExclusive: rule.isExclusive,
            thresholds: thresholds)
        // A copy of this combiner keeps its own.
        posterior = Posterior()
        decisions.withUnsafeBufferPointer { decisions in
            for k in staples.indices where weights[k] > 0 {
                let plane = k * pixels..<(k + 1) * pixels
                staples[k].add(UnsafeBufferPointer(rebasing: decisions[plane]))
            }
        }
    }

    /// The posterior probabilities `[class][pixel]`.
    private func stapled() -> [Float] {
        if let known = posterior.values { return known }
        var values: [Float] = []
        values.reserveCapacity(classes * pixels)
        for k in 0..<classes {
            if rule.isExclusive, k > 0 { break }
            let estimate = staples[k].estimate()
            for label in rule.isExclusive ? 0..<classes : 1..<2 {
                values +=
                    estimate?.probabilities(of: label) ?? [Float](repeating: 0, count: pixels)
            }
        }
        posterior.values = values
        return values
    }

    /// Adds votes for one class a pixel.
    private static func count(
        _ decisions: [UInt8], pixels: Int, _ weights: [Double], _ votes: inout [Float]
    ) {
        let shares = weights.map { Float($0) }
        votes.withUnsafeMutableBufferPointer { votes in
            decisions.withUnsafeBufferPointer { decisions in
                shares.withUnsafeBufferPointer { shares in
                    for pixel in 0..<pixels {
                        let k = Int(decisions[pixel])
                        votes[k * pixels + pixel] += shares[k]
                    }
                }
            }
        }
    }

    /// Adds votes for and against every class.
    private static func count(
        _ decisions: [UInt8], pixels: Int, _ weights: [Double], for votes: inout [Float],
        against: inout [Float]
    ) {
        votes.withUnsafeMutableBufferPointer { votes in
            against.withUnsafeMutableBufferPointer { against in
                decisions.withUnsafeBufferPointer { decisions in
                    for (k, weight) in weights.enumerated() {
                        let share = Float(weight)
                        for index in k * pixels..<(k + 1) * pixels {
                            if decisions[index] == 1 {
                                votes[index] += share
                            } else {
                                against[index] += share
                            }
                        }
                    }
                }
            }
        }
    }

    /// The ensemble's probabilities `[class][pixel]`: the tempered mean, the share of votes, or
    /// STAPLE's.
    public func probabilities() -> [Float] {
        var result = combined()
        if rule.method == .softVoting {
            Tempering.apply(
                rule.temperature, to: &result, classes: classes, pixels: pixels,
                isExclusive: rule.isExclusive)
        }
        return result
    }

    /// The same before the temperature.
    private func combined() -> [Float] {
        if rule.method == .staple { return stapled() }
        let isVote = rule.method == .hardVoting
        var result = isVote ? votes : sums
        normalise(&result)
        guard !isVote, rule.space == .logit else { return result }
        if !rule.isExclusive { return result.map { sigmoid($0) } }
        for pixel in 0..<pixels {
            var largest = -Float.infinity
            for k in 0..<classes { largest = max(largest, result[k * pixels + pixel]) }
            var sum: Float = 0
            for k in 0..<classes {
                result[k * pixels + pixel] = exponential(result[k * pixels + pixel] - largest)
                sum += result[k * pixels + pixel]
            }
            for k in 0..<classes { result[k * pixels + pixel] /= sum }
        }
        return result
    }

    /// The ensemble's decisions: a class index per pixel, or `[class][pixel]` of 0 and 1.
    public func decisions() -> [UInt8] {
        guard rule.method == .hardVoting else {
            // Before the temperature: rounding must not take the likeliest of exclusive classes.
            return Self.decide(
                rule.isExclusive ? combined() : probabilities(), classes: classes, pixels: pixels,
                isExclusive: rule.isExclusive,
                thresholds: rule.thresholds)
        }
        var means = sums
        normalise(&means)
        if rule.isExclusive {
            return (0..<pixels).map { pixel in
                var best = 0
                for k in 1..<max(1, classes) {
                    let (own, leader) = (k * pixels + pixel, best * pixels + pixel)
                    if votes[own] > votes[leader]
                        || (votes[own] == votes[leader] && means[own] > means[leader])
                    {
                        best = k
                    }
                }
                return UInt8(best)
            }
        }
        return (0..<classes * pixels).map { index in
            // Present and absent tie: the likelier of the two, and absent where both are equal.
            if votes[index] == votesAgainst[index] { return means[index] > 0.5 ? 1 : 0 }
            return votes[index] > votesAgainst[index] ? 1 : 0
        }
    }

    /// Decisions of one map of probabilities; the lower index wins where two are equal.
    public static func decide(
        _ probabilities: [Float], classes: Int, pixels: Int, isExclusive: Bool,
        thresholds: [Double]
    ) -> [UInt8] {
        probabilities.withUnsafeBufferPointer { values in
            guard isExclusive else {
                return [UInt8](unsafeUninitializedCapacity: classes * pixels) { out, count in
                    count = classes * pixels
                    for k in 0..<classes {
                        let threshold = Float(thresholds[k])
                        for index in k * pixels..<(k + 1) * pixels {
                            out[index] = values[index] >= threshold ? 1 : 0
                        }
                    }
                }
            }
            return [UInt8](unsafeUninitializedCapacity: pixels) { out, count in
                count = pixels
                for pixel in 0..<pixels {
                    var best = 0
                    for k in 1..<max(1, classes)
                    where values[k * pixels + pixel] > values[best * pixels + pixel] { best = k }
                    out[pixel] = UInt8(best)
                }
            }
        }
    }

    private func normalise(_ values: inout [Float]) {
        for k in 0..<classes {
            let scale = totals[k] > 0 ? Float(1 / totals[k]) : 0
            for index in k * pixels..<(k + 1) * pixels { values[index] *= scale }
        }
    }
}
