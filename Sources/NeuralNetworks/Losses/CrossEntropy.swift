import CKernels
import Foundation
import TensorCore

/// Natural logarithm, for callers that do without Foundation.
public func logarithm(_ x: Double) -> Double { log(x) }

/// Weighted mean of -log softmax at the true class; adds `weight` times its gradient.
///
/// Smoothing is PyTorch's: the truth keeps a share 1 - s, and all classes together have s.
func crossEntropy(
    _ input: LossInput, _ classWeights: [Float]?, _ smoothing: Double, _ weight: Double,
    _ gradient: UnsafeMutableBufferPointer<Float>?
) -> Double? {
    precondition(input.kind == .softmax, "cross entropy takes softmax targets")
    return input.meanOverPixels(classWeights) { sums, weights, denominator in
        floe_cross_entropy(
            sums, gradient?.baseAddress, input.logits.baseAddress, input.labels.baseAddress,
            weights, input.batch, input.classes, input.pixels, Float(smoothing),
            Float(weight / denominator))
    }
}

extension LossInput {
    /// What `kernel` sums (sums, class weights, denominator), over the pixels' weights.
    func meanOverPixels(
        _ classWeights: [Float]?,
        _ kernel: (UnsafeMutablePointer<Double>, [Float], Double) -> Void
    ) -> Double? {
        let weights = classWeights ?? [Float](repeating: 1, count: classes)
        var denominator = 0.0
        for label in labels where label != LabelMap.ignore {
            denominator += Double(weights[Int(label)])
        }
        guard denominator > 0 else { return nil }
        var sums = [Double](repeating: 0, count: floe_loss_runs(batch, pixels))
        kernel(&sums, weights, denominator)
        return sums.reduce(0, +) / denominator
    }
}
