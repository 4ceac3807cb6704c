import Foundation
import NeuralNetworks
import TensorCore

/// The temperature of the least log loss, by golden-section search over its logarithm.
///
/// The loss is convex in the inverse temperature, so that there is one minimum.
struct TemperatureSearch {
    /// Margins of one image.
    struct Image {
        /// `[entry][other]`: logits of the other classes minus that of the true one; an entry is a
        /// pixel, or a pixel and a class.
        var margins: [Float]
        var others: Int

        var entries: Int { margins.count / max(1, others) }

        init(margins: [Float], others: Int) {
            self.margins = margins
            self.others = others
        }

        /// - Parameter probabilities: the ensemble's without a temperature, `[class][pixel]`.
        init(_ image: FitSample.Image, probabilities: [Float]) {
            let (truth, pixels) = (image.truth, image.pixels)
            var margins: [Float] = []
            switch truth.kind {
            case .sigmoid:
                for (index, label) in truth.labels.enumerated() where label != LabelMap.ignore {
                    let own = logit(probabilities[index])
                    margins.append(label == 1 ? -own : own)
                }
            case .softmax:
                for (pixel, label) in truth.labels.enumerated() where label != LabelMap.ignore {
                    let own = logProbability(probabilities[Int(label) * pixels + pixel])
                    for k in 0..<truth.classes where k != Int(label) {
                        margins.append(logProbability(probabilities[k * pixels + pixel]) - own)
                    }
                }
            }
            self.init(
                margins: margins, others: truth.kind == .sigmoid ? 1 : truth.classes - 1)
        }
    }

    let temperature: Double
    /// At temperature 1, and at this one.
    let plainLoss: Double
    let loss: Double

    /// Steps that divide the range of the logarithm to less than 1e-7.
    private static let steps = 40

    /// - Returns: nil where no image has an entry. Without a gain the temperature is 1.
    init?(_ images: [Image]) {
        let images = images.filter { $0.entries > 0 }
        guard !images.isEmpty else { return nil }
        let ratio = (5.0.squareRoot() - 1) / 2
        var low = log(Tempering.range.lowerBound)
        var high = log(Tempering.range.upperBound)
        var (left, right) = (high - ratio * (high - low), low + ratio * (high - low))
        var leftLoss = Self.logLoss(images, exp(left))
        var rightLoss = Self.logLoss(images, exp(right))
        for _ in 0..<Self.steps {
            if leftLoss <= rightLoss {
                (high, right, rightLoss) = (right, left, leftLoss)
                left = high - ratio * (high - low)
                leftLoss = Self.logLoss(images, exp(left))
            } else {
                (low, left, leftLoss) = (left, right, rightLoss)
                right = low + ratio * (high - low)
                rightLoss = Self.logLoss(images, exp(right))
            }
        }
        let found = min(
            max(exp((low + high) / 2), Tempering.range.lowerBound), Tempering.range.upperBound)
        let foundLoss = Self.logLoss(images, found)
        plainLoss = Self.logLoss(images, 1)
        temperature = foundLoss < plainLoss ? found : 1
        loss = min(foundLoss, plainLoss)
    }

    /// The mean over the images of the mean negative logarithm of the truth's tempered probability.
    static func logLoss(_ images: [Image], _ temperature: Double) -> Double {
        var losses = [Double](repeating: 0, count: images.count)
        ComputeThread.shared.run {
            losses.withUnsafeMutableBufferPointer { losses in
                parallelFor(images.count) { range in
                    for index in range { losses[index] = logLoss(images[index], 1 / temperature) }
                }
            }
        }
        return losses.reduce(0, +) / Double(images.count)
    }

    private static func logLoss(_ image: Image, _ inverse: Double) -> Double {
        image.margins.withUnsafeBufferPointer { margins in
            var sum = 0.0
            for start in stride(from: 0, to: margins.count, by: image.others) {
                // The true class has margin 0.
                var largest = 0.0
                for other in start..<start + image.others {
                    largest = max(largest, inverse * Double(margins[other]))
                }
                var total = exp(-largest)
                for other in start..<start + image.others {
                    total += exp(inverse * Double(margins[other]) - largest)
                }
                sum += largest + log(total)
            }
            return sum / Double(image.entries)
        }
    }
}
