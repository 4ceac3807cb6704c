import CKernels
import TensorCore

/// Mean of (1 - p)^gamma · -log p over the labels that count, p being the probability of the truth
/// (Lin et al. 2017); adds `weight` times its gradient.
///
/// Sigmoid labels are weighed by `alpha` where present and 1 - alpha where absent, which does not
/// enter the denominator (as in torchvision). Class weights make the mean a weighted one.
func focal(
    _ input: LossInput, _ gamma: Double, _ alpha: Double?, _ classWeights: [Float]?,
    _ weight: Double, _ gradient: UnsafeMutableBufferPointer<Float>?
) -> Double? {
    switch input.kind {
    case .sigmoid:
        let rule = floe_focal(
            gamma: Float(gamma), positive: Float(alpha ?? 1), negative: Float(1 - (alpha ?? 0)))
        return input.meanOverLabels(classWeights, weight, gradient) {
            sums, gradient, logits, labels, count, scale in
            floe_binary_focal(sums, gradient, logits, labels, count, rule, scale)
        }
    case .softmax:
        precondition(alpha == nil, "alpha weighs the two labels of a sigmoid class")
        return input.meanOverPixels(classWeights) { sums, weights, denominator in
            floe_exclusive_focal(
                sums, gradient?.baseAddress, input.logits.baseAddress, input.labels.baseAddress,
                weights, input.batch, input.classes, input.pixels, Float(gamma),
                Float(weight / denominator))
        }
    }
}
