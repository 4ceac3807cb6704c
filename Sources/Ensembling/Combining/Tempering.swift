import Foundation

/// One temperature for the probabilities of an ensemble: above 1 they become less sure, below 1 surer
/// (Guo et al., "On calibration of modern neural networks", ICML 2017).
enum Tempering {
    /// Divides the logits that probabilities stand for by the temperature.
    ///
    /// Softmax: p^(1/T), brought back to a sum of 1; sigmoid: sigmoid(logit(p) / T). The likeliest
    /// class stays the likeliest, and 0.5 stays 0.5.
    ///
    /// - Parameter probabilities: `[class][pixel]`.
    static func apply(
        _ temperature: Double, to probabilities: inout [Float], classes: Int, pixels: Int,
        isExclusive: Bool
    ) {
        guard temperature != 1 else { return }
        precondition(probabilities.count == classes * pixels)
        let share = 1 / temperature
        probabilities.withUnsafeMutableBufferPointer { values in
            guard isExclusive else {
                for index in values.indices {
                    // In double precision, so that what is nearly 0.5 is not rounded across it.
                    let p = min(max(Double(values[index]), 1e-7), 1 - 1e-7)
                    values[index] = Float(1 / (1 + exp(-share * log(p / (1 - p)))))
                }
                return
            }
            for pixel in 0..<pixels {
                var largest = -Double.infinity
                for k in 0..<classes {
                    largest = max(largest, Double(logProbability(values[k * pixels + pixel])))
                }
                var sum = 0.0
                for k in 0..<classes {
                    let index = k * pixels + pixel
                    let value = exp(share * (Double(logProbability(values[index])) - largest))
                    values[index] = Float(value)
                    sum += value
                }
                for k in 0..<classes {
                    values[k * pixels + pixel] = Float(Double(values[k * pixels + pixel]) / sum)
                }
            }
        }
    }
}
