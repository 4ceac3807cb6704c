import Testing

@testable import Reporting

@Suite struct NumberTextTests {
    @Test(arguments: [
        (0.9137, 3, "0.914"), (-0.25, 1, "\u{2212}0.3"), (-0.0001, 3, "0.000"),
        (.infinity, 2, "n/a"),
    ])
    func fixed(_ value: Double, _ digits: Int, _ text: String) {
        #expect(NumberText.fixed(value, digits) == text)
    }

    @Test(arguments: [
        (0.01234, 3, "+0.012"), (-0.01234, 3, "\u{2212}0.012"), (0.0001, 3, "0.000"),
        (-0.0001, 3, "0.000"), (.nan, 3, "n/a"),
    ])
    func signed(_ value: Double, _ digits: Int, _ text: String) {
        #expect(NumberText.signed(value, digits) == text)
    }

    @Test func percent() {
        #expect(NumberText.percent(0.5) == "50\u{A0}%")
        #expect(NumberText.percent(0.0123, 1) == "1.2\u{A0}%")
        #expect(NumberText.percent(nil) == "n/a")
    }

    @Test(arguments: [
        (0, "0"), (9999, "9999"), (10_000, "10\u{202F}000"),
        (-1_234_567, "\u{2212}1\u{202F}234\u{202F}567"),
        (.min, "\u{2212}9\u{202F}223\u{202F}372\u{202F}036\u{202F}854\u{202F}775\u{202F}808"),
    ])
    func count(_ value: Int, _ text: String) {
        #expect(NumberText.count(value) == text)
    }

    @Test func countsHaveTheirNouns() {
        #expect(NumberText.counted(1, "image") == "1 image")
        #expect(NumberText.counted(0, "image") == "0 images")
        #expect(NumberText.counted(12_345, "image") == "12\u{202F}345 images")
    }

    @Test(arguments: [
        (0, "0"), (999, "999"), (1000, "1.0k"), (1249, "1.2k"), (9949, "9.9k"), (9960, "10k"),
        (999_499, "999k"), (999_600, "1.0M"), (56_000_000, "56M"), (-2000, "\u{2212}2.0k"),
        (.max, "9.2E"),
    ])
    func compact(_ value: Int, _ text: String) {
        #expect(NumberText.compact(value) == text)
    }

    @Test(arguments: [
        (0, "0"), (0.12345, "0.123"), (12.345, "12.3"), (1234.5, "1235"), (-0.5, "\u{2212}0.500"),
        (0.00012, "0.000120"), (1.234e-6, "1.23·10⁻⁶"), (9.999e-6, "1.00·10⁻⁵"),
        (3.21e12, "3.21·10¹²"), (.nan, "n/a"),
    ])
    func significant(_ value: Double, _ text: String) {
        #expect(NumberText.significant(value) == text)
    }

    @Test(arguments: [
        (0.0042, "4.2\u{A0}ms"), (0.41, "410\u{A0}ms"), (0.9999, "1.0\u{A0}s"),
        (12.34, "12.3\u{A0}s"),
        (59.97, "1\u{A0}min 00\u{A0}s"), (245, "4\u{A0}min 05\u{A0}s"),
        (7800, "2\u{A0}h 10\u{A0}min"),
        (-1, "n/a"),
    ])
    func duration(_ seconds: Double, _ text: String) {
        #expect(NumberText.duration(seconds: seconds) == text)
    }

    @Test(arguments: [
        (0.00003, "< 0.0001"), (0.00123, "0.0012"), (0.0421, "0.042"), (0.5, "0.50"), (1, "1.00"),
    ])
    func probabilities(_ value: Double, _ text: String) {
        #expect(NumberText.pValue(value) == text)
    }
}
