import SegmentationMetrics
import TensorCore
import Testing

@Suite struct BootstrapIntervalTests {
    @Test(arguments: MetricsGolden.bootstrap)
    func intervalsMatchNumpyOnTheSameResamples(_ golden: [Double]) throws {
        let (count, groups) = (Int(golden[0]), Int(golden[1]))
        let interval = try #require(
            bootstrapInterval(
                of: GoldenCases.differences(count, ties: false),
                groups: groups == count ? nil : (0..<count).map { $0 * 11 % groups },
                confidence: golden[2], repetitions: count < 30 ? 2000 : 500, seed: UInt64(count)))
        expectEqual(interval.mean, golden[3], "mean of \(count)")
        expectEqual(interval.lower, golden[4], "lower of \(count)")
        expectEqual(interval.upper, golden[5], "upper of \(count)")
        #expect(interval.units == groups)
    }

    @Test func fewerThanTwoUnitsSayNothing() {
        #expect(bootstrapInterval(of: [], seed: 1) == nil)
        #expect(bootstrapInterval(of: [0.5], seed: 1) == nil)
        #expect(bootstrapInterval(of: [0.5, 0.7], groups: [4, 4], seed: 1) == nil)
    }

    @Test func aSeedDecidesEverythingAndNamesOfGroupsNothing() {
        let differences = GoldenCases.differences(30, ties: false)
        let groups = (0..<30).map { $0 % 7 }
        let interval = bootstrapInterval(of: differences, groups: groups, seed: 3)
        #expect(interval == bootstrapInterval(of: differences, groups: groups, seed: 3))
        #expect(interval != bootstrapInterval(of: differences, groups: groups, seed: 4))
        #expect(
            interval
                == bootstrapInterval(
                    of: differences, groups: groups.map { -9_000_000 * $0 }, seed: 3))
        #expect(
            bootstrapInterval(of: differences, groups: Array(0..<30), seed: 3)
                == bootstrapInterval(of: differences, seed: 3))
    }

    @Test func shiftAndScaleCarryOver() throws {
        let differences = GoldenCases.differences(12, ties: false)
        let one = try #require(bootstrapInterval(of: differences, seed: 9))
        let other = try #require(bootstrapInterval(of: differences.map { 4 * $0 + 1 }, seed: 9))
        expectEqual(other.lower, 4 * one.lower + 1, "lower")
        expectEqual(other.upper, 4 * one.upper + 1, "upper")
        #expect(one.lower < one.mean && one.mean < one.upper)
    }

    @Test func equalDifferencesGiveAPoint() throws {
        let interval = try #require(
            bootstrapInterval(of: [Double](repeating: 0.125, count: 9), seed: 1))
        #expect(interval.lower == 0.125 && interval.upper == 0.125 && interval.mean == 0.125)
    }

    @Test func groupsThatMoveTogetherWidenTheInterval() throws {
        var stream = RandomStream(seed: 2, purpose: .test)
        let ofGroup = (0..<8).map { _ in stream.normal() }
        let differences = (0..<80).map { ofGroup[$0 / 10] + 0.01 * stream.normal() }
        let alone = try #require(bootstrapInterval(of: differences, seed: 1))
        let grouped = try #require(
            bootstrapInterval(of: differences, groups: (0..<80).map { $0 / 10 }, seed: 1))
        #expect(grouped.upper - grouped.lower > 2 * (alone.upper - alone.lower))
    }

    /// The claim of the documentation: 94 % for 8 normal differences, where the plain
    /// percentile interval covers 89 %.
    @Test func coversTheTruthAsOftenAsItSays() throws {
        var stream = RandomStream(seed: 11, purpose: .test)
        var covered = 0
        for trial in 0..<1000 {
            let differences = (0..<8).map { _ in 0.02 + 0.05 * stream.normal() }
            let interval = try #require(
                bootstrapInterval(of: differences, repetitions: 1000, seed: UInt64(trial)))
            if interval.lower <= 0.02 && 0.02 <= interval.upper { covered += 1 }
        }
        #expect((920...965).contains(covered))
    }
}
