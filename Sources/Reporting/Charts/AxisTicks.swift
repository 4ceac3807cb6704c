import Foundation

/// Where an axis is marked, and how the marks are called.
///
/// Linear steps are 1, 2 or 5 times a power of ten (Heckbert, "Nice numbers for graph labels",
/// Graphics Gems, 1990).
public struct AxisTicks: Hashable, Sendable {
    public struct Tick: Hashable, Sendable {
        public var value: Double
        /// Empty for a mark between those that are labelled.
        public var label: String
    }

    /// Ascending, all inside the domain.
    public let ticks: [Tick]
    /// What the axis reaches over; never of no width.
    public let domain: ClosedRange<Double>
    public let isLogarithmic: Bool

    /// - Parameters:
    ///   - values: what must lie on the axis; those that are not finite take no part.
    ///   - count: marks wished for; there may be about half as many or twice.
    ///   - isInteger: whether there is nothing between whole numbers, as with epochs.
    ///   - isTight: whether the axis ends at the values rather than at marks.
    public static func linear(
        _ values: [Double], count: Int = 5, isInteger: Bool = false, isTight: Bool = false
    ) -> AxisTicks {
        // What is closer to zero than anything measured is zero: steps need digits to work with.
        let finite = values.filter { $0.isFinite && abs($0) < 1e100 }
            .map { abs($0) < 1e-100 ? 0 : $0 }
        var low = finite.min() ?? 0
        var high = finite.max() ?? 1
        if !(high - low > 1e-12 * max(abs(low), abs(high))) {
            // One value, or none that differs: room on both sides.
            let room = isInteger ? 1 : low == 0 ? 1 : 0.1 * abs(low)
            (low, high) = (low - room, high + room)
        }
        let rough = (high - low) / Double(max(1, count))
        var (mantissa, exponent) = niceStep(rough)
        if isInteger, exponent < 0 { (mantissa, exponent) = (1, 0) }
        func value(_ multiple: Double) -> Double {
            exponent >= 0
                ? multiple * mantissa * powerOfTen(exponent)
                : multiple * mantissa / powerOfTen(-exponent)
        }
        let step = value(1)
        // A value that is a mark but for rounding is on it.
        let slack = 1e-9
        var first = (low / step + (isTight ? -slack : slack)).rounded(isTight ? .up : .down)
        var last = (high / step + (isTight ? slack : -slack)).rounded(isTight ? .down : .up)
        if last < first { (first, last) = (last, first) }
        let multiples = stride(from: first, through: last, by: 1)
        let marks = multiples.map { multiple in
            Tick(value: value(multiple), label: label(value(multiple), exponent: exponent))
        }
        let domain = isTight ? low...high : value(first)...value(last)
        return AxisTicks(
            ticks: marks.filter { domain.contains($0.value) || !isTight }, domain: domain,
            isLogarithmic: false)
    }

    /// Marks at powers of ten, and at 2 and 5 times them where there are few.
    ///
    /// - Parameter values: those that are not positive take no part.
    public static func logarithmic(_ values: [Double], count: Int = 6) -> AxisTicks {
        let positive = values.filter { $0 > 1e-100 && $0 < 1e100 }
        guard let low = positive.min(), let high = positive.max() else {
            return AxisTicks(
                ticks: [Tick(value: 1, label: "1"), Tick(value: 10, label: "10")], domain: 1...10,
                isLogarithmic: true)
        }
        // Candidates from the last one at or below the lowest value to the first above the highest.
        var candidates: [(value: Double, factor: Int, exponent: Int)] = []
        for exponent in decade(low)...(decade(high) + 1) {
            for factor in [1, 2, 5] {
                let power = powerOfTen(abs(exponent))
                let value = exponent >= 0 ? Double(factor) * power : Double(factor) / power
                candidates.append((value, factor, exponent))
            }
        }
        let first = candidates.lastIndex { $0.value <= low * (1 + 1e-9) } ?? 0
        var last =
            candidates.firstIndex { $0.value >= high * (1 - 1e-9) } ?? candidates.count - 1
        if last <= first { last = min(first + 1, candidates.count - 1) }
        let shown = candidates[first...last]
        let domain = shown[first].value...shown[last].value
        let powers = shown.filter { $0.factor == 1 }
        let labelled: Set<Int>
        if shown.count <= count {
            labelled = Set(shown.map { 3 * $0.exponent + $0.factor / 2 })
        } else {
            // Every power of ten, or every second, third …
            let every = max(1, (powers.count + count - 1) / count)
            labelled = Set(
                powers.enumerated().filter { $0.offset % every == 0 }
                    .map { 3 * $0.element.exponent })
        }
        // One way of writing for all: where one number is too long, all are powers.
        let arePlain = shown.allSatisfy { (-4..<5).contains($0.exponent) }
        let ticks = shown.map { candidate in
            let isLabelled = labelled.contains(3 * candidate.exponent + candidate.factor / 2)
            return Tick(
                value: candidate.value,
                label: isLabelled
                    ? label(candidate.factor, power: candidate.exponent, isPlain: arePlain) : "")
        }
        return AxisTicks(ticks: ticks, domain: domain, isLogarithmic: true)
    }

    /// Where a value lies, 0 at the domain's beginning and 1 at its end; nil where it cannot be
    /// shown.
    public func position(_ value: Double) -> Double? {
        guard value.isFinite else { return nil }
        let (low, high) = (domain.lowerBound, domain.upperBound)
        guard isLogarithmic else { return (value - low) / (high - low) }
        guard value > 0 else { return nil }
        return log(value / low) / log(high / low)
    }

    /// The smallest of 1, 2 and 5 times a power of ten that is not below a rough step.
    private static func niceStep(_ rough: Double) -> (mantissa: Double, exponent: Int) {
        var exponent = 0
        var scaled = rough
        while scaled >= 10 { (scaled, exponent) = (scaled / 10, exponent + 1) }
        while scaled < 1 { (scaled, exponent) = (scaled * 10, exponent - 1) }
        if scaled <= 1 + 1e-9 { return (1, exponent) }
        if scaled <= 2 + 1e-9 { return (2, exponent) }
        return scaled <= 5 + 1e-9 ? (5, exponent) : (1, exponent + 1)
    }

    private static func label(_ value: Double, exponent: Int) -> String {
        guard exponent >= -5, abs(value) < 1e7 else {
            // Down to the digit in which marks differ.
            let digits = value == 0 ? 1 : decade(abs(value) * (1 + 1e-9)) - exponent + 1
            return NumberText.significant(value, max(1, digits))
        }
        return exponent >= 0
            ? NumberText.count(Int(value)) : NumberText.fixed(value, -exponent)
    }

    private static func label(_ factor: Int, power: Int, isPlain: Bool) -> String {
        guard isPlain else {
            return (factor == 1 ? "" : "\(factor)·") + NumberText.powerOfTen(power)
        }
        return power < 0
            ? NumberText.fixed(Double(factor) / powerOfTen(-power), -power)
            : NumberText.count(factor * Int(powerOfTen(power)))
    }

    /// The exponent of the power of ten at or below a positive value.
    private static func decade(_ value: Double) -> Int {
        var exponent = 0
        var scaled = value
        while scaled >= 10 * (1 - 1e-12) { (scaled, exponent) = (scaled / 10, exponent + 1) }
        while scaled < 1 - 1e-12 { (scaled, exponent) = (scaled * 10, exponent - 1) }
        return exponent
    }

    private static func powerOfTen(_ exponent: Int) -> Double {
        var result = 1.0
        for _ in 0..<exponent { result *= 10 }
        return result
    }
}
