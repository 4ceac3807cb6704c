/// A picture of numbers: a drawing of its own, and words for those who cannot see it.
public protocol Chart: Sendable {
    var title: String { get }
    /// What the drawing shows, in words, with its main numbers.
    var description: String { get }
    /// The drawing alone, to be placed in a page of `HTMLPage`, whose style sheet colours it.
    var drawing: HTML { get }
    /// What stands for what; empty where labels in the drawing say so.
    var legend: [LegendEntry] { get }
    /// A line below the drawing.
    var note: String? { get }
}

/// An entry of a legend: a sample and its name.
public struct LegendEntry: Sendable {
    var sample: HTML
    var name: String
    /// What is said after the name, whose direction of writing may be another.
    var note = ""

    static func series(_ style: SeriesStyle, _ name: String, note: String = "") -> LegendEntry {
        LegendEntry(sample: style.swatch(), name: name, note: note)
    }

    static func html(_ entries: [LegendEntry]) -> HTML {
        guard !entries.isEmpty else { return .empty }
        return .element(
            "ul", ["class": "legend"],
            entries.map { entry in
                let words = HTML.element("span", [:], [.name(entry.name), HTML(entry.note)])
                return .element("li", [:], [entry.sample, words])
            })
    }
}

extension Chart {
    public var legend: [LegendEntry] { [] }
    public var note: String? { nil }

    /// The chart under its title, with its legend and its note.
    public var figure: HTML {
        .element(
            "figure", ["class": "chart"],
            [
                .element("figcaption", [:], [.name(title)]), LegendEntry.html(legend), drawing,
                note.map { .paragraph($0, class: "note") } ?? .empty,
            ])
    }
}

/// Measures that all charts share, in units of their drawings.
enum ChartMeasure {
    /// Of a drawing that fits a telephone and half a screen.
    static let width = 400.0
    /// Of labels at axes.
    static let small = 11.5
    /// Of names.
    static let text = 12.5
}

/// Drawn where there is nothing to draw.
enum EmptyDrawing {
    static func html(for chart: some Chart) -> HTML {
        var drawing = SVGDrawing(width: ChartMeasure.width, height: 64)
        drawing.rectangle(0.5, 0.5, ChartMeasure.width - 1, 63, class: "empty", radius: 6)
        drawing.text("no values", ChartMeasure.width / 2, 36, class: "label", anchor: .middle)
        return drawing.html(title: chart.title, description: chart.description)
    }
}
