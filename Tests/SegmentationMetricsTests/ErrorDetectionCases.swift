import SegmentationMetrics
import TensorCore
import TestSupport

/// Pixels with an uncertainty, right or wrong, and what scikit-learn says of them
/// (scripts/golden/uncertainty.py).
struct ErrorDetectionCase: Decodable, Sendable, CustomStringConvertible {
    static let all = (try? Golden.load("error_detection", as: [ErrorDetectionCase].self)) ?? []

    var name: String
    var pixels: Int
    var rate: Double
    var skill: Double
    var bins: Int
    var errors: Int
    var auroc: Double?
    /// Reviewed and found, from nothing to everything.
    var curve: [[Double]]?

    var description: String { name }

    var wrong: [Bool] {
        ClosedForm.uniform("\(name)-wrong", count: pixels).map { $0 < 2 * rate - 1 }
    }

    var bin: [Int] {
        zip(ClosedForm.uniform("\(name)-level", count: pixels), wrong).map { level, wrong in
            let moved = (level + 1) / 2 + skill * (wrong ? 0.4 : -0.4)
            return min(max(Int((moved * Double(bins)).rounded(.down)), 0), bins - 1)
        }
    }

    /// In the middle of the bins of the fourth root.
    var uncertainty: [Float] {
        bin.map { bin in
            let root = (Double(bin) + 0.5) / Double(bins)
            return Float(root * root * root * root)
        }
    }

    var detection: ErrorDetection {
        var detection = ErrorDetection(bins: bins)
        detection.add(
            uncertainty: uncertainty, decisions: wrong.map { $0 ? 1 : 0 },
            truth: [UInt8](repeating: 0, count: pixels))
        return detection
    }
}
