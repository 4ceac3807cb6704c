import Reporting
import Testing

@Suite struct TextTableTests {
    @Test func columnsLineUp() {
        var table = TextTable([("", .left), ("Dice", .right)], isRuled: true)
        table.add(["member-000", "0.935"])
        table.addRule()
        table.add(["ensemble", "n/a"])
        #expect(
            table.text == """
                             Dice
                ----------  -----
                member-000  0.935
                ----------  -----
                ensemble      n/a
                """)
    }

    @Test func columnsAreAsWideAsTheirWidestCell() {
        var table = TextTable([("name", .left), ("value", .right), ("", .left)])
        table.add(["a", "1", ""])
        table.add(["member-000", "123456", "ok"])
        #expect(
            table.lines == [
                "name         value", "a                1", "member-000  123456  ok",
            ])
    }
}
