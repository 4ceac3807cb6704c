import TensorCore

/// What ``Staple`` found: the probability of each class in each pixel, and the members' rates.
public struct StapleEstimate: Sendable {
    public let classes: Int
    public let members: Int
    /// The probability of each class before any decision is seen.
    public let prior: [Double]
    /// `[member, true class, decision]`.
    let rates: [Double]
    /// `[member, true class]`: pixels thought to be of the class in which the member decides.
    let weights: [Double]
    /// Iterations made.
    public let iterations: Int
    /// Whether the rates came to rest before the limit.
    public let isConverged: Bool
    let patternOf: [Int32]
    /// `[pattern, class]`.
    let posterior: [Double]

    /// How often a member decides `decision` where the class is `truth`, 0 to 1; nil where it decides
    /// no pixel that is thought to be of that class.
    public func rate(member: Int, truth: Int, decision: Int) -> Double? {
        precondition(
            (0..<members).contains(member) && (0..<classes).contains(truth)
                && (0..<classes).contains(decision),
            "member \(member), class \(truth), decision \(decision)")
        return weights[member * classes + truth] > 0
            ? rates[(member * classes + truth) * classes + decision] : nil
    }

    /// How often a member finds a class where it is; for a binary mask `label` is 1.
    public func sensitivity(of member: Int, label: Int = 1) -> Double? {
        rate(member: member, truth: label, decision: label)
    }

    /// How often a member leaves a class alone where it is not; for a binary mask `label` is 1. Nil
    /// where every pixel is thought to be of the class.
    public func specificity(of member: Int, label: Int = 1) -> Double? {
        var (kept, all) = (0.0, 0.0)
        for truth in 0..<classes where truth != label {
            guard let wrong = rate(member: member, truth: truth, decision: label) else { continue }
            let weight = weights[member * classes + truth]
            kept += weight * (1 - wrong)
            all += weight
        }
        return all > 0 ? kept / all : nil
    }

    /// The probability of one class, `[height, width]`; 0 where no member decided.
    public func probabilities(of label: Int) -> [Float] {
        precondition((0..<classes).contains(label), "class \(label) of \(classes)")
        let ofPattern = stride(from: label, to: posterior.count, by: classes).map {
            Float(posterior[$0])
        }
        return patternOf.map { ofPattern[Int($0)] }
    }

    /// The likeliest class of each pixel, the lower index of equals, `[height, width]`; 255 where no
    /// member decided.
    public func decisions() -> [UInt8] {
        let ofPattern = (0..<posterior.count / classes).map { pattern -> UInt8 in
            let values = posterior[pattern * classes..<(pattern + 1) * classes]
            guard let largest = values.max(), largest > 0, let best = values.firstIndex(of: largest)
            else { return LabelMap.ignore }
            return UInt8(best - values.startIndex)
        }
        return patternOf.map { ofPattern[Int($0)] }
    }
}
