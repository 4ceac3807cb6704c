import Foundation

/// How the learning rate falls: factors of it as pure functions of the place in training.
///
/// Places, lengths and the horizon are counted in steps. With one step an epoch the factors are those
/// of PyTorch's schedulers, which count epochs; with more, the smooth ones change with every step.
public enum Schedule: Sendable, Hashable {
    case constant
    /// Times `factor` after every `every` epochs; PyTorch's `StepLR`.
    case step(every: Int, factor: Double)
    /// Half a cosine from 1 to `minimum` at the horizon; PyTorch's `CosineAnnealingLR`.
    case cosine(minimum: Double)
    /// Half cosines from 1 to `minimum`, one after the other, the first of `period` epochs and each
    /// `growth` times as long as the one before (SGDR, Loshchilov and Hutter 2017).
    case warmRestarts(period: Int, growth: Int, minimum: Double)
    /// (1 - place / horizon)^power; PyTorch's `PolynomialLR`.
    case polynomial(power: Double)

    /// The factor of one step.
    ///
    /// - Parameters:
    ///   - step: counted from 0.
    ///   - horizon: steps of the whole training; beyond it nothing falls any further.
    ///   - stepsPerEpoch: at least 1.
    public func factor(at step: Int, horizon: Int, stepsPerEpoch: Int) -> Double {
        let horizon = max(1, horizon)
        switch self {
        case .constant: return 1
        case .step(let every, let factor):
            return pow(factor, Double(step / stepsPerEpoch / every))
        case .cosine(let minimum):
            return Self.cosine(min(step, horizon), of: horizon, minimum)
        case .warmRestarts(let period, let growth, let minimum):
            var length = period * stepsPerEpoch
            var place = step
            if growth == 1 { place %= length }
            while place >= length {
                place -= length
                length *= growth
            }
            return Self.cosine(place, of: length, minimum)
        case .polynomial(let power):
            return pow(1 - Double(min(step, horizon)) / Double(horizon), power)
        }
    }

    private static func cosine(_ place: Int, of length: Int, _ minimum: Double) -> Double {
        let angle = Double.pi * Double(place) / Double(length)
        return minimum + (1 - minimum) * (1 + cos(angle)) / 2
    }
}
