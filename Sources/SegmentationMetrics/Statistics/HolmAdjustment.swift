/// Adjusts the p values of several comparisons for their number (Holm 1979).
///
/// The smallest of m is multiplied by m, the next by m - 1 and so on, never falling below one
/// before it and never above 1. A value below alpha is significant with the chance of any false one
/// among all comparisons kept at alpha, whatever their dependence.
///
/// - Parameter pValues: each in 0...1.
/// - Returns: the adjusted values, in the order given.
public func holmAdjusted(_ pValues: [Double]) -> [Double] {
    precondition(pValues.allSatisfy { (0...1).contains($0) }, "a p value is not in 0...1")
    let order = pValues.indices.sorted {
        pValues[$0] != pValues[$1] ? pValues[$0] < pValues[$1] : $0 < $1
    }
    var adjusted = pValues
    var largest = 0.0
    for (position, index) in order.enumerated() {
        largest = max(largest, min(1, Double(pValues.count - position) * pValues[index]))
        adjusted[index] = largest
    }
    return adjusted
}
