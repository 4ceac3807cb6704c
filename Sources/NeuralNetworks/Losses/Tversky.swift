import Foundation
import TensorCore

/// The numbers of a Tversky loss.
struct TverskyRule {
    var alpha: Double
    var beta: Double
    var smooth: Double
    var gamma: Double?
}

/// Mean over the classes that occur of 1 - T, with T = (TP + s) / (TP + alpha·FP + beta·FN + s) and
/// soft counts over the batch, or of (1 - T)^(1/gamma); adds `weight` times its gradient.
func tversky(
    _ input: LossInput, _ rule: TverskyRule, _ classWeights: [Float]?, _ weight: Double,
    _ gradient: UnsafeMutableBufferPointer<Float>?
) -> Double? {
    input.meanOverClasses(classWeights, weight, gradient) { sums, k, share in
        let hits = sums.overlap[k]
        let denominator =
            hits + rule.alpha * (sums.predicted[k] - hits) + rule.beta * (sums.present[k] - hits)
            + rule.smooth
        let index = denominator == 0 ? 0 : (hits + rule.smooth) / denominator
        var value = 1 - index
        var slope = denominator == 0 ? 0 : share / denominator
        if let gamma = rule.gamma {
            // Rounding may take it below 0, and at 0 the power's slope has no bound.
            slope *= pow(max(value, 1e-7), 1 / gamma - 1) / gamma
            value = value <= 0 ? 0 : pow(value, 1 / gamma)
        }
        // dT/dp = (t - T·(t·(1 - alpha - beta) + alpha)) / denominator
        return ClassLoss(
            value: value, ifPresent: slope * (index * (1 - rule.alpha - rule.beta) - 1),
            always: slope * index * rule.alpha)
    }
}
