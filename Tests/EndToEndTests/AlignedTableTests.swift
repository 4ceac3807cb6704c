import Testing

@testable import floe

@Suite struct AlignedTableTests {
    @Test func columnsAreAsWideAsTheirWidestCell() {
        var table = AlignedTable([("name", .left), ("value", .right), ("", .left)])
        table.add(["a", "1", ""])
        table.add(["member-000", "123456", "ok"])
        #expect(
            table.lines == [
                "name         value", "a                1", "member-000  123456  ok",
            ])
    }
}
