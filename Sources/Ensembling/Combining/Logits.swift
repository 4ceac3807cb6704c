import Foundation

/// Log odds of a probability, bounded so that certainty stays finite.
func logit(_ probability: Float) -> Float {
    let p = min(max(Double(probability), 1e-7), 1 - 1e-7)
    return Float(log(p / (1 - p)))
}

/// Logarithm of a probability, bounded so that impossibility stays finite.
func logProbability(_ probability: Float) -> Float {
    log(max(probability, .leastNormalMagnitude))
}

func sigmoid(_ logit: Float) -> Float { 1 / (1 + exp(-logit)) }

func exponential(_ x: Float) -> Float { exp(x) }
