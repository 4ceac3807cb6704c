import Foundation
import SegmentationData

/// The colours of a heat map's cells in steps, and what text on them is read best in.
///
/// A ramp goes from the page's own colour to one far from it, so that a light page has dark maxima
/// and a dark page light ones; lightness changes evenly, and no step needs its hue to be told.
struct HeatRamp {
    let low: ClassColor
    let high: ClassColor

    static let steps = 16
    static let light = HeatRamp(
        low: ClassColor(red: 0xF4, green: 0xF7, blue: 0xFA),
        high: ClassColor(red: 0x08, green: 0x3D, blue: 0x77))
    static let dark = HeatRamp(
        low: ClassColor(red: 0x1D, green: 0x26, blue: 0x30),
        high: ClassColor(red: 0x8E, green: 0xD0, blue: 0xFF))

    static let black = ClassColor(red: 0, green: 0, blue: 0)
    static let white = ClassColor(red: 255, green: 255, blue: 255)

    /// The step of a value from 0 to 1.
    static func step(_ value: Double) -> Int {
        guard value.isFinite else { return 0 }
        return max(0, min(steps - 1, Int((value * Double(steps - 1)).rounded())))
    }

    func color(_ step: Int) -> ClassColor {
        let part = Double(step) / Double(Self.steps - 1)
        func mixed(_ from: UInt8, _ to: UInt8) -> UInt8 {
            UInt8((Double(from) + (Double(to) - Double(from)) * part).rounded())
        }
        return ClassColor(
            red: mixed(low.red, high.red), green: mixed(low.green, high.green),
            blue: mixed(low.blue, high.blue))
    }

    /// Black or white, whichever stands out more; at least 4.5 to 1 on any colour.
    func text(on step: Int) -> ClassColor {
        let color = color(step)
        return color.contrast(to: Self.black) >= color.contrast(to: Self.white)
            ? Self.black : Self.white
    }

    /// Rules for the classes `h0`, `h1`, …
    var css: String {
        (0..<Self.steps).map { ".h\($0){--cell:\(color($0));--cell-ink:\(text(on: $0))}" }
            .joined(separator: "\n")
    }
}

extension ClassColor {
    /// How much two colours differ in lightness, 1 to 21 (WCAG 2.2, "contrast ratio").
    func contrast(to other: ClassColor) -> Double {
        let (a, b) = (luminance, other.luminance)
        return (max(a, b) + 0.05) / (min(a, b) + 0.05)
    }

    /// The relative luminance of sRGB, 0 to 1.
    var luminance: Double {
        func linear(_ value: UInt8) -> Double {
            let part = Double(value) / 255
            return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }
}
