import Foundation
import TensorCore

/// Mean over the classes that occur of 1 - (2·sum(p·t) + s) / (sum(p) + sum(t) + s), sums over the
/// batch; adds `weight` times its gradient.
func softDice(
    _ input: LossInput, _ smooth: Double, _ weight: Double,
    _ gradient: UnsafeMutableBufferPointer<Float>?
) -> Double? {
    let probabilities = DiceProbabilities(input)
    let c = input.classes
    let pixels = input.pixels
    var overlap = [Double](repeating: 0, count: c)
    var predicted = [Double](repeating: 0, count: c)
    var present = [Double](repeating: 0, count: c)
    var counted = false
    for image in 0..<input.batch {
        for k in 0..<c {
            let start = (image * c + k) * pixels
            var partial: (Float, Float, Float) = (0, 0, 0)
            for pixel in 0..<pixels {
                guard let t = probabilities.target(image, k, pixel) else { continue }
                let p = probabilities.values[start + pixel]
                partial.0 += p * t
                partial.1 += p
                partial.2 += t
                counted = true
                if pixel % 1024 == 1023 {
                    overlap[k] += Double(partial.0)
                    predicted[k] += Double(partial.1)
                    present[k] += Double(partial.2)
                    partial = (0, 0, 0)
                }
            }
            overlap[k] += Double(partial.0)
            predicted[k] += Double(partial.1)
            present[k] += Double(partial.2)
        }
    }
    guard counted else { return nil }
    let occurring = (0..<c).filter { present[$0] > 0 }
    guard !occurring.isEmpty else { return 0 }
    var total = 0.0
    var slopes = [(overlap: Float, sum: Float)](repeating: (0, 0), count: c)
    for k in occurring {
        let denominator = predicted[k] + present[k] + smooth
        let score = (2 * overlap[k] + smooth) / denominator
        total += 1 - score
        // d(1 - score)/dp = -2t/denominator + score/denominator
        let share = weight / Double(occurring.count)
        slopes[k] = (Float(-2 * share / denominator), Float(share * score / denominator))
    }
    if let gradient { probabilities.addGradient(slopes, to: gradient) }
    return total / Double(occurring.count)
}

/// Probabilities of a batch, and the chain rule back to its logits.
private struct DiceProbabilities {
    let input: LossInput
    let values: [Float]

    init(_ input: LossInput) {
        self.input = input
        let c = input.classes
        let pixels = input.pixels
        values = [Float](unsafeUninitializedCapacity: input.logits.count) { out, count in
            count = input.logits.count
            switch input.kind {
            case .sigmoid:
                for index in 0..<count { out[index] = Probabilities.sigmoid(input.logits[index]) }
            case .softmax:
                for image in 0..<input.batch {
                    for pixel in 0..<pixels {
                        let start = image * c * pixels + pixel
                        var largest = -Float.infinity
                        for k in 0..<c { largest = max(largest, input.logits[start + k * pixels]) }
                        var sum: Float = 0
                        for k in 0..<c {
                            let power = exp(input.logits[start + k * pixels] - largest)
                            out[start + k * pixels] = power
                            sum += power
                        }
                        for k in 0..<c { out[start + k * pixels] /= sum }
                    }
                }
            }
        }
    }

    /// 0 or 1, or nil where the label is ignored.
    @inline(__always)
    func target(_ image: Int, _ k: Int, _ pixel: Int) -> Float? {
        switch input.kind {
        case .sigmoid:
            let label = input.labels[(image * input.classes + k) * input.pixels + pixel]
            return label == LabelMap.ignore ? nil : label == 0 ? 0 : 1
        case .softmax:
            let label = input.labels[image * input.pixels + pixel]
            return label == LabelMap.ignore ? nil : Int(label) == k ? 1 : 0
        }
    }

    func addGradient(
        _ slopes: [(overlap: Float, sum: Float)], to gradient: UnsafeMutableBufferPointer<Float>
    ) {
        let c = input.classes
        let pixels = input.pixels
        for image in 0..<input.batch {
            for pixel in 0..<pixels {
                let start = image * c * pixels + pixel
                switch input.kind {
                case .sigmoid:
                    for k in 0..<c {
                        guard let t = target(image, k, pixel) else { continue }
                        let p = values[start + k * pixels]
                        gradient[start + k * pixels] +=
                            (slopes[k].overlap * t + slopes[k].sum) * p * (1 - p)
                    }
                case .softmax:
                    guard target(image, 0, pixel) != nil else { continue }
                    var dot: Float = 0
                    for k in 0..<c {
                        let t = target(image, k, pixel) ?? 0
                        dot += (slopes[k].overlap * t + slopes[k].sum) * values[start + k * pixels]
                    }
                    for k in 0..<c {
                        let t = target(image, k, pixel) ?? 0
                        let slope = slopes[k].overlap * t + slopes[k].sum
                        gradient[start + k * pixels] += values[start + k * pixels] * (slope - dot)
                    }
                }
            }
        }
    }
}
