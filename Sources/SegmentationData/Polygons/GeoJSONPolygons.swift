import DurableFiles
import Foundation

/// The mask of one image as a GeoJSON file (RFC 7946): polygons in pixels, whose class a property
/// names.
///
/// Later features cover earlier ones. The file is read when it is painted, like a mask of pixels.
struct GeoJSONPolygons: ShapeTable {
    /// How features are labelled.
    struct Rule: Sendable, Hashable {
        /// The property that holds a feature's label; nil gives every polygon the first one.
        var property: String?
        var labels: [String]
    }

    let path: String
    let rule: Rule

    var refusesOverlap: Bool { false }
    var isOfOneImage: Bool { true }

    func contains(image: String) -> Bool { true }

    func unknownImages(known: Set<String>) -> FloeError? { nil }

    func spans(
        image: String, height: Int, width: Int, _ body: (ShapeLabel, PixelSpan) throws -> Void
    ) throws {
        let file = try GeoJSONFile(reading: path, rule)
        try requirePixels(file, height: height, width: width)
        for feature in file.features {
            // The polygons of one feature are its union, each with holes of its own.
            for rings in feature.polygons {
                try PolygonFill.spans(
                    rings: rings.map { file.points[$0] }, height: height, width: width
                ) { try body(ShapeLabel(label: feature.label), $0) }
            }
        }
    }

    private struct Extent {
        var (left, right) = (Double.infinity, -Double.infinity)
        var (top, bottom) = (Double.infinity, -Double.infinity)

        mutating func add(_ point: PolygonFill.Point) {
            (left, right) = (min(left, point.x), max(right, point.x))
            (top, bottom) = (min(top, point.y), max(bottom, point.y))
        }

        var text: String {
            String(format: "x from %.7g to %.7g and y from %.7g to %.7g", left, right, top, bottom)
        }
    }

    /// Refuses coordinates of a map, of which nothing, or a speck, would lie in the image.
    private func requirePixels(_ file: GeoJSONFile, height: Int, width: Int) throws {
        let advice =
            "coordinates are pixels from the image's upper left corner, y down, not those of a map"
        var all = Extent()
        for feature in file.features {
            var extent = Extent()
            for point in feature.polygons.joined().flatMap({ file.points[$0] }) {
                extent.add(point)
                all.add(point)
            }
            guard extent.right >= 0, extent.left <= Double(width), extent.bottom >= 0,
                extent.top <= Double(height)
            else {
                throw JSONEntry(.null, feature.place, path).refusal(
                    "outside of the image",
                    expected: "x from 0 to \(width) and y from 0 to \(height)",
                    got: extent.text, advice: advice)
            }
        }
        guard file.features.isEmpty || all.right - all.left >= 1 || all.bottom - all.top >= 1 else {
            throw JSONEntry(.null, "", path).refusal(
                "all polygons lie within one pixel", got: all.text, advice: advice)
        }
    }
}
