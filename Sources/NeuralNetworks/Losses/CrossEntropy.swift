import Foundation
import TensorCore

/// Natural logarithm, for callers that do without Foundation.
public func logarithm(_ x: Double) -> Double { log(x) }

/// Mean of log(1 + e^x) - x·t over the labels that count; adds `weight` times its gradient.
func binaryCrossEntropy(
    _ input: LossInput, _ weight: Double, _ gradient: UnsafeMutableBufferPointer<Float>?
) -> Double? {
    precondition(input.kind == .sigmoid, "binary cross entropy takes sigmoid targets")
    var count = 0
    for label in input.labels where label != LabelMap.ignore { count += 1 }
    guard count > 0 else { return nil }
    let scale = Float(weight / Double(count))
    var total = 0.0
    let run = 4096
    var start = 0
    while start < input.labels.count {
        let end = min(start + run, input.labels.count)
        var partial: Float = 0
        for index in start..<end {
            let label = input.labels[index]
            guard label != LabelMap.ignore else { continue }
            let logit = input.logits[index]
            let power = exp(-abs(logit))
            let t: Float = label == 0 ? 0 : 1
            partial += max(logit, 0) - logit * t + log1p(power)
            if let gradient {
                let p = (logit >= 0 ? 1 : power) / (1 + power)
                gradient[index] += (p - t) * scale
            }
        }
        total += Double(partial)
        start = end
    }
    return total / Double(count)
}

/// Weighted mean of -log softmax at the true class; adds `weight` times its gradient.
func crossEntropy(
    _ input: LossInput, _ classWeights: [Float]?, _ weight: Double,
    _ gradient: UnsafeMutableBufferPointer<Float>?
) -> Double? {
    precondition(input.kind == .softmax, "cross entropy takes softmax targets")
    let c = input.classes
    let weights = classWeights ?? [Float](repeating: 1, count: c)
    precondition(weights.count == c, "\(weights.count) class weights for \(c) classes")
    var denominator = 0.0
    for label in input.labels where label != LabelMap.ignore {
        denominator += Double(weights[Int(label)])
    }
    guard denominator > 0 else { return nil }
    var total = 0.0
    for image in 0..<input.batch {
        for pixel in 0..<input.pixels {
            let label = input.labels[image * input.pixels + pixel]
            guard label != LabelMap.ignore else { continue }
            let start = image * c * input.pixels + pixel
            var largest = -Float.infinity
            for k in 0..<c { largest = max(largest, input.logits[start + k * input.pixels]) }
            var sum: Float = 0
            for k in 0..<c { sum += exp(input.logits[start + k * input.pixels] - largest) }
            let logSum = largest + log(sum)
            let truth = start + Int(label) * input.pixels
            let classWeight = weights[Int(label)]
            total += Double(classWeight * (logSum - input.logits[truth]))
            guard let gradient else { continue }
            let scale = Float(weight * Double(classWeight) / denominator)
            for k in 0..<c {
                let index = start + k * input.pixels
                gradient[index] += scale * exp(input.logits[index] - logSum)
            }
            gradient[truth] -= scale
        }
    }
    return total / denominator
}
