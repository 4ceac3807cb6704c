/// How a series is told from others: colour, dashes and marker together, so that none of them has
/// to be seen.
///
/// The colours are those of Okabe and Ito ("Color universal design", 2008), darker on light pages
/// and lighter on dark ones so that lines stand out from both.
public struct SeriesStyle: Hashable, Sendable {
    enum Marker: CaseIterable {
        case circle, square, triangle, diamond, inverted, cross

        /// An outline around a point.
        func path(_ x: Double, _ y: Double, _ size: Double) -> String {
            func corner(_ dx: Double, _ dy: Double) -> String {
                "\(SVGDrawing.coordinate(x + size * dx)) \(SVGDrawing.coordinate(y + size * dy))"
            }
            func outline(_ corners: [(Double, Double)]) -> String {
                "M" + corners.map { corner($0.0, $0.1) }.joined(separator: "L") + "Z"
            }
            switch self {
            case .circle:
                let radius = SVGDrawing.coordinate(size)
                return "M\(corner(-1, 0))a\(radius) \(radius) 0 1 0 "
                    + "\(SVGDrawing.coordinate(2 * size)) 0"
                    + "a\(radius) \(radius) 0 1 0 \(SVGDrawing.coordinate(-2 * size)) 0Z"
            case .square:
                return outline([(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])
            case .triangle: return outline([(0, -1.2), (1.1, 0.8), (-1.1, 0.8)])
            case .inverted: return outline([(0, 1.2), (1.1, -0.8), (-1.1, -0.8)])
            case .diamond: return outline([(0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)])
            case .cross:
                return outline([
                    (-1.1, -0.6), (-0.6, -1.1), (0, -0.5), (0.6, -1.1), (1.1, -0.6), (0.5, 0),
                    (1.1, 0.6), (0.6, 1.1), (0, 0.5), (-0.6, 1.1), (-1.1, 0.6), (-0.5, 0),
                ])
            }
        }
    }

    /// The class that sets the colour.
    let name: String
    /// Lengths of dashes and gaps; nil for a line without.
    let dash: String?
    let marker: Marker

    static let colors = 7

    /// One of several of the same standing, such as the members; 0 to 41 are all different.
    public static func series(_ index: Int) -> SeriesStyle {
        let dashes = [nil, "7 3", "2 3", "9 3 2 3", "4 2"]
        return SeriesStyle(
            name: "s\(index % colors)", dash: dashes[index % dashes.count],
            marker: Marker.allCases[index % Marker.allCases.count])
    }

    /// What stands out from all others: the ensemble.
    public static let ensemble = SeriesStyle(name: "se", dash: nil, marker: .diamond)

    /// What others are compared with, such as the mean member.
    public static let reference = SeriesStyle(name: "sr", dash: "3 3", marker: .circle)

    /// A line with its marker, for a legend.
    func swatch() -> HTML {
        var drawing = SVGDrawing(width: 30, height: 12)
        drawing.group(class: name) { drawing in
            drawing.path("M1 6H29", class: "line", dash: dash)
            drawing.marker(marker, 15, 6, size: 3.6)
        }
        return drawing.ornament(class: "swatch")
    }

    /// A filled box, for a legend of areas.
    func block(class style: String) -> HTML {
        var drawing = SVGDrawing(width: 14, height: 12)
        drawing.group(class: name) { $0.rectangle(1, 1, 12, 10, class: style, radius: 2) }
        return drawing.ornament(class: "swatch")
    }
}
