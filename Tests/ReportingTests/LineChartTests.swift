import Testing

@testable import Reporting

@Suite struct LineChartTests {
    private func chart(
        _ series: [[Double?]], names: [String] = ["training", "validation"],
        isLogarithmic: Bool = false, highlighted: Int? = nil
    ) -> LineChart {
        LineChart(
            "Loss", x: .init("epoch", isInteger: true),
            y: .init("loss", isLogarithmic: isLogarithmic),
            series: series.enumerated().map { index, values in
                .init(
                    names[index % names.count], style: .series(index),
                    points: values.enumerated().map { .init(Double($0 + 1), $1) },
                    highlighted: highlighted)
            })
    }

    private func outlines(_ chart: LineChart, class style: String = "line") throws -> [String] {
        try Markup(chart.drawing.source).all(class: style).compactMap { $0.attributes["d"] }
    }

    /// The points of a line's parts.
    private func parts(_ outline: String) -> [Int] {
        outline.split(separator: "M").map { $0.split(separator: "L").count }
    }

    @Test func whatIsMissingIsAGap() throws {
        let line = try outlines(chart([[3, 2, nil, 1, .nan, 5, 4, 3]]))[0]
        #expect(parts(line) == [2, 1, 3])
        // A point alone is drawn too.
        #expect(line.contains("h0"))
    }

    @Test func aLogarithmicAxisLeavesOutWhatHasNoLogarithm() throws {
        #expect(
            parts(try outlines(chart([[1, 0.1, 0, -1, 0.01, 0.001]], isLogarithmic: true))[0])
                == [2, 2])
    }

    @Test func greaterIsHigherAndLaterIsFartherRight() throws {
        let line = try outlines(chart([[-2, 1, 4]]))[0]
        let points = line.dropFirst().split(separator: "L").map { point in
            point.split(separator: " ").compactMap { Double($0) }
        }
        #expect(points.map { $0[0] } == points.map { $0[0] }.sorted())
        #expect(points.map { $0[1] } == points.map { $0[1] }.sorted(by: >))
        // Evenly spaced values are evenly spaced.
        #expect(abs(points[0][1] + points[2][1] - 2 * points[1][1]) < 0.21)
    }

    @Test func linesAreNamedAtTheirEndsWhereThereIsRoom() throws {
        let apart = chart([[3, 2, 1], [3, 4, 5]])
        #expect(apart.legend.isEmpty)
        let texts = try Markup(apart.drawing.source).all("text").map(\.text)
        #expect(texts.contains("training") && texts.contains("validation"))
        var aside = apart
        aside.naming = .legend
        #expect(aside.legend.map(\.name) == ["training", "validation"])
        aside.naming = .none
        #expect(aside.legend.isEmpty)
        #expect(try !Markup(aside.drawing.source).all("text").map(\.text).contains("training"))
        let long = chart([[1], [2]], names: ["a", String(repeating: "b", count: 99)])
        #expect(long.legend.count == 2)
        #expect(chart(Array(repeating: [1, 2], count: 20)).legend.count == 20)
        #expect(chart([[1, 2]]).legend.isEmpty)
    }

    @Test func namesAtTheSamePlaceMakeRoomForOneAnother() throws {
        let page = try Markup(chart([[1, 2], [1, 2], [1, 2]]).drawing.source)
        let places = page.all(class: "small").compactMap { $0.attributes["y"].flatMap(Double.init) }
            .sorted()
        #expect(places.count == 3)
        #expect(zip(places.dropFirst(), places).allSatisfy { $0 - $1 >= 14.9 })
    }

    @Test func theMarkedPointIsSaidToo() throws {
        let marked = chart([[3, 1, 2]], highlighted: 1)
        #expect(try Markup(marked.drawing.source).all(class: "ring").count == 1)
        #expect(marked.description.contains("training: 3.00 to 2.00, marked 1.00 at 2"))
        #expect(
            try Markup(chart([[3, nil]], highlighted: 1).drawing.source).all(class: "ring").isEmpty)
    }

    @Test func bandsAndReferencesAreDrawn() throws {
        var banded = chart([[1, 2, 3]])
        for index in 0..<2 {
            (banded.series[0].points[index].lower, banded.series[0].points[index].upper) = (0.5, 4)
        }
        banded.references = [("best member", 3.5)]
        let page = try Markup(banded.drawing.source)
        #expect(page.all(class: "band").count == 1)
        #expect(page.all("text").map(\.text).contains("best member"))
        #expect(try outlines(banded, class: "band")[0].split(separator: "L").count == 4)
    }

    @Test func aLongHistoryStaysSmall() {
        let long = chart([(0..<20_000).map { 1 / Double($0 + 1) }])
        #expect(long.drawing.source.utf8.count < 60_000)
    }
}
