import Testing

@testable import Reporting

@Suite struct BarChartTests {
    private func bars(_ chart: BarChart) throws -> [(x: Double, width: Double)] {
        try Markup(chart.drawing.source).all(class: "bar").map { bar in
            let x = bar.attributes["x"].flatMap(Double.init) ?? .nan
            return (x, bar.attributes["width"].flatMap(Double.init) ?? .nan)
        }
    }

    @Test func lengthsAreInProportionFromZero() throws {
        let bars = try bars(
            BarChart(
                "Costs", axis: "minutes",
                rows: [.init("a", [2]), .init("b", [4]), .init("c", [-1]), .init("d", [nil])]))
        #expect(bars.count == 3)
        #expect(abs(bars[1].width - 2 * bars[0].width) < 0.3)
        #expect(bars[0].x == bars[1].x)
        #expect(abs(bars[2].x + bars[2].width - bars[0].x) < 0.2)
    }

    @Test func partsFollowOneAnotherAndAreNamed() throws {
        let chart = BarChart(
            "Bags", axis: "images", parts: ["in the bag", "out of the bag"],
            rows: [.init("m0", [60, 40], text: "60 in, 40 out")])
        let bars = try bars(chart)
        #expect(abs(bars[0].x + bars[0].width + 1 - bars[1].x) < 0.2)
        #expect(chart.legend.map(\.name) == ["in the bag", "out of the bag"])
        #expect(chart.description == "images. m0: 60 in, 40 out")
        let page = try Markup(chart.drawing.source)
        #expect(page.all(class: "light").count == 1)
        let large = BarChart(
            "Images", axis: "images", rows: [.init("a", [12_345]), .init("b", [nil])])
        #expect(large.description == "images. a: 12\u{202F}345; b: n/a")
        let measures = BarChart(
            "Costs", axis: "minutes", rows: [.init("a", [2]), .init("b", [2.5])])
        #expect(measures.description == "minutes. a: 2.00; b: 2.50")
        #expect(
            page.all(class: "bar").map(\.text) == [
                "m0, in the bag: 60", "m0, out of the bag: 40",
            ])
    }
}
