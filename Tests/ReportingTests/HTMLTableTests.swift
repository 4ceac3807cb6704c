import Testing

@testable import Reporting

@Suite struct HTMLTableTests {
    private func table(
        _ scores: [Double?], best: HTMLTable.Column.Best? = .highest, outsider: Double? = nil
    ) -> HTMLTable {
        var rows = scores.enumerated().map { index, score in
            HTMLTable.Row("m\(index)", [.number(score, 2)])
        }
        if let outsider { rows.append(.init("mean", [.number(outsider, 2)], competes: false)) }
        return HTMLTable(
            "Scores", rowHeading: "Model", columns: [.init("Dice", best: best)],
            groups: [.init("Members", rows)])
    }

    /// The rows whose value is marked.
    private func marked(_ table: HTMLTable) throws -> [String] {
        let page = try Markup(table.html.source)
        return page.all("tr").filter { $0.text.contains("\u{2605}") }
            .map { String($0.text.prefix { $0 != "." }.dropLast()) }
    }

    @Test func headingsBelongToTheirCellsAndNumbersAlign() throws {
        let page = try Markup(table([0.5, nil]).html.source)
        #expect(page.all("caption").map(\.text) == ["Scores"])
        #expect(
            page.all("th").map { $0.attributes["scope"] } == [
                "col", "col", "rowgroup", "row", "row",
            ])
        #expect(page.all("td").map { $0.attributes["class"] } == ["number", "number"])
        #expect(page.all("td").map(\.text) == ["0.50", "n/a"])
        #expect(page.all("table")[0].parents.contains("div"))
    }

    @Test func theBestIsMarkedByMoreThanColour() throws {
        #expect(try marked(table([0.5, 0.75, nil])) == ["m1"])
        #expect(try marked(table([0.5, 0.75, nil], best: .lowest)) == ["m0"])
        #expect(try marked(table([0.5, 0.75], best: nil)) == [])
        let page = try Markup(table([0.5, 0.75]).html.source)
        #expect(page.all(class: "star").map { $0.attributes["aria-label"] } == ["best"])
        #expect(page.all("strong").count == 1)
        #expect(page.all(class: "note").first?.text.contains("best of the column") == true)
    }

    @Test func whatLooksTheSameIsEquallyGood() throws {
        #expect(try marked(table([0.7501, 0.7504, 0.5])) == ["m0", "m1"])
        #expect(try marked(table([0.7501, 0.7504])) == [])
        #expect(try marked(table([0.75])) == [])
        #expect(try marked(table([nil, .nan])) == [])
    }

    @Test func rowsOutOfCompetitionAreNeverBest() throws {
        #expect(try marked(table([0.5, 0.6], outsider: 0.9)) == ["m1"])
    }

    @Test func aStarMayMeanMore() throws {
        var table = table([0.5, 0.6], outsider: 0.9)
        table.star = "best of the members"
        table.note = "Dice of all images."
        #expect(
            try Markup(table.html.source).all(class: "note").map(\.text)
                == ["\u{2605} best of the members. Dice of all images."])
    }

    @Test func namesAreEscapedAndKeepTheirDirection() throws {
        let table = HTMLTable(
            "a & b", rowHeading: "Model", columns: [.init("<i>", isNumeric: false)],
            groups: [.init(nil, [.init("<script>", [.text("\"x\"")], isEmphasised: true)])])
        let page = try Markup(table.html.source)
        #expect(page.all("script").isEmpty && page.all("i").isEmpty)
        #expect(page.all("bdi").map(\.text) == ["<script>"])
        #expect(page.all("td").map(\.text) == ["\"x\""])
        #expect(page.all(class: "emphasised").count == 1)
    }

    @Test func aTableWithoutRowsSaysSo() throws {
        let page = try Markup(table([]).html.source)
        #expect(page.all("td").map(\.text) == ["nothing to show"])
        #expect(page.all("td")[0].attributes["colspan"] == "2")
    }
}
