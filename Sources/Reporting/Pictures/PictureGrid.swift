import Foundation
import SegmentationData

/// Images beside their truths, predictions and maps, in a page: a row an image, with words for what
/// the colours mean.
public struct PictureGrid: Sendable {
    public struct Cell: Sendable {
        /// What it shows, such as "prediction".
        public var caption: String
        public var picture: Picture

        public init(_ caption: String, _ picture: Picture) {
            self.caption = caption
            self.picture = picture
        }
    }

    public struct Row: Sendable {
        /// The image's name.
        public var name: String
        /// What is to be said of it, such as its score.
        public var note: String
        public var cells: [Cell]

        public init(_ name: String, note: String = "", cells: [Cell]) {
            self.name = name
            self.note = note
            self.cells = cells
        }
    }

    public enum LegendItem: Sendable {
        /// A colour and what it means.
        case color(ClassColor, String)
        /// The scalar map and what its dark and bright ends mean.
        case map(String)
    }

    public var rows: [Row]
    public var legend: [LegendItem]
    /// Pixels of a picture's longer side at most.
    public var side = 320
    /// Bytes that all pictures of the grid may take in the page; beyond it they get smaller.
    public var budget = 3_000_000

    /// What the colours of predictions over images mean; see `OverlayRenderer`.
    public static let overlayLegend: [LegendItem] = [
        .color(OverlayRenderer.right, "yellow: right"),
        .color(OverlayRenderer.wrong, "red: wrong, something is seen that is not there"),
        .color(OverlayRenderer.missed, "green: missed, something there is not seen"),
    ]

    public init(rows: [Row], legend: [LegendItem]) {
        self.rows = rows
        self.legend = legend
    }

    /// The rows as markup.
    ///
    /// - Throws: `FloeError` where a picture cannot be encoded.
    public func html() throws -> HTML {
        guard rows.contains(where: { !$0.cells.isEmpty }) else {
            return .paragraph("No images.", class: "note")
        }
        let encoded = try encodedWithinBudget()
        let examples = zip(rows, encoded).map { row, pictures in
            HTML.element(
                "figure", ["class": "example"],
                [
                    .element(
                        "figcaption", [:],
                        [
                            .name(row.name),
                            row.note.isEmpty ? .empty : .element("span", [:], [HTML(row.note)]),
                        ]),
                    .element(
                        "div",
                        ["class": "pictures", "style": "--count:\(row.cells.count)"],
                        zip(row.cells, pictures).map { Self.html($0.0, $0.1, of: row.name) }),
                ])
        }
        return LegendEntry.html(legend.map(Self.entry)) + HTML(examples)
    }

    private struct Encoded {
        let height: Int
        let width: Int
        let text: String
    }

    private func encodedWithinBudget() throws -> [[Encoded]] {
        var side = self.side
        while true {
            let encoded = try rows.map { row in
                try row.cells.map { cell in
                    let picture = cell.picture.shrunk(longerSide: side)
                    return Encoded(
                        height: picture.height, width: picture.width,
                        text: try ImageWriter.png(of: picture).base64EncodedString())
                }
            }
            let bytes = encoded.flatMap { $0 }.reduce(0) { $0 + $1.text.utf8.count }
            // Thumbnails below this say nothing; the page is then larger than wished.
            guard bytes > budget, side > 96 else { return encoded }
            side = max(96, side * 4 / 5)
        }
    }

    private static func html(_ cell: Cell, _ encoded: Encoded, of name: String) -> HTML {
        .element(
            "figure", [:],
            [
                .element("figcaption", [:], [.name(cell.caption)]),
                .element(
                    "img",
                    [
                        "src": "data:image/png;base64,\(encoded.text)",
                        "alt": "\(cell.caption) of \(name)", "width": String(encoded.width),
                        "height": String(encoded.height),
                        // Few pixels are shown as such rather than blurred.
                        "class": max(encoded.height, encoded.width) < 128 ? "small" : nil,
                    ]),
            ])
    }

    private static func entry(_ item: LegendItem) -> LegendEntry {
        switch item {
        case .color(let color, let words):
            var drawing = SVGDrawing(width: 16, height: 12)
            drawing.block(0, 0, 16, 12, color: color)
            return LegendEntry(sample: drawing.ornament(class: "swatch"), name: words)
        case .map(let words):
            return LegendEntry(sample: ScalarMap.strip(), name: words)
        }
    }
}
