import Foundation
import TensorCore

extension CalibrationSums {
    /// One class with a mask and probabilities of its own (a sigmoid output).
    ///
    /// - Parameters:
    ///   - truth: `[height, width]`, 0 or 1, or 255 for an ignored pixel.
    ///   - probabilities: `[height, width]`, of the class.
    ///   - ignore: `[height, width]`, non-zero for a pixel to leave out.
    public static func binary(
        truth: UnsafeBufferPointer<UInt8>, probabilities: UnsafeBufferPointer<Float>,
        ignore: UnsafeBufferPointer<UInt8>? = nil, bins: Int = defaultBins
    ) -> CalibrationSums {
        var wrong = 0
        for pixel in 0..<truth.count {
            wrong += truth[pixel] > 1 && truth[pixel] != LabelMap.ignore ? 1 : 0
        }
        precondition(wrong == 0, "\(wrong) pixels of a binary mask are not 0, 1 or 255")
        var sums = CalibrationSums(bins: bins)
        sums.add(
            truth: truth, probabilities: probabilities, ignore: ignore, label: 1, inverted: false)
        return sums
    }

    /// One class with a mask and probabilities of its own; see the form over buffers.
    public static func binary(
        truth: [UInt8], probabilities: [Float], ignore: [UInt8]? = nil, bins: Int = defaultBins
    ) -> CalibrationSums {
        truth.withUnsafeBufferPointer { truth in
            probabilities.withUnsafeBufferPointer { probabilities in
                guard let ignore else {
                    return binary(truth: truth, probabilities: probabilities, bins: bins)
                }
                return ignore.withUnsafeBufferPointer {
                    binary(truth: truth, probabilities: probabilities, ignore: $0, bins: bins)
                }
            }
        }
    }

    /// Each class of a label map against all others.
    ///
    /// - Parameters:
    ///   - truth: `[height, width]`, class indices, or 255 for an ignored pixel.
    ///   - probabilities: `[classes, height, width]`, summing to 1 over the classes.
    /// - Returns: one value per class, in the order of the classes.
    public static func perClass(
        truth: UnsafeBufferPointer<UInt8>, probabilities: UnsafeBufferPointer<Float>,
        classes: Int, bins: Int = defaultBins
    ) -> [CalibrationSums] {
        precondition((1...255).contains(classes), "\(classes) classes")
        precondition(
            probabilities.count == classes * truth.count,
            "\(probabilities.count) probabilities for \(classes) x \(truth.count) pixels")
        return (0..<classes).map { index in
            var sums = CalibrationSums(bins: bins)
            sums.add(
                truth: truth,
                probabilities: plane(index, of: probabilities, pixels: truth.count), ignore: nil,
                label: UInt8(index), inverted: false)
            return sums
        }
    }

    /// Each class of a label map against all others; see the form over buffers.
    public static func perClass(
        truth: LabelMap, probabilities: [Float], classes: Int, bins: Int = defaultBins
    ) -> [CalibrationSums] {
        truth.labels.withUnsafeBufferPointer { truth in
            probabilities.withUnsafeBufferPointer {
                perClass(truth: truth, probabilities: $0, classes: classes, bins: bins)
            }
        }
    }

    /// All classes but the background, together, against the background.
    ///
    /// - Parameters:
    ///   - truth: `[height, width]`, class indices, or 255 for an ignored pixel.
    ///   - probabilities: `[classes, height, width]`, summing to 1 over the classes.
    ///   - background: the index of the background class.
    public static func foreground(
        truth: UnsafeBufferPointer<UInt8>, probabilities: UnsafeBufferPointer<Float>,
        classes: Int, background: Int = 0, bins: Int = defaultBins
    ) -> CalibrationSums {
        precondition(
            (1...255).contains(classes) && (0..<classes).contains(background),
            "background \(background) of \(classes) classes")
        precondition(
            probabilities.count == classes * truth.count,
            "\(probabilities.count) probabilities for \(classes) x \(truth.count) pixels")
        var sums = CalibrationSums(bins: bins)
        sums.add(
            truth: truth,
            probabilities: plane(background, of: probabilities, pixels: truth.count), ignore: nil,
            label: UInt8(background), inverted: true)
        return sums
    }

    /// All classes but the background, together; see the form over buffers.
    public static func foreground(
        truth: LabelMap, probabilities: [Float], classes: Int, background: Int = 0,
        bins: Int = defaultBins
    ) -> CalibrationSums {
        truth.labels.withUnsafeBufferPointer { truth in
            probabilities.withUnsafeBufferPointer {
                foreground(
                    truth: truth, probabilities: $0, classes: classes, background: background,
                    bins: bins)
            }
        }
    }

    private static func plane(
        _ index: Int, of probabilities: UnsafeBufferPointer<Float>, pixels: Int
    ) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(rebasing: probabilities[index * pixels..<(index + 1) * pixels])
    }

    /// Adds the pixels of one image: `label` against the rest, or the rest against `label`.
    private mutating func add(
        truth: UnsafeBufferPointer<UInt8>, probabilities: UnsafeBufferPointer<Float>,
        ignore: UnsafeBufferPointer<UInt8>?, label: UInt8, inverted: Bool
    ) {
        precondition(
            probabilities.count == truth.count,
            "\(probabilities.count) probabilities for \(truth.count) pixels")
        if let ignore {
            precondition(
                ignore.count == truth.count, "mask of \(ignore.count) for \(truth.count) pixels")
        }
        let last = bins.count - 1
        let scale = Double(bins.count)
        var (counted, loss, squares) = (0, 0.0, 0.0)
        bins.withUnsafeMutableBufferPointer { bins in
            for pixel in 0..<truth.count {
                if truth[pixel] == LabelMap.ignore { continue }
                if let ignore, ignore[pixel] != 0 { continue }
                let hit = (truth[pixel] == label) != inverted
                // Both sides are kept: 1 - (1 - p) would lose the digits of a small p.
                let given = Self.checked(probabilities[pixel])
                let (probability, rest) = inverted ? (1 - given, given) : (given, 1 - given)
                let (ofTruth, error) = hit ? (probability, rest) : (rest, probability)
                counted += 1
                loss -= log(Self.clipped(ofTruth))
                squares += error * error
                let bin = min(Int(probability * scale), last)
                bins[bin].pixels += 1
                bins[bin].probability += probability
                bins[bin].hits += hit ? 1 : 0
            }
        }
        pixels += counted
        logLossSum += loss
        squaredErrorSum += squares
    }
}
