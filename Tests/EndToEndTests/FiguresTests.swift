import Testing

@testable import floe

@Suite struct FiguresTests {
    @Test(arguments: [
        (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1 << 20, "1.0 MiB"),
        (3 << 29, "1.5 GiB"), (Int.max, "8388608.0 TiB"),
    ])
    func bytes(count: Int, text: String) { #expect(Figures.bytes(count) == text) }

    @Test(arguments: [
        (0.0, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 min 00 s"),
        (185.0, "3 min 05 s"), (7620.0, "2 h 07 min"), (.infinity, "?"), (.nan, "?"), (-1, "?"),
    ])
    func duration(seconds: Double, text: String) { #expect(Figures.duration(seconds) == text) }

    @Test(arguments: [(9999, "9999"), (482_881, "482.9 k"), (31_037_633, "31.0 M")])
    func count(value: Int, text: String) { #expect(Figures.count(value) == text) }

    @Test func aMeanOfNothingIsNotZero() {
        #expect(Figures.score(nil) == "n/a")
        #expect(Figures.score(0) == "0.0000")
        #expect(Figures.percent(0.5751) == "57.5 %")
    }
}
