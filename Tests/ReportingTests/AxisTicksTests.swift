import TensorCore
import Testing

@testable import Reporting

@Suite struct AxisTicksTests {
    private func labels(_ ticks: AxisTicks) -> [String] { ticks.ticks.map(\.label) }

    @Test func stepsAreRound() {
        #expect(labels(.linear([0, 1])) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
        #expect(labels(.linear([0.801, 0.999])) == ["0.80", "0.85", "0.90", "0.95", "1.00"])
        #expect(
            labels(.linear([-0.003, 0.002]))
                == ["\u{2212}0.003", "\u{2212}0.002", "\u{2212}0.001", "0.000", "0.001", "0.002"])
        #expect(
            labels(.linear([0, 40_000], count: 4)) == [
                "0", "10\u{202F}000", "20\u{202F}000", "30\u{202F}000", "40\u{202F}000",
            ])
        #expect(labels(.linear([0, 2e-7], count: 2)) == ["0", "1·10⁻⁷", "2·10⁻⁷"])
    }

    @Test func epochsAreWhole() {
        let ticks = AxisTicks.linear([1, 34], count: 6, isInteger: true, isTight: true)
        #expect(labels(ticks) == ["10", "20", "30"] && ticks.domain == 1...34)
        #expect(
            labels(.linear([1, 3], count: 5, isInteger: true, isTight: true)) == ["1", "2", "3"])
        #expect(labels(.linear([1], isInteger: true, isTight: true)) == ["0", "1", "2"])
    }

    @Test(arguments: [[], [0], [5], [-3], [.nan, .infinity], [0.9, 0.9], [1e-300], [1e-9, 1e-9]])
    func oneValueOrNoneHasRoomAround(_ values: [Double]) {
        let ticks = AxisTicks.linear(values)
        #expect(ticks.domain.lowerBound < ticks.domain.upperBound && ticks.ticks.count >= 2)
        for value in values where value.isFinite {
            let position = ticks.position(value)
            #expect(position.map { $0 >= 0 && $0 <= 1 } == true)
        }
    }

    @Test func anyRangeHasAFewEvenMarks() {
        var random = RandomStream(seed: 3, purpose: .test)
        for _ in 0..<2000 {
            var scale = 1.0
            for _ in 0..<random.index(below: 12) { scale *= random.uniform() < 0.5 ? 10 : 0.1 }
            let low = random.uniform(-1, 1) * scale
            let high = low + random.uniform(0.001, 1) * scale
            let ticks = AxisTicks.linear([high, low])
            let marks = ticks.ticks.map(\.value)
            #expect((3...11).contains(marks.count), "\(low) \(high)")
            #expect(ticks.domain.contains(low) && ticks.domain.contains(high), "\(low) \(high)")
            #expect(marks.first == ticks.domain.lowerBound && marks.last == ticks.domain.upperBound)
            let step = (high - low) / 5
            let steps = zip(marks.dropFirst(), marks).map { $0 - $1 }
            #expect(steps.allSatisfy { $0 > 0.99 * step && $0 < 2.6 * step }, "\(low) \(high)")
            #expect(Set(labels(ticks)).count == marks.count, "\(labels(ticks))")
        }
    }

    @Test func powersOfTenAreMarkedAndNumbersWrittenAlike() {
        let small = AxisTicks.logarithmic([1e-6, 1e-3])
        #expect(labels(small).filter { !$0.isEmpty } == ["10⁻⁶", "10⁻⁵", "10⁻⁴", "10⁻³"])
        #expect(small.ticks.count == 10)
        #expect(labels(.logarithmic([0.2, 0.9])) == ["0.2", "0.5", "1"])
        let plain = AxisTicks.logarithmic([0.01, 900], count: 5)
        #expect(labels(plain).filter { !$0.isEmpty } == ["0.01", "1", "100"])
    }

    @Test func ratiosAreDistances() throws {
        let ticks = AxisTicks.logarithmic([0.001, 1000, 0, -5, .nan])
        #expect(ticks.domain == 0.001...1000)
        let middle = try #require(ticks.position(1))
        #expect(abs(middle - 0.5) < 1e-12)
        #expect(ticks.position(0) == nil && ticks.position(-1) == nil)
        #expect(AxisTicks.linear([0, 1]).position(.nan) == nil)
    }

    @Test(arguments: [[], [0], [-2], [5], [1e-7]])
    func logarithmsOfOneValueOrNoneHaveRoomAround(_ values: [Double]) {
        let ticks = AxisTicks.logarithmic(values)
        #expect(ticks.domain.lowerBound < ticks.domain.upperBound && ticks.ticks.count >= 2)
        #expect(ticks.ticks.contains { !$0.label.isEmpty })
    }
}
