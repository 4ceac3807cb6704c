import SegmentationData

/// Colours for a number at every pixel, such as how much the members disagree.
///
/// The map is cividis (Nuñez, Anderton, Renslow: "Optimizing colormaps with consideration for color
/// vision deficiency to enable accurate interpretation of scientific data", PLoS ONE 13(7), 2018):
/// lightness grows evenly, and it looks the same to the colour-blind. Between eleven of its colours,
/// a tenth apart, it is interpolated, at most 9 of 255 levels off.
public enum ScalarMap {
    private static let points: [UInt32] = [
        0x00224E, 0x0A3470, 0x35456C, 0x4F576C, 0x666970, 0x7C7B78, 0x948E77, 0xAEA271, 0xC8B866,
        0xE4CE52, 0xFEE838,
    ]

    /// The colour of a value from 0 to 1; what lies outside has the colour of the end.
    public static func color(_ value: Double) -> ClassColor {
        let position = (value.isFinite ? max(0, min(1, value)) : 0) * Double(points.count - 1)
        let index = min(points.count - 2, Int(position))
        let part = position - Double(index)
        func channel(_ shift: UInt32) -> UInt8 {
            let from = Double(points[index] >> shift & 255)
            let to = Double(points[index + 1] >> shift & 255)
            return UInt8((from + (to - from) * part).rounded())
        }
        return ClassColor(red: channel(16), green: channel(8), blue: channel(0))
    }

    /// Grey, for pixels without a number.
    static let missing = ClassColor(red: 128, green: 128, blue: 128)

    /// A picture of numbers.
    ///
    /// - Parameters:
    ///   - values: [row][column]; those that are not finite become grey.
    ///   - range: what the ends of the map stand for.
    public static func picture(
        of values: [Float], height: Int, width: Int, range: ClosedRange<Double> = 0...1
    ) -> Picture {
        precondition(values.count == height * width, "\(values.count) values")
        let table = (0...255).map { color(Double($0) / 255) }
        let span = range.upperBound - range.lowerBound
        var bytes = [UInt8](repeating: 0, count: 3 * values.count)
        for (pixel, value) in values.enumerated() {
            let part = span > 0 ? (Double(value) - range.lowerBound) / span : 0
            let color =
                value.isFinite ? table[Int((255 * max(0, min(1, part))).rounded())] : missing
            bytes[3 * pixel] = color.red
            bytes[3 * pixel + 1] = color.green
            bytes[3 * pixel + 2] = color.blue
        }
        return Picture(height: height, width: width, values: bytes)
    }

    /// A strip of the map's colours for a legend.
    static func strip() -> HTML {
        let steps = 24
        var drawing = SVGDrawing(width: 96, height: 12)
        for step in 0..<steps {
            // A little too wide, so that no gap shows between neighbours.
            drawing.block(
                4 * Double(step), 0, 4.4, 12, color: color(Double(step) / Double(steps - 1)))
        }
        return drawing.ornament(class: "swatch")
    }
}
