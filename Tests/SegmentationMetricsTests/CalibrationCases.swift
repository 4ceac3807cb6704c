import SegmentationMetrics
import TensorCore
import TestSupport

/// Probabilities and their scores by scikit-learn and torchmetrics (scripts/golden/calibration.py).
struct CalibrationCase: Decodable, Sendable, CustomStringConvertible {
    static let all = (try? Golden.load("calibration", as: [CalibrationCase].self)) ?? []

    struct Scores: Decodable, Sendable {
        var logLoss: Double
        var brier: Double
        var calibrationError: Double
        /// Of the bins that are not empty: frequencies, then mean probabilities; nil where truth
        /// has but one outcome, which scikit-learn refuses.
        var reliability: [[Double]]?
    }

    var name: String
    var classes: Int
    var pixels: Int
    var bins: Int
    var ignored: Double
    var counted: Int
    var perClass: [Scores]
    var foreground: Scores
    var categorical: Scores

    var description: String { name }

    /// Without ignored pixels; the last class is absent.
    private var labels: [UInt8] {
        ClosedForm.uniform("\(name)-truth", count: pixels)
            .map { UInt8(($0 + 1) / 2 * Double(classes - 1)) }
    }

    /// 255 where a pixel is ignored.
    var truth: LabelMap {
        let known = ClosedForm.uniform("\(name)-ignored", count: pixels)
            .map { $0 >= 2 * ignored - 1 }
        return LabelMap(
            height: 1, width: pixels,
            labels: zip(labels, known).map { $1 ? $0 : LabelMap.ignore })
    }

    /// `[class, pixel]`.
    var probabilities: [Float] {
        var raw = ClosedForm.uniform("\(name)-probabilities", count: pixels * classes).map {
            let value = ($0 + 1) / 2
            return value * value * value
        }
        for (pixel, label) in labels.enumerated() { raw[pixel * classes + Int(label)] += 0.25 }
        var probabilities = [Float](repeating: 0, count: raw.count)
        for pixel in 0..<pixels {
            let own = raw[pixel * classes..<(pixel + 1) * classes]
            let total = own.dropFirst().reduce(own[own.startIndex], +)
            for (label, value) in own.enumerated() {
                probabilities[label * pixels + pixel] = Float(value / total)
            }
        }
        return probabilities
    }
}
