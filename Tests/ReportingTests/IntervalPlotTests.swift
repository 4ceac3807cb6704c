import Testing

@testable import Reporting

@Suite struct IntervalPlotTests {
    private func plot(_ rows: [IntervalPlot.Row]) -> IntervalPlot {
        IntervalPlot("Verdict", axis: "Dice, ensemble minus this", rows: rows)
    }

    private func styles(_ plot: IntervalPlot) throws -> [String] {
        try Markup(plot.drawing.source).all(class: "mark").compactMap { $0.attributes["class"] }
    }

    @Test func aClearDifferenceIsFilled() throws {
        let rows: [IntervalPlot.Row] = [
            .init("clear", mean: 0.02, lower: 0.01, upper: 0.03),
            .init("worse", mean: -0.02, lower: -0.03, upper: -0.01),
            .init("open", mean: 0.01, lower: -0.01, upper: 0.03),
            .init("edge", mean: 0.01, lower: 0, upper: 0.02),
            .init("no interval", mean: 0.01),
            .init("nothing", mean: nil),
        ]
        #expect(
            try styles(plot(rows)) == ["mark", "mark", "mark open", "mark open", "mark open"])
        #expect(try Markup(plot(rows).drawing.source).all("text").map(\.text).contains("n/a"))
    }

    @Test func zeroIsAlwaysThere() throws {
        for mean in [0.5, -0.5] {
            let page = try Markup(
                plot([.init("a", mean: mean, lower: mean - 0.01, upper: mean + 0.01)]).drawing
                    .source)
            #expect(page.all(class: "zero").count == 1)
            let zero = try #require(
                page.all(class: "zero")[0].attributes["x1"].flatMap(Double.init))
            let point = try #require(
                page.all(class: "mark")[0].attributes["cx"].flatMap(Double.init))
            #expect(mean > 0 ? point > zero : point < zero)
        }
    }

    @Test func countsAreWordsWhereThereIsRoom() throws {
        func texts(_ name: String) throws -> [String] {
            try Markup(plot([.init(name, mean: 0.1, counts: (27, 2, 7))]).drawing.source)
                .all("text").map(\.text)
        }
        #expect(try texts("m0").contains("27 better · 2 equal · 7 worse"))
        #expect(try texts(String(repeating: "long", count: 20)).contains("27 : 2 : 7"))
    }

    @Test func theNoteIsASentenceWhateverTheSidesAreCalled() {
        var plot = IntervalPlot(
            "What each adds", axis: "Dice", sides: ("harms", "helps"),
            rows: [.init("m0", mean: 0.01, lower: 0, upper: 0.02, counts: (7, 2, 3))])
        #expect(
            plot.note
                == "Point: mean difference, filled where the interval leaves out zero. Bar: "
                + "95\u{A0}% interval. Counts of images: helps, equal, harms.")
        plot.remark = "Images with Dice 0: 3."
        #expect(plot.note?.hasSuffix("harms. Images with Dice 0: 3.") == true)
        plot.rows[0].counts = nil
        #expect(plot.note?.contains("Counts") == false)
    }

    @Test func theDescriptionHoldsAllNumbers() {
        let plot = plot([
            .init("m0", mean: 0.0123, lower: -0.001, upper: 0.0255, counts: (7, 2, 3))
        ])
        #expect(
            plot.description
                == "Dice, ensemble minus this. m0: +0.0123, 95 % interval \u{2212}0.0010 to +0.0255, "
                + "better on 7, equal on 2, worse on 3")
    }
}
