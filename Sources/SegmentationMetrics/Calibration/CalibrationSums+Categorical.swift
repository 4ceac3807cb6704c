import Foundation
import TensorCore

extension CalibrationSums {
    /// All classes of a label map at once (a softmax output).
    ///
    /// The log loss is that of the true class and the Brier score sums over classes. The bins hold
    /// the probability of the predicted class (the likeliest; of equals the first) and hits are
    /// pixels predicted rightly, so that the calibration error is that of the top label. Pixel
    /// averages over all classes are dominated by the background:
    /// ``perClass(truth:probabilities:classes:bins:)`` and
    /// ``foreground(truth:probabilities:classes:background:bins:)`` are not.
    ///
    /// - Parameters:
    ///   - truth: `[height, width]`, class indices, or 255 for an ignored pixel.
    ///   - probabilities: `[classes, height, width]`, summing to 1 over the classes.
    public static func categorical(
        truth: UnsafeBufferPointer<UInt8>, probabilities: UnsafeBufferPointer<Float>,
        classes: Int, bins binCount: Int = defaultBins
    ) -> CalibrationSums {
        let pixels = truth.count
        precondition((1...255).contains(classes), "\(classes) classes")
        precondition(
            probabilities.count == classes * pixels,
            "\(probabilities.count) probabilities for \(classes) x \(pixels) pixels")
        var sums = CalibrationSums(bins: binCount)
        let scale = Double(binCount)
        var (counted, loss, squares) = (0, 0.0, 0.0)
        sums.bins.withUnsafeMutableBufferPointer { bins in
            for pixel in 0..<pixels {
                if truth[pixel] == LabelMap.ignore { continue }
                let label = Int(truth[pixel])
                precondition(label < classes, "label \(label) of \(classes) classes")
                var (best, top, ofTruth) = (0, -1.0, 0.0)
                for index in 0..<classes {
                    let probability = checked(probabilities[index * pixels + pixel])
                    if probability > top { (best, top) = (index, probability) }
                    var error = probability
                    if index == label {
                        ofTruth = probability
                        error = 1 - probability
                    }
                    squares += error * error
                }
                counted += 1
                loss -= log(clipped(ofTruth))
                let bin = min(Int(top * scale), binCount - 1)
                bins[bin].pixels += 1
                bins[bin].probability += top
                bins[bin].hits += best == label ? 1 : 0
            }
        }
        sums.pixels = counted
        sums.logLossSum = loss
        sums.squaredErrorSum = squares
        return sums
    }

    /// All classes of a label map at once; see the form over buffers.
    public static func categorical(
        truth: LabelMap, probabilities: [Float], classes: Int, bins: Int = defaultBins
    ) -> CalibrationSums {
        truth.labels.withUnsafeBufferPointer { truth in
            probabilities.withUnsafeBufferPointer {
                categorical(truth: truth, probabilities: $0, classes: classes, bins: bins)
            }
        }
    }
}
