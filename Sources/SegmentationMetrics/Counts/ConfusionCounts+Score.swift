extension ConfusionCounts {
    /// The score in 0...1, or nil where there is none.
    ///
    /// One rule covers every 0 / 0. Each score but pixel accuracy speaks of a set of pixels: the
    /// class, or for specificity its complement. With the set in neither truth nor prediction the
    /// policy decides; with the set in only one of the two the score is 0. Without a single counted
    /// pixel (an image that is ignored throughout) there is nothing to score and the result is nil
    /// under every policy.
    ///
    /// - Parameter absent: decides about a set that is in neither truth nor prediction.
    public func score(_ metric: Metric, absent: AbsentClassPolicy) -> Double? {
        // In Double from here on: a sum of counts may pass Int.max where the counts do not.
        let (found, invented) = (Double(truePositive), Double(falsePositive))
        let (missed, rest) = (Double(falseNegative), Double(trueNegative))
        let total = found + invented + missed + rest
        guard total > 0 else { return nil }

        let (numerator, denominator, others): (Double, Double, Double) =
            switch metric {
            case .iou: (found, found + invented + missed, 0)
            case .dice: (2 * found, 2 * found + invented + missed, 0)
            case .precision: (found, found + invented, missed)
            case .recall: (found, found + missed, invented)
            case .specificity: (rest, rest + invented, missed)
            case .pixelAccuracy: (found + rest, total, 0)
            }
        if denominator > 0 { return numerator / denominator }
        if others > 0 { return 0 }
        return switch absent {
        case .one: 1
        case .skip: nil
        case .zero: 0
        }
    }
}
