import Reporting
import Testing

@Suite struct DecimalTests {
    @Test(arguments: [
        (0.9349999, 3, "0.935"), (1, 3, "1.000"), (-0.0004, 3, "0.000"), (-1.25, 1, "-1.3"),
        (12.34, 0, "12"), (0.05, 2, "0.05"),
    ])
    func decimals(_ value: Double, _ digits: Int, _ text: String) {
        #expect(decimal(value, digits) == text)
    }

    @Test func nothingIsSaidToBeNothing() {
        #expect(decimal(nil, 3) == "n/a")
        #expect(decimal(.nan, 3) == "n/a")
    }
}
