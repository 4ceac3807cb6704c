import Foundation
import TensorCore

/// How uncertain an ensemble is about each pixel of an image, and how much of that is its members'
/// disagreement.
///
/// The entropy of the mean probability (*total*) is the mean of the members' entropies (*data*: what
/// every member finds unclear) plus what is left (*disagreement*: the mutual information of member
/// and class, 0 where all members give the same probabilities, never below). See Depeweg et al.,
/// "Decomposition of uncertainty in Bayesian deep learning", ICML 2018. A softmax output has one map
/// of each, a sigmoid output one per class.
///
/// Members are added one after another and never stacked: memory does not grow with their number.
/// All maps are running means, in single precision (1e-7 nats); arithmetic is in Double.
public struct MemberUncertainty {
    /// A part of the uncertainty.
    public enum Part: String, Codable, CaseIterable, Sendable {
        /// The entropy of the members' mean probability.
        case total
        /// The mean of the members' entropies.
        case data
        /// The difference of the two; undefined for one member.
        case disagreement
    }

    /// What an entropy is measured in.
    public enum Unit: String, Codable, CaseIterable, Sendable {
        case nats
        /// 1 is the entropy of equally likely outcomes: log(classes) for softmax, log(2) for sigmoid.
        case shareOfLargest = "share-of-largest"
    }

    public let classes: Int
    public let pixels: Int
    /// True for softmax.
    public let isExclusive: Bool
    /// Members added with a weight above 0.
    public private(set) var members = 0
    private var weight = 0.0
    /// Mean probabilities, `[class][pixel]`.
    private var means: [Float]
    /// Means of the members' entropies in nats, `[map][pixel]`.
    private var entropies: [Float]

    /// - Parameter isExclusive: whether exactly one class holds in a pixel (softmax), of two or more.
    public init(classes: Int, pixels: Int, isExclusive: Bool) {
        precondition((isExclusive ? 2...255 : 1...255).contains(classes), "\(classes) classes")
        precondition(pixels >= 0, "\(pixels) pixels")
        self.classes = classes
        self.pixels = pixels
        self.isExclusive = isExclusive
        means = [Float](repeating: 0, count: classes * pixels)
        entropies = [Float](repeating: 0, count: (isExclusive ? 1 : classes) * pixels)
    }

    /// The number of maps of each part: 1 for softmax, one per class for sigmoid.
    public var maps: Int { isExclusive ? 1 : classes }

    /// Adds one member.
    ///
    /// - Parameters:
    ///   - probabilities: `[class, height, width]`, for softmax summing to 1 over the classes.
    ///   - weight: its weight in the mean, 0 or more; a member of weight 0 is no member.
    public mutating func add(_ probabilities: [Float], weight own: Double = 1) {
        precondition(
            probabilities.count == means.count,
            "\(probabilities.count) probabilities for \(classes) x \(pixels) pixels")
        precondition(own >= 0 && own.isFinite, "a member of weight \(own)")
        guard own > 0 else { return }
        members += 1
        weight += own
        // Means move towards the new value by its share (West 1979): equal members leave them as
        // they are to the last bit, which sums that are divided at the end would not.
        let share = own / weight
        probabilities.withUnsafeBufferPointer { values in
            means.withUnsafeMutableBufferPointer { means in
                for index in 0..<values.count {
                    let value = CalibrationSums.checked(values[index])
                    let before = Double(means[index])
                    means[index] = Float(before + share * (value - before))
                }
            }
            let entropy = PixelEntropy(
                values: values, classes: classes, pixels: pixels, isExclusive: isExclusive)
            entropies.withUnsafeMutableBufferPointer { entropies in
                for index in 0..<entropies.count {
                    let value = entropy.at(index)
                    let before = Double(entropies[index])
                    entropies[index] = Float(before + share * (value - before))
                }
            }
        }
    }

    /// The members' mean probabilities, `[class, height, width]`.
    public var mean: [Float] { means }

    /// One part of the uncertainty, `[map, height, width]`, 0 or more.
    ///
    /// - Returns: nil where the part is undefined: the disagreement of one member, anything of none.
    public func map(_ part: Part, in unit: Unit) -> [Float]? {
        guard members > (part == .disagreement ? 1 : 0) else { return nil }
        let scale =
            switch unit {
            case .nats: 1.0
            case .shareOfLargest: 1 / log(Double(isExclusive ? classes : 2))
            }
        let count = entropies.count
        return means.withUnsafeBufferPointer { means in
            let entropy = PixelEntropy(
                values: means, classes: classes, pixels: pixels, isExclusive: isExclusive)
            return entropies.withUnsafeBufferPointer { entropies in
                [Float](unsafeUninitializedCapacity: count) { out, initialized in
                    initialized = count
                    for index in 0..<count {
                        let data = Double(entropies[index])
                        let value =
                            switch part {
                            case .total: entropy.at(index)
                            case .data: data
                            // Rounding alone takes it below 0.
                            case .disagreement: max(0, entropy.at(index) - data)
                            }
                        out[index] =
                            unit == .nats ? Float(value) : min(1, Float(value * scale))
                    }
                }
            }
        }
    }
}

/// Entropies of probabilities `[class, height, width]`, one map for softmax, one per class for
/// sigmoid.
private struct PixelEntropy {
    let values: UnsafeBufferPointer<Float>
    let classes: Int
    let pixels: Int
    let isExclusive: Bool

    /// In nats.
    @inline(__always)
    func at(_ index: Int) -> Double {
        guard isExclusive else {
            let value = CalibrationSums.checked(values[index])
            return surprise(value) + surprise(1 - value)
        }
        var sum = 0.0
        for label in 0..<classes {
            sum += surprise(CalibrationSums.checked(values[label * pixels + index]))
        }
        return sum
    }

    /// -p log p, which is 0 for 0.
    @inline(__always)
    private func surprise(_ probability: Double) -> Double {
        probability > 0 ? -probability * log(probability) : 0
    }
}
