/// Numbers as pages show them, the same under every locale; one that is missing is `n/a`.
public enum NumberText {
    public static let missing = "n/a"
    /// A minus sign as wide as a plus.
    static let minus = "\u{2212}"
    /// Between thousands, and between a number and its unit: a line never breaks there.
    static let narrowSpace = "\u{202F}"
    static let space = "\u{A0}"

    /// A fixed count of decimals.
    public static func fixed(_ value: Double?, _ digits: Int) -> String {
        let text = decimal(value, digits)
        return text.hasPrefix("-") ? minus + text.dropFirst() : text
    }

    /// A fixed count of decimals and always a sign, but for zero.
    public static func signed(_ value: Double?, _ digits: Int) -> String {
        let text = fixed(value, digits)
        let isZero = !text.contains { ("1"..."9").contains($0) }
        guard let value, value.isFinite, value > 0, !isZero else { return text }
        return "+" + text
    }

    /// A fraction as percent.
    public static func percent(_ fraction: Double?, _ digits: Int = 0) -> String {
        guard let fraction, fraction.isFinite else { return missing }
        return fixed(100 * fraction, digits) + space + "%"
    }

    /// A whole number with its thousands apart, from 10 000.
    public static func count(_ value: Int) -> String {
        let digits = Array(String(value.magnitude))
        let sign = value < 0 ? minus : ""
        guard digits.count > 4 else { return sign + String(digits) }
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += narrowSpace }
            text.append(digit)
        }
        return sign + text
    }

    /// A count with what is counted: 1 image, 12 images.
    static func counted(_ value: Int, _ noun: String) -> String {
        "\(count(value)) \(noun)\(value == 1 ? "" : "s")"
    }

    /// A whole number in four characters or so: 950, 1.2k, 34k, 5.6M.
    public static func compact(_ value: Int) -> String {
        var scaled = Double(value.magnitude)
        let sign = value < 0 ? minus : ""
        guard scaled >= 1000 else { return sign + String(value.magnitude) }
        for unit in ["k", "M", "G", "T", "P", "E"] {
            scaled /= 1000
            if scaled < 9.95 { return sign + fixed(scaled, 1) + unit }
            if scaled < 999.5 || unit == "E" { return sign + fixed(scaled, 0) + unit }
        }
        return sign + String(value.magnitude)
    }

    /// A count of significant digits, as a power of ten where it is very small or large.
    public static func significant(_ value: Double?, _ digits: Int = 3) -> String {
        guard let value, value.isFinite else { return missing }
        guard value != 0 else { return "0" }
        var exponent = 0
        var scaled = abs(value)
        while scaled >= 10 { (scaled, exponent) = (scaled / 10, exponent + 1) }
        while scaled < 1 { (scaled, exponent) = (scaled * 10, exponent - 1) }
        if exponent >= -4, exponent < 7 {
            return fixed(value, max(0, digits - 1 - exponent))
        }
        // Rounding may carry: 9.999 is 1.00 times the next power.
        if decimal(scaled, digits - 1).hasPrefix("10") {
            (scaled, exponent) = (scaled / 10, exponent + 1)
        }
        return (value < 0 ? minus : "") + fixed(scaled, digits - 1) + "·" + powerOfTen(exponent)
    }

    /// 10 with its exponent raised, such as 10⁻⁵.
    static func powerOfTen(_ exponent: Int) -> String {
        let raised: [Character] = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
        let digits = String(exponent.magnitude).compactMap(\.wholeNumberValue).map { raised[$0] }
        return "10" + (exponent < 0 ? "⁻" : "") + String(digits)
    }

    /// Seconds as people say them: 0.41 s, 12.3 s, 4 min 05 s, 2 h 10 min.
    public static func duration(seconds: Double?) -> String {
        guard let seconds, seconds.isFinite, seconds >= 0 else { return missing }
        if seconds < 0.9995 {
            return fixed(1000 * seconds, seconds < 0.00995 ? 1 : 0) + space + "ms"
        }
        if seconds < 59.95 { return fixed(seconds, 1) + space + "s" }
        func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let whole = Int(min(seconds, 1e12).rounded())
        if whole < 3600 {
            return "\(whole / 60)\(space)min \(padded(whole % 60))\(space)s"
        }
        let minutes = Int((min(seconds, 1e12) / 60).rounded())
        return "\(count(minutes / 60))\(space)h \(padded(minutes % 60))\(space)min"
    }

    /// A probability of a test, as small as it makes sense.
    public static func pValue(_ value: Double?) -> String {
        guard let value, value.isFinite else { return missing }
        if value < 0.0001 { return "< 0.0001" }
        return fixed(value, value < 0.01 ? 4 : value < 0.1 ? 3 : 2)
    }
}
