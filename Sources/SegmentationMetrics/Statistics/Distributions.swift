import Foundation

/// The probability that a standard normal number exceeds `value`.
func normalTail(_ value: Double) -> Double { 0.5 * erfc(value / 2.0.squareRoot()) }

/// The value that |t| stays below with probability `central`, for Student's t.
///
/// Absolute error of the probability below 1e-14, by bisection on
/// ``studentCentral(_:degreesOfFreedom:)``.
public func studentQuantile(central probability: Double, degreesOfFreedom: Int) -> Double {
    var low = 0.0
    var high = 1.0
    while studentCentral(high, degreesOfFreedom: degreesOfFreedom) < probability, high < 1e15 {
        low = high
        high *= 2
    }
    while true {
        let middle = low + (high - low) / 2
        // Ends when the two are neighbouring numbers.
        guard middle > low, middle < high else { return high }
        if studentCentral(middle, degreesOfFreedom: degreesOfFreedom) < probability {
            low = middle
        } else {
            high = middle
        }
    }
}

/// The probability that |t| stays below `value` for Student's t, by the finite series for whole
/// degrees of freedom (Abramowitz and Stegun 26.7.3 and 26.7.4).
func studentCentral(_ value: Double, degreesOfFreedom: Int) -> Double {
    precondition(degreesOfFreedom > 0, "\(degreesOfFreedom) degrees of freedom")
    let angle = atan(value / Double(degreesOfFreedom).squareRoot())
    let square = cos(angle) * cos(angle)
    let isOdd = !degreesOfFreedom.isMultiple(of: 2)
    if degreesOfFreedom == 1 { return 2 / Double.pi * angle }
    var term = isOdd ? cos(angle) : 1
    var sum = term
    var index = isOdd ? 3 : 2
    while index <= degreesOfFreedom - 2 {
        term *= square * Double(index - 1) / Double(index)
        sum += term
        index += 2
    }
    return isOdd ? 2 / Double.pi * (angle + sin(angle) * sum) : sin(angle) * sum
}
