import Foundation
import TensorCore

/// Sums over pixels from which the probabilistic scores follow: log loss, Brier score and expected
/// calibration error.
///
/// Sums add up over images with `+`, as confusion counts do: the scores of a sum are the pooled
/// ones, the mean of images' scores the per-image ones. Ignored pixels are in none of them, and
/// without a single counted pixel every score is nil. Additions are made in Double, in the order of
/// the pixels.
public struct CalibrationSums: Hashable, Sendable {
    /// The pixels whose probability falls in one interval of equal width.
    public struct Bin: Hashable, Sendable {
        public internal(set) var pixels = 0
        /// The sum of the pixels' probabilities.
        public internal(set) var probability = 0.0
        /// How many of the pixels were of the class, or rightly predicted for ``categorical``.
        public internal(set) var hits = 0
    }

    /// Probabilities are kept this far from 0 and 1 before the logarithm: the resolution of Float
    /// near 1, scikit-learn's rule for single-precision probabilities.
    public static let smallestProbability = 0x1p-23
    /// The usual number of bins (Guo et al., "On calibration of modern neural networks", ICML
    /// 2017).
    public static let defaultBins = 15

    public internal(set) var pixels = 0
    /// The sum of `-log(probability of what is true)`, natural logarithm.
    public internal(set) var logLossSum = 0.0
    /// The sum of squared errors of the probabilities.
    public internal(set) var squaredErrorSum = 0.0
    /// Bin `i` of n holds probabilities in `[i / n, (i + 1) / n)`, the last one 1 as well.
    public internal(set) var bins: [Bin]

    /// Nothing counted yet, to add to.
    public init(bins: Int = defaultBins) {
        precondition(bins > 0, "\(bins) bins")
        self.bins = [Bin](repeating: Bin(), count: bins)
    }

    /// The mean negative log-likelihood in nats, 0 or more; nil where no pixel counts.
    public var logLoss: Double? { pixels > 0 ? logLossSum / Double(pixels) : nil }

    /// The mean squared error of the probabilities; nil where no pixel counts.
    ///
    /// One class against the rest: in 0...1. Categorical: the sum over classes as Brier (1950) has
    /// it, in 0...2.
    public var brier: Double? { pixels > 0 ? squaredErrorSum / Double(pixels) : nil }

    /// The expected calibration error in 0...1: the gap between mean probability and frequency in
    /// each bin, averaged over pixels; nil where no pixel counts.
    public var expectedCalibrationError: Double? {
        guard pixels > 0 else { return nil }
        var gaps = 0.0
        for bin in bins { gaps += abs(bin.probability - Double(bin.hits)) }
        return gaps / Double(pixels)
    }

    public static func + (left: CalibrationSums, right: CalibrationSums) -> CalibrationSums {
        var sum = left
        sum += right
        return sum
    }

    public static func += (left: inout CalibrationSums, right: CalibrationSums) {
        precondition(
            left.bins.count == right.bins.count,
            "\(left.bins.count) and \(right.bins.count) bins")
        left.pixels += right.pixels
        left.logLossSum += right.logLossSum
        left.squaredErrorSum += right.squaredErrorSum
        for index in left.bins.indices {
            left.bins[index].pixels += right.bins[index].pixels
            left.bins[index].probability += right.bins[index].probability
            left.bins[index].hits += right.bins[index].hits
        }
    }

    /// A probability as a number in 0...1.
    ///
    /// Sums of softmax outputs stray from 0...1 by rounding only; anything further is no
    /// probability (a logit, or a NaN that should have been stopped where it left the network).
    @inline(__always)
    static func checked(_ probability: Float) -> Double {
        let value = Double(probability)
        if value >= 0 && value <= 1 { return value }
        precondition(value > -1e-4 && value < 1.0001, "\(probability) is no probability")
        return min(max(value, 0), 1)
    }

    /// A probability that has a finite logarithm.
    @inline(__always)
    static func clipped(_ probability: Double) -> Double {
        min(max(probability, smallestProbability), 1 - smallestProbability)
    }
}
