import Testing

@testable import Reporting

/// What holds for every chart, with values of every kind.
@Suite struct ChartTests {
    private static let awkward: [Double?] = [
        nil, .nan, .infinity, -.infinity, 0, -1e-9, 1e9, 0.5, 0.5, -3,
    ]
    private static let names = [
        "a", "<b> & \"c\"", String(repeating: "long", count: 60), "اسم", "",
    ]

    private static func lines(_ values: [Double?], isLogarithmic: Bool = false) -> LineChart {
        var chart = LineChart(
            names[1], x: .init("epoch", isInteger: true),
            y: .init(names[2], isLogarithmic: isLogarithmic),
            series: names.enumerated().map { index, name in
                .init(
                    name, style: .series(index),
                    points: values.enumerated().map { position, value in
                        .init(
                            Double(position + 1), value, lower: value.map { $0 - 1 },
                            upper: value.map { $0 + 1 })
                    }, highlighted: index)
            })
        chart.references = [("a reference", 0.25)]
        return chart
    }

    private static func charts(_ values: [Double?]) -> [any Chart] {
        let rows = values.isEmpty ? [] : names
        return [
            lines(values), lines(values, isLogarithmic: true),
            DotPlot(
                names[1], axis: names[2],
                rows: rows.enumerated().map { index, name in
                    .init(
                        name, values: values.enumerated().map { ("image \($0)", $1) },
                        style: .series(index))
                }),
            IntervalPlot(
                names[1], axis: names[2],
                rows: rows.enumerated().map { index, name in
                    let value = values[index % values.count]
                    return .init(
                        name, mean: value, lower: value.map { $0 - 0.1 }, upper: value,
                        counts: index == 0 ? nil : (index, 0, 1_000_000), isEmphasised: index == 2)
                }),
            ReliabilityChart(
                names[1],
                series: rows.enumerated().map { index, name in
                    .init(
                        name, style: .series(index),
                        bins: values.map {
                            .init(
                                confidence: max(0, min(1, $0 ?? 0)),
                                frequency: $0.map { max(0, min(1, $0)) } ?? .nan, count: index * 100
                            )
                        }, error: values[0])
                }),
            HeatMap.confusion(
                names[1], classes: rows,
                counts: rows.indices.map { row in
                    rows.indices.map { row == 1 ? 0 : row * $0 * 12_345 }
                }),
            HeatMap.pairs(
                names[1], names: rows,
                values: rows.indices.map { row in
                    rows.indices.map { values[(row + $0) % values.count] }
                }, quantity: "pixels"),
            BarChart(
                names[1], axis: names[2],
                rows: rows.enumerated().map { .init($1, [values[$0 % values.count]]) }),
            BarChart(
                names[1], axis: names[2], parts: ["in", "out"],
                rows: rows.map { .init($0, [values[0].map { abs($0) }, 3], text: "text") }),
        ]
    }

    @Test(arguments: [[], awkward, [0.5], [nil], [0], Array(repeating: 0.25, count: 600)])
    func drawingsAreWholeAndInsideTheirFrames(_ values: [Double?]) throws {
        for chart in Self.charts(values) {
            let kind = "\(type(of: chart))"
            let figure = chart.figure
            #expect(chart.figure == figure)
            let page = try Markup(figure.source)
            let pictures = page.all("svg").filter { $0.attributes["role"] == "img" }
            let picture = try #require(pictures.first)
            #expect(pictures.count == 1, "\(kind)")
            #expect(picture.attributes["aria-label"]?.hasPrefix(Self.names[1] + ". ") == true)
            #expect(
                page.all("desc").map(\.text) == [chart.description] && !chart.description.isEmpty)
            #expect(page.all("script").isEmpty && page.all("b").isEmpty)
            let frame = try #require(picture.attributes["viewBox"]).split(separator: " ")
                .compactMap { Double($0) }
            #expect(frame.count == 4)
            let shapes = page.elements.filter { $0.parents.contains("svg") }
            for shape in shapes {
                for (key, limit) in [
                    ("x", frame[2]), ("cx", frame[2]), ("x1", frame[2]), ("x2", frame[2]),
                    ("y", frame[3]), ("cy", frame[3]), ("y1", frame[3]), ("y2", frame[3]),
                ] {
                    guard let text = shape.attributes[key] else { continue }
                    let value = try #require(Double(text), "\(kind) \(text)")
                    #expect(value >= -1 && value <= limit + 1, "\(kind) \(shape)")
                }
                let outline = (shape.attributes["d"] ?? "").lowercased()
                #expect(!outline.contains("n") && !outline.contains("i"), "\(kind) \(outline)")
            }
        }
    }

    @Test func nothingToDrawIsSaid() throws {
        // Two parts, one of which is there, and cells of counts are something.
        let empty =
            Self.charts([])
            + Self.charts([nil]).filter { chart in
                !(chart is HeatMap) && (chart as? BarChart)?.parts.isEmpty != false
            }
        for chart in empty {
            #expect(try Markup(chart.drawing.source).all("text").map(\.text) == ["no values"])
            #expect(chart.legend.isEmpty && chart.note == nil, "\(type(of: chart))")
        }
    }

    @Test func aFigureHasItsTitleLegendAndNote() throws {
        var chart = Self.lines([1, 2])
        chart.note = "seen & noted"
        let page = try Markup(chart.figure.source)
        #expect(page.all("figcaption").map(\.text) == [Self.names[1]])
        #expect(page.all("li").map(\.text) == Self.names)
        #expect(page.all("p").map(\.text) == ["seen & noted"])
        #expect(page.all(class: "swatch").allSatisfy { $0.attributes["aria-hidden"] == "true" })
    }
}
