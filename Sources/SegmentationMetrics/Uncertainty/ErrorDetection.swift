import TensorCore

/// Whether uncertainty finds the errors: right and wrong pixels by how uncertain they are.
///
/// Pixels are counted in bins of uncertainty, and the counts add up over images. From them follow
/// the errors found when the most uncertain pixels are reviewed first, and the area under the ROC of
/// "uncertain means wrong". Bins are equally wide in the fourth root of the uncertainty: good
/// networks are sure of nearly every pixel, and bins of equal width would throw all of those
/// together. Pixels of one bin count as equally uncertain, and in no order.
public struct ErrorDetection: Hashable, Sendable {
    public static let defaultBins = 1000

    /// Right and wrong pixels per bin, the most certain bin first.
    public private(set) var right: [Int]
    public private(set) var wrong: [Int]

    /// Nothing counted yet, to add to.
    public init(bins: Int = defaultBins) {
        precondition(bins > 0, "\(bins) bins")
        right = [Int](repeating: 0, count: bins)
        wrong = right
    }

    /// Counts the pixels of one image, or of one class of it.
    ///
    /// - Parameters:
    ///   - uncertainty: `[height, width]`, 0 to 1, as a share of the largest possible.
    ///   - decisions: class indices (or 0 and 1 of one class), 255 for no decision.
    ///   - truth: the same, 255 for an ignored pixel; both drop out, whatever their uncertainty.
    ///   - ignore: non-zero for a pixel to leave out.
    public mutating func add(
        uncertainty: UnsafeBufferPointer<Float>, decisions: UnsafeBufferPointer<UInt8>,
        truth: UnsafeBufferPointer<UInt8>, ignore: UnsafeBufferPointer<UInt8>? = nil
    ) {
        let pixels = truth.count
        precondition(
            uncertainty.count == pixels && decisions.count == pixels
                && (ignore?.count ?? pixels) == pixels,
            "\(uncertainty.count) uncertainties of \(decisions.count) decisions for \(pixels) pixels"
        )
        let last = right.count - 1
        let scale = Float(right.count)
        right.withUnsafeMutableBufferPointer { right in
            wrong.withUnsafeMutableBufferPointer { wrong in
                for pixel in 0..<pixels {
                    let (decision, label) = (decisions[pixel], truth[pixel])
                    if decision == LabelMap.ignore || label == LabelMap.ignore { continue }
                    if let ignore, ignore[pixel] != 0 { continue }
                    let value = uncertainty[pixel]
                    precondition(value >= 0 && value <= 1, "\(value) is no share")
                    let bin = min(Int(value.squareRoot().squareRoot() * scale), last)
                    if decision == label { right[bin] += 1 } else { wrong[bin] += 1 }
                }
            }
        }
    }

    /// Counts the pixels of one image; see the form over buffers.
    public mutating func add(
        uncertainty: [Float], decisions: [UInt8], truth: [UInt8], ignore: [UInt8]? = nil
    ) {
        uncertainty.withUnsafeBufferPointer { uncertainty in
            decisions.withUnsafeBufferPointer { decisions in
                truth.withUnsafeBufferPointer { truth in
                    guard let ignore else {
                        add(uncertainty: uncertainty, decisions: decisions, truth: truth)
                        return
                    }
                    ignore.withUnsafeBufferPointer {
                        add(
                            uncertainty: uncertainty, decisions: decisions, truth: truth,
                            ignore: $0)
                    }
                }
            }
        }
    }

    /// The number of pixels counted.
    public var pixels: Int { right.reduce(0, +) + errors }

    /// The number of wrong pixels.
    public var errors: Int { wrong.reduce(0, +) }

    /// The part of the pixels that is wrong; nil where no pixel counts.
    public var errorRate: Double? {
        pixels > 0 ? Double(errors) / Double(pixels) : nil
    }

    /// The probability that a wrong pixel is more uncertain than a right one, equals counting half;
    /// nil without a wrong or without a right pixel. 0.5 is chance.
    public var areaUnderROC: Double? {
        var (rightBelow, pairs) = (0.0, 0.0)
        for (rights, wrongs) in zip(right, wrong) {
            pairs += Double(wrongs) * (rightBelow + Double(rights) / 2)
            rightBelow += Double(rights)
        }
        let all = rightBelow * Double(errors)
        return all > 0 ? pairs / all : nil
    }

    public static func + (left: ErrorDetection, right: ErrorDetection) -> ErrorDetection {
        var sum = left
        sum += right
        return sum
    }

    public static func += (left: inout ErrorDetection, right: ErrorDetection) {
        precondition(
            left.right.count == right.right.count,
            "\(left.right.count) and \(right.right.count) bins")
        for bin in left.right.indices {
            left.right[bin] += right.right[bin]
            left.wrong[bin] += right.wrong[bin]
        }
    }
}
