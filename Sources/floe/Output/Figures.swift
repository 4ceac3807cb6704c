import Foundation

/// Numbers as people read them; the same in every locale.
enum Figures {
    /// A number with a fixed count of decimals.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        String(format: "%.\(decimals)f", locale: nil, value)
    }

    /// A score, or "n/a" for a mean of nothing.
    static func score(_ value: Double?) -> String { value.map { fixed($0, 4) } ?? "n/a" }

    /// A share as a percentage.
    static func percent(_ share: Double) -> String { fixed(share * 100, 1) + " %" }

    /// Bytes in the largest unit that leaves a number above one.
    static func bytes(_ count: Int) -> String {
        var value = Double(count)
        var unit = 0
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return (unit == 0 ? String(count) : fixed(value, 1)) + " " + units[unit]
    }

    /// A count in thousands: `31.0 M`.
    static func count(_ value: Int) -> String {
        switch value {
        case ..<10_000: String(value)
        case ..<10_000_000: fixed(Double(value) / 1e3, 1) + " k"
        default: fixed(Double(value) / 1e6, 1) + " M"
        }
    }

    /// `12 s`, `3 min 05 s`, `2 h 07 min`.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0 else { return "?" }
        if seconds < 9.95 { return fixed(seconds, 1) + " s" }
        let whole = Int(min(seconds, 1e9).rounded())
        func two(_ value: Int) -> String { (value < 10 ? "0" : "") + String(value) }
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(two(whole % 60)) s" }
        return "\(whole / 3600) h \(two(whole % 3600 / 60)) min"
    }
}
