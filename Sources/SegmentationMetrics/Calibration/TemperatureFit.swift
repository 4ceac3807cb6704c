import Foundation
import TensorCore

/// The temperature that calibrates logits best: the one number that they are divided by (Guo et al.,
/// "On calibration of modern neural networks", ICML 2017).
///
/// It minimises the mean negative log-likelihood over pixels that no member was trained on. One
/// temperature serves all classes, so that the likeliest class stays the likeliest. Above 1 the
/// probabilities were too sure. In the inverse of the temperature the loss is convex: there is one
/// minimum, which safeguarded Newton steps find.
public struct TemperatureFit: Hashable, Sendable {
    /// The temperatures that are tried; a fit at an end says that the data would go further, as
    /// where every pixel is right.
    public static let range = 0.05...20.0

    /// What the pixels of one image say about a temperature.
    public struct Image: Sendable {
        /// `[pixel, other class]`: logits minus that of the true class.
        fileprivate var margins: [Double] = []
        fileprivate var others: Int
        /// The pixels that count; with sigmoid each of them once a class.
        public private(set) var pixels = 0

        /// Of a softmax output.
        ///
        /// - Parameters:
        ///   - logits: `[class][pixel]`, finite: logits, or logarithms of probabilities, which are as
        ///     good. Clip a probability of 0 before its logarithm is taken.
        ///   - truth: one class index per pixel, 255 for one that does not count.
        public static func softmax(logits: [Float], truth: [UInt8], classes: Int) -> Image {
            precondition((1...255).contains(classes), "\(classes) classes")
            let count = truth.count
            precondition(
                logits.count == classes * count,
                "\(logits.count) logits for \(classes) x \(count) pixels")
            // The true class as 0: the loss is the log of the sum of exponentials of what is left.
            var image = Image(others: classes - 1)
            image.margins.reserveCapacity((classes - 1) * count)
            for (pixel, label) in truth.enumerated() where label != LabelMap.ignore {
                precondition(label < classes, "label \(label) of \(classes) classes")
                let own = Double(logits[Int(label) * count + pixel])
                for other in 0..<classes where other != Int(label) {
                    image.margins.append(Double(logits[other * count + pixel]) - own)
                }
                precondition(own.isFinite, "a logit is not finite")
                image.pixels += 1
            }
            precondition(image.margins.allSatisfy(\.isFinite), "a logit is not finite")
            return image
        }

        /// Of a sigmoid output, of one class or of all classes together.
        ///
        /// - Parameters:
        ///   - logits: one per pixel and class, finite.
        ///   - truth: as many: 0 or 1, or 255 for one that does not count.
        public static func sigmoid(logits: [Float], truth: [UInt8]) -> Image {
            precondition(
                logits.count == truth.count, "\(logits.count) logits for \(truth.count) pixels")
            var image = Image(others: 1)
            image.margins.reserveCapacity(truth.count)
            for (logit, label) in zip(logits, truth) where label != LabelMap.ignore {
                precondition(label <= 1, "label \(label) of a binary mask")
                image.margins.append(label == 1 ? -Double(logit) : Double(logit))
            }
            image.pixels = image.margins.count
            precondition(image.margins.allSatisfy(\.isFinite), "a logit is not finite")
            return image
        }

        private init(others: Int) { self.others = others }

        /// Mean over the pixels of log(1 + sum of exp(inverse * margin)), and its derivatives by the
        /// inverse temperature.
        fileprivate func loss(_ inverse: Double) -> Loss {
            var sums = Loss()
            margins.withUnsafeBufferPointer { values in
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
            return sums.divided(by: pixels)
        }
    }

    public let temperature: Double
    /// The mean negative log-likelihood in nats as it was, at temperature 1.
    public let logLossBefore: Double
    /// The same at ``temperature``; never larger.
    public let logLoss: Double

    /// Fits the mean over images of the mean over each image's pixels.
    ///
    /// - Returns: nil where no pixel counts.
    public init?(_ images: [Image]) {
        let images = images.filter { $0.pixels > 0 }
        guard !images.isEmpty else { return nil }
        let before = Self.loss(images, 1)
        // A loss that does not change with the temperature keeps it.
        let best = before.slope == 0 ? 1 : Self.minimum(of: images)
        let after = Self.loss(images, best).value
        let isBetter = after < before.value
        // Within the range also to the last bit.
        let found = min(max(1 / best, Self.range.lowerBound), Self.range.upperBound)
        temperature = isBetter ? found : 1
        logLossBefore = before.value
        logLoss = isBetter ? after : before.value
    }

    /// The mean over images of the mean negative log-likelihood at some temperature; nil where no
    /// pixel counts.
    public static func logLoss(_ images: [Image], at temperature: Double) -> Double? {
        let images = images.filter { $0.pixels > 0 }
        return images.isEmpty ? nil : loss(images, 1 / temperature).value
    }

    /// The inverse temperature of the least loss, searched in its logarithm.
    private static func minimum(of images: [Image]) -> Double {
        var (low, high) = (-log(range.upperBound), -log(range.lowerBound))
        if loss(images, exp(low)).slope >= 0 { return 1 / range.upperBound }
        if loss(images, exp(high)).slope <= 0 { return 1 / range.lowerBound }
        var position = 0.0
        for _ in 0..<200 {
            let inverse = exp(position)
            let found = loss(images, inverse)
            if found.slope == 0 { break }
            if found.slope < 0 { low = position } else { high = position }
            let step = found.slope / (found.curvature * inverse)
            var next = position - step
            // Also where the curvature vanishes and the step is no number.
            if !(next > low && next < high) { next = low + (high - low) / 2 }
            if abs(next - position) < 1e-13 { break }
            position = next
        }
        return exp(position)
    }

    /// A loss and its derivatives by the inverse temperature.
    fileprivate struct Loss {
        var value = 0.0
        var slope = 0.0
        var curvature = 0.0

        func divided(by count: Int) -> Loss {
            let share = 1 / Double(count)
            return Loss(value: value * share, slope: slope * share, curvature: curvature * share)
        }
    }

    private static func loss(_ images: [Image], _ inverse: Double) -> Loss {
        var losses = [Loss](repeating: Loss(), count: images.count)
        ComputeThread.shared.run {
            losses.withUnsafeMutableBufferPointer { losses in
                parallelFor(images.count) { range in
                    for index in range { losses[index] = images[index].loss(inverse) }
                }
            }
        }
        return losses.reduce(into: Loss()) { sum, loss in
            sum.value += loss.value
            sum.slope += loss.slope
            sum.curvature += loss.curvature
        }.divided(by: images.count)
    }
}
