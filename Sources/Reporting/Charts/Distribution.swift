/// Values in order, and what stands for them.
struct Distribution {
    /// Ascending; never empty.
    let sorted: [Double]

    /// Nil where no value is there; what is missing or not finite takes no part.
    init?(_ values: [Double?]) {
        sorted = values.compactMap { $0 }.filter(\.isFinite).sorted()
        if sorted.isEmpty { return nil }
    }

    var median: Double { quantile(0.5) }
    var lowerQuartile: Double { quantile(0.25) }
    var upperQuartile: Double { quantile(0.75) }

    /// Values that are 0.
    var zeros: Int { sorted.count { $0 == 0 } }

    /// Below it a value is far from the others: one and a half boxes below the box (Tukey,
    /// Exploratory Data Analysis, 1977).
    var fence: Double { lowerQuartile - 1.5 * (upperQuartile - lowerQuartile) }

    /// Between two values in proportion, as R and NumPy do it.
    func quantile(_ fraction: Double) -> Double {
        let position = fraction * Double(sorted.count - 1)
        let index = min(sorted.count - 1, max(0, Int(position)))
        let next = min(index + 1, sorted.count - 1)
        return sorted[index] + (position - Double(index)) * (sorted[next] - sorted[index])
    }
}
