import Foundation
import TensorCore

/// The temperature that calibrates logits best: the one number that they are divided by (Guo et al.,
/// "On calibration of modern neural networks", ICML 2017).
///
/// It minimises the mean negative log-likelihood over pixels that no member was trained on. One
/// temperature serves all classes, so that the likeliest class stays the likeliest. Above 1 the
/// probabilities were too sure. In the inverse of the temperature the loss is convex: there is one
/// minimum, which safeguarded Newton steps find.
public struct TemperatureFit: Hashable, Sendable, Codable {
    /// The temperatures that are tried; a fit at an end says that the data would go further, as
    /// where every pixel is right.
    public static let range = 0.05...20.0

    public let temperature: Double
    /// The mean negative log-likelihood in nats as it was, at temperature 1.
    public let logLossBefore: Double
    /// The same at ``temperature``; never larger.
    public let logLoss: Double
    /// The number of pixels that counted.
    public let pixels: Int

    /// Fits a softmax output.
    ///
    /// - Parameters:
    ///   - logits: `[pixel, class]`, finite: logits, or logarithms of probabilities, which are as
    ///     good. Clip a probability of 0 before its logarithm is taken.
    ///   - truth: one class index per pixel, 255 for one that does not count.
    /// - Returns: nil where no pixel counts.
    public static func softmax(logits: [Float], truth: [UInt8], classes: Int) -> TemperatureFit? {
        precondition((1...255).contains(classes), "\(classes) classes")
        precondition(
            logits.count == classes * truth.count,
            "\(logits.count) logits for \(truth.count) x \(classes) pixels")
        // The true class as 0: the loss is the log of the sum of exponentials of what is left.
        var margins: [Double] = []
        margins.reserveCapacity((classes - 1) * truth.count)
        var counted = 0
        for (pixel, label) in truth.enumerated() where label != LabelMap.ignore {
            precondition(label < classes, "label \(label) of \(classes) classes")
            let first = pixel * classes
            let own = Double(logits[first + Int(label)])
            for other in 0..<classes where other != Int(label) {
                margins.append(Double(logits[first + other]) - own)
            }
            precondition(own.isFinite, "a logit is not finite")
            counted += 1
        }
        return fit(margins, others: classes - 1, pixels: counted)
    }

    /// Fits a sigmoid output, of one class or of all classes' pixels together.
    ///
    /// - Parameters:
    ///   - logits: one per pixel, finite.
    ///   - truth: 0 or 1, or 255 for a pixel that does not count.
    /// - Returns: nil where no pixel counts.
    public static func sigmoid(logits: [Float], truth: [UInt8]) -> TemperatureFit? {
        precondition(
            logits.count == truth.count, "\(logits.count) logits for \(truth.count) pixels")
        var margins: [Double] = []
        margins.reserveCapacity(truth.count)
        for (logit, label) in zip(logits, truth) where label != LabelMap.ignore {
            precondition(label <= 1, "label \(label) of a binary mask")
            margins.append(label == 1 ? -Double(logit) : Double(logit))
        }
        return fit(margins, others: 1, pixels: margins.count)
    }

    /// - Parameter margins: `[pixel, other class]`: logits minus that of the true class.
    private static func fit(_ margins: [Double], others: Int, pixels: Int) -> TemperatureFit? {
        guard pixels > 0 else { return nil }
        precondition(margins.allSatisfy(\.isFinite), "a logit is not finite")
        let data = Margins(values: margins, others: others, pixels: pixels)
        let before = data.loss(1)
        // A loss that does not change with the temperature keeps it.
        let best = before.slope == 0 ? 1 : minimum(of: data)
        let after = data.loss(best).value
        let isBetter = after < before.value
        return TemperatureFit(
            temperature: isBetter ? 1 / best : 1, logLossBefore: before.value,
            logLoss: isBetter ? after : before.value, pixels: pixels)
    }

    /// The inverse temperature of the least loss, searched in its logarithm.
    private static func minimum(of data: Margins) -> Double {
        var (low, high) = (-log(range.upperBound), -log(range.lowerBound))
        if data.loss(exp(low)).slope >= 0 { return 1 / range.upperBound }
        if data.loss(exp(high)).slope <= 0 { return 1 / range.lowerBound }
        var position = 0.0
        for _ in 0..<200 {
            let inverse = exp(position)
            let loss = data.loss(inverse)
            if loss.slope == 0 { break }
            if loss.slope < 0 { low = position } else { high = position }
            let step = loss.slope / (loss.curvature * inverse)
            var next = position - step
            // Also where the curvature vanishes and the step is no number.
            if !(next > low && next < high) { next = low + (high - low) / 2 }
            if abs(next - position) < 1e-13 { break }
            position = next
        }
        return exp(position)
    }

    /// The loss as a function of the inverse temperature.
    private struct Margins {
        /// `[pixel, other class]`.
        let values: [Double]
        let others: Int
        let pixels: Int

        /// Mean over the pixels of log(1 + sum of exp(inverse * margin)), and its derivatives by the
        /// inverse temperature.
        func loss(_ inverse: Double) -> (value: Double, slope: Double, curvature: Double) {
            var sums = (value: 0.0, slope: 0.0, curvature: 0.0)
            values.withUnsafeBufferPointer { values in
                for pixel in 0..<pixels {
                    let first = pixel * others
                    // The true class has margin 0.
                    var largest = 0.0
                    for other in 0..<others { largest = max(largest, values[first + other]) }
                    var total = exp(-inverse * largest)
                    var (mean, square) = (0.0, 0.0)
                    for other in 0..<others {
                        let margin = values[first + other]
                        let weight = exp(inverse * (margin - largest))
                        total += weight
                        mean += weight * margin
                        square += weight * margin * margin
                    }
                    mean /= total
                    sums.value += inverse * largest + log(total)
                    sums.slope += mean
                    sums.curvature += square / total - mean * mean
                }
            }
            let count = Double(pixels)
            return (sums.value / count, sums.slope / count, sums.curvature / count)
        }
    }
}
