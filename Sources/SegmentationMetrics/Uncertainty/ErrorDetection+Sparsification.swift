import Foundation

extension ErrorDetection {
    /// The error rate of what is left when the most uncertain pixels are taken away, relative to
    /// that of all pixels (Ilg et al., "Uncertainty estimates and multi-hypotheses networks for
    /// optical flow", ECCV 2018).
    public struct Sparsification: Hashable, Sendable {
        /// The area under the curve of relative error against the share taken away. Without any
        /// order the error stays as it is, and the area is 1.
        public var area: Double
        /// The same where errors are taken away first: the least there is.
        public var oracleArea: Double

        /// The area between the curve and the oracle's (AUSE); 0 is the best.
        public var error: Double { area - oracleArea }
        /// The area between the curve and chance (AURG; Poggi et al., CVPR 2020); below 0 is worse
        /// than chance.
        public var gain: Double { 1 - area }
    }

    /// The areas of sparsification, exact for pixels that leave a bin in no order; nil without an
    /// error.
    public var sparsification: Sparsification? {
        guard errors > 0, let errorRate else { return nil }
        let all = Double(pixels)
        var (left, wrongLeft) = (all, Double(errors))
        var area = 0.0
        for bin in right.indices.reversed() where right[bin] + wrong[bin] > 0 {
            let (leaving, wrongs) = (Double(right[bin] + wrong[bin]), Double(wrong[bin]))
            // The integral of (wrongLeft - wrongs t) / (left - leaving t) over t in 0...1.
            let rest = wrongLeft - wrongs * left / leaving
            let logarithm = leaving < left ? -log(1 - leaving / left) : 0
            area += wrongs / all + rest * logarithm / all
            left -= leaving
            wrongLeft -= wrongs
        }
        let share = errorRate
        let ofOracle = share < 1 ? 1 + (1 - share) * log(1 - share) / share : 1
        return Sparsification(area: area / share, oracleArea: ofOracle)
    }

    /// The error rate of the pixels that are left when the most uncertain `share` is taken away; nil
    /// where nothing is left or counted.
    public func remainingErrorRate(without share: Double) -> Double? {
        guard share < 1, let errorRate else { return nil }
        guard let found = errorsFound(reviewing: share) else { return 0 }
        return errorRate * (1 - found) / (1 - share)
    }
}
