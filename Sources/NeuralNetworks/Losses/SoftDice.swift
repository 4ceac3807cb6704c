import TensorCore

/// Mean over the classes that occur of 1 - (2·sum(p·t) + s) / (sum(p) + sum(t) + s), sums over the
/// batch; adds `weight` times its gradient.
func softDice(
    _ input: LossInput, _ smooth: Double, _ classWeights: [Float]?, _ weight: Double,
    _ gradient: UnsafeMutableBufferPointer<Float>?
) -> Double? {
    input.meanOverClasses(classWeights, weight, gradient) { sums, k, share in
        let denominator = sums.predicted[k] + sums.present[k] + smooth
        let score = (2 * sums.overlap[k] + smooth) / denominator
        // d(1 - score)/dp = -2t/denominator + score/denominator
        return ClassLoss(
            value: 1 - score, ifPresent: -2 * share / denominator,
            always: share * score / denominator)
    }
}
