import CKernels
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
    for label in input.labels { count += label == LabelMap.ignore ? 0 : 1 }
    guard count > 0 else { return nil }
    var sums = [Double](repeating: 0, count: floe_loss_runs(1, input.labels.count))
    floe_binary_cross_entropy(
        &sums, gradient?.baseAddress, input.logits.baseAddress, input.labels.baseAddress,
        input.labels.count, Float(weight / Double(count)))
    return sums.reduce(0, +) / Double(count)
}

/// Weighted mean of -log softmax at the true class; adds `weight` times its gradient.
func crossEntropy(
    _ input: LossInput, _ classWeights: [Float]?, _ weight: Double,
    _ gradient: UnsafeMutableBufferPointer<Float>?
) -> Double? {
    precondition(input.kind == .softmax, "cross entropy takes softmax targets")
    let weights = classWeights ?? [Float](repeating: 1, count: input.classes)
    precondition(
        weights.count == input.classes,
        "\(weights.count) class weights for \(input.classes) classes")
    var denominator = 0.0
    for label in input.labels where label != LabelMap.ignore {
        denominator += Double(weights[Int(label)])
    }
    guard denominator > 0 else { return nil }
    var sums = [Double](repeating: 0, count: floe_loss_runs(input.batch, input.pixels))
    floe_cross_entropy(
        &sums, gradient?.baseAddress, input.logits.baseAddress, input.labels.baseAddress, weights,
        input.batch, input.classes, input.pixels, Float(weight / denominator))
    return sums.reduce(0, +) / denominator
}
