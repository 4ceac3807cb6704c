import Training

/// Which labels the members that are still to come cannot change.
///
/// Every class's final value lies between what it has now and that plus the weight that is left, since
/// a probability is between 0 and 1 and a vote is cast once:
///
/// - Exclusive classes, mean of probabilities: a leads b by more than the weight left for b. A member
///   can add its whole weight to b and nothing to a; that softmax adds up to 1 bounds no tighter.
/// - Exclusive classes, votes: the same of votes. One that could still tie is not settled.
/// - Overlapping classes, mean: the mean is at or above the threshold already, or stays below it with
///   all that is left.
/// - Overlapping classes, votes: more votes for than against and left together, or the other way.
///
/// Values are compared as the combiner will: weighted sums of `Float`, scaled by the sum of the weights.
/// A sum of n terms of at least 0, each a rounded product, is within (n + 2) half units in the last place
/// of 1 of the true one, one more comes with the scale, eight with probabilities that interpolation
/// rounded above 1, and four with the comparison itself; hence a margin of (members + 16) units in
/// the last place of 1, about 3e-6 for ten members.
///
/// The mean of logits is bounded by nothing (but for the clamp that keeps certainty finite): one member
/// can outvote all others, so nothing is ever settled.
struct SettledLabels {
    let rule: Combiner.Rule
    /// By how many members have answered, then by class: the weight that is left, scaled.
    private let left: [[Float]]
    /// What the combiner's sums are multiplied by.
    private let scales: [Float]
    private let margin: Float

    /// - Parameter weights: by member, in the order in which they answer, then by class.
    init(_ rule: Combiner.Rule, weights: [[Double]]) {
        self.rule = rule
        let classes = weights.first?.count ?? 0
        let isVote = rule.method == .hardVoting
        // One after another, as the combiner adds them.
        var totals = [Double](repeating: 0, count: classes)
        for own in weights { for k in 0..<classes { totals[k] += own[k] } }
        let scales: [Float] = totals.map { isVote ? 1 : $0 > 0 ? Float(1 / $0) : 0 }
        self.scales = scales
        left = (0...weights.count).map { done in
            (0..<classes).map { k in
                Float(weights[done...].reduce(0.0) { $0 + $1[k] } * Double(scales[k]))
            }
        }
        let unit = isVote ? Float(totals.max() ?? 1) : 1
        margin = Float(weights.count + 16) * .ulpOfOne * unit
    }

    /// Takes settled pixels out of `open` and writes their labels.
    ///
    /// - Parameters:
    ///   - members: how many have been added to the combiner.
    ///   - labels: a class index per pixel, or `[class][pixel]` of 0 and 1, as the combiner decides.
    func settle(
        _ combiner: Combiner, after members: Int, _ open: inout PixelMask, _ labels: inout [UInt8]
    ) {
        guard rule.exitObstacle == nil else { return }
        labels.withUnsafeMutableBufferPointer { labels in
            (rule.method == .hardVoting ? combiner.votes : combiner.sums)
                .withUnsafeBufferPointer { values in
                    let left = left[members]
                    if rule.isExclusive {
                        open.remove { exclusive(values, $0, combiner.pixels, left, labels) }
                    } else if rule.method == .softVoting {
                        open.remove { mean(values, $0, combiner.pixels, left, labels) }
                    } else {
                        combiner.votesAgainst.withUnsafeBufferPointer { against in
                            open.remove {
                                votes(values, against, $0, combiner.pixels, left, labels)
                            }
                        }
                    }
                }
        }
    }

    private typealias Values = UnsafeBufferPointer<Float>
    private typealias Labels = UnsafeMutableBufferPointer<UInt8>

    private func exclusive(
        _ values: Values, _ pixel: Int, _ pixels: Int, _ left: [Float], _ labels: Labels
    ) -> Bool {
        var best = 0
        var top = -Float.infinity
        for k in left.indices {
            let value = values[k * pixels + pixel] * scales[k]
            if value > top { (best, top) = (k, value) }
        }
        for k in left.indices where k != best {
            let reach = values[k * pixels + pixel] * scales[k] + left[k] + margin
            guard top > reach else { return false }
        }
        labels[pixel] = UInt8(best)
        return true
    }

    private func mean(
        _ values: Values, _ pixel: Int, _ pixels: Int, _ left: [Float], _ labels: Labels
    ) -> Bool {
        for k in left.indices {
            let threshold = Float(rule.thresholds[k])
            let value = values[k * pixels + pixel] * scales[k]
            if value >= threshold + margin {
                labels[k * pixels + pixel] = 1
            } else if value + left[k] < threshold - margin {
                labels[k * pixels + pixel] = 0
            } else {
                return false
            }
        }
        return true
    }

    private func votes(
        _ votes: Values, _ against: Values, _ pixel: Int, _ pixels: Int, _ left: [Float],
        _ labels: Labels
    ) -> Bool {
        for k in left.indices {
            let (yes, no) = (votes[k * pixels + pixel], against[k * pixels + pixel])
            if yes > no + left[k] + margin {
                labels[k * pixels + pixel] = 1
            } else if no > yes + left[k] + margin {
                labels[k * pixels + pixel] = 0
            } else {
                return false
            }
        }
        return true
    }
}
