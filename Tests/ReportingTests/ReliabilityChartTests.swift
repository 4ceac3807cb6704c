import Testing

@testable import Reporting

@Suite struct ReliabilityChartTests {
    private func chart(_ bins: [ReliabilityChart.Bin], error: Double? = nil) -> ReliabilityChart {
        ReliabilityChart(
            "Reliability", series: [.init("m0", style: .series(0), bins: bins, error: error)])
    }

    @Test func binsGrowWithTheirCounts() throws {
        let page = try Markup(
            chart([
                .init(confidence: 0.9, frequency: 0.8, count: 10_000),
                .init(confidence: 0.1, frequency: 0.2, count: 2500),
                .init(confidence: 0.5, frequency: 0.5, count: 1),
                .init(confidence: 0.6, frequency: 0.6, count: 0),
            ]).drawing.source)
        #expect(page.all(class: "mark").map { $0.attributes["r"] } == ["4.5", "2.2", "9"])
        #expect(page.all(class: "mark")[2].text.contains("10\u{202F}000 pixels"))
        #expect(page.all(class: "dashed").count == 1)
    }

    @Test func perfectProbabilitiesLieOnTheDiagonal() throws {
        let page = try Markup(
            chart([.init(confidence: 0.25, frequency: 0.25, count: 5)]).drawing.source)
        let diagonal = page.all(class: "dashed")[0].attributes.mapValues { Double($0) ?? 0 }
        let mark = page.all(class: "mark")[0].attributes.mapValues { Double($0) ?? 0 }
        let across =
            (mark["cx", default: 0] - diagonal["x1", default: 0])
            / (diagonal["x2", default: 0] - diagonal["x1", default: 0])
        let down =
            (mark["cy", default: 0] - diagonal["y1", default: 0])
            / (diagonal["y2", default: 0] - diagonal["y1", default: 0])
        #expect(abs(across - 0.25) < 0.001 && abs(down - 0.25) < 0.001)
    }

    /// A curve is one class against the rest, so that it says nothing of being sure.
    @Test func theNoteSaysWhatTheSidesOfTheDiagonalMean() {
        let note = chart([.init(confidence: 0.5, frequency: 0.25, count: 5)]).note
        #expect(
            note?.contains(
                "Below the diagonal the class is there less often than the model says, above it "
                    + "more often.") == true)
    }

    @Test func theErrorStandsInTheLegend() {
        let chart = chart([.init(confidence: 0.25, frequency: 0.5, count: 5)], error: 0.0214)
        #expect(chart.legend.map { $0.name + $0.note } == ["m0, error 0.021"])
        #expect(chart.description.contains("at probability 0.25, observed 0.50"))
    }
}
