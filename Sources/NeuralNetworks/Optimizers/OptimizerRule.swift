import Foundation

/// Which rule turns gradients into steps.
public enum OptimizerRule: Sendable, Hashable {
    /// Stochastic gradient descent with momentum, PyTorch's convention.
    case sgd(momentum: Double, nesterov: Bool, weightDecay: Double)
    /// Kingma and Ba 2015; weight decay is added to the gradient.
    case adam(beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double)
    /// Loshchilov and Hutter 2019: Adam whose decay shrinks the weights by rate times decay instead.
    case adamW(beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double)
    /// Liu et al. 2020: Adam that divides by the second moment only once enough steps tell its
    /// variance, PyTorch's `torch.optim.RAdam`; weight decay is added to the gradient.
    case rAdam(beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double)
    /// Chen et al. 2023: the sign of a momentum, every weight by the same length; decay as AdamW's.
    case lion(beta1: Double, beta2: Double, weightDecay: Double)

    public static let adam = OptimizerRule.adam(
        beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0)

    /// Names of what the rule remembers, in stored order.
    public var momentNames: [String] {
        switch self {
        case .sgd: ["velocity"]
        case .lion: ["momentum"]
        case .adam, .adamW, .rAdam: ["first", "second"]
        }
    }

    /// What RAdam multiplies an adaptive step with; nil where the variance of the second moment is
    /// not yet known well enough for one.
    ///
    /// - Parameter step: counted from 1.
    static func rectification(beta2: Double, step: Int) -> Double? {
        let power = pow(beta2, Double(step))
        let longest = 2 / (1 - beta2) - 1
        let length = longest - 2 * Double(step) * power / (1 - power)
        guard length > 5 else { return nil }
        return
            ((length - 4) * (length - 2) * longest
            / ((longest - 4) * (longest - 2) * length)).squareRoot()
    }
}
