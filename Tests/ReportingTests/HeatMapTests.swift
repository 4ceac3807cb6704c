import Testing

@testable import Reporting

@Suite struct HeatMapTests {
    private func texts(_ map: HeatMap) throws -> [String] {
        try Markup(map.drawing.source).all(class: "cell-text").map(\.text)
    }

    @Test func confusionIsPercentOfTheTruth() throws {
        let map = HeatMap.confusion(
            "Confusion", classes: ["ice", "water", "land"],
            counts: [[7500, 2500, 0], [1, 999_999, 0], [0, 0, 0]])
        #expect(
            try texts(map) == [
                "75\u{A0}%", "7.5k", "25\u{A0}%", "2.5k", "0\u{A0}%", "0",
                "<0.1\u{A0}%", "1", ">99.9\u{A0}%", "1.0M", "0\u{A0}%", "0",
                "n/a", "0", "n/a", "0", "n/a", "0",
            ])
        let page = try Markup(map.drawing.source)
        #expect(
            page.all(class: "cell")[1].text
                == "ice predicted as water: 2500 pixels, 25\u{A0}% of the true ones")
        #expect(map.description.hasSuffix("Right: ice 75\u{A0}%, water >99.9\u{A0}%, land n/a"))
    }

    @Test func theSameShareIsTheSameShade() throws {
        let page = try Markup(
            HeatMap.confusion("Confusion", classes: ["a", "b"], counts: [[1, 3], [750, 250]])
                .drawing
                .source)
        let shades = page.all("g").compactMap { $0.attributes["class"] }
        #expect(shades == ["h4", "h11", "h11", "h4"])
    }

    @Test func pairsLeaveOutTheDiagonal() throws {
        let map = HeatMap.pairs(
            "Disagreement", names: ["a", "b", "c"],
            values: [[nil, 0.1, 0.02], [0.1, 0, nil], [0.02, .nan, 0]], quantity: "Pixels")
        #expect(
            try texts(map)
                == ["10\u{A0}%", "2.0\u{A0}%", "10\u{A0}%", "n/a", "2.0\u{A0}%", "n/a"])
        #expect(map.description == "Pixels, for every pair: from 2.0\u{A0}% to 10\u{A0}%")
        let single = HeatMap.pairs("Pairs", names: ["a"], values: [[nil]], quantity: "Pixels")
        #expect(single.note == nil)
        #expect(try Markup(single.drawing.source).all("text").map(\.text) == ["no values"])
    }

    @Test func aLargeMapScrollsInItsOwnBox() throws {
        let names = (0..<20).map { "a rather long name of member \($0)" }
        let page = try Markup(
            HeatMap.pairs(
                "Pairs", names: names, values: names.map { _ in names.map { _ in 0.1 } },
                quantity: "Pixels"
            ).drawing.source)
        let box = try #require(page.all(class: "scroll").first)
        #expect(box.attributes["aria-label"] == "Pairs")
        #expect(page.all("svg")[0].parents == ["div", "div"])
        let style = try #require(page.all("div")[1].attributes["style"])
        #expect(style.hasPrefix("min-width:"))
        // What was cut is whole in the tip.
        #expect(page.all(class: "name").allSatisfy { $0.text.contains("member") })
    }
}
