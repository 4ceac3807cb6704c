import SegmentationMetrics
import TensorCore
import Testing

@Suite struct WilcoxonSignedRankTests {
    @Test(arguments: MetricsGolden.wilcoxon)
    func statisticAndPMatchScipy(_ golden: [Double]) {
        let test = wilcoxonSignedRank(
            GoldenCases.differences(Int(golden[0]), ties: golden[1] == 1))
        expectEqual(test.statistic, golden[2], "statistic of \(golden[0])")
        expectEqual(test.pValue, golden[3], "p of \(golden[0])")
        #expect(test.method == (test.used <= 25 ? .exact : .normalApproximation))
    }

    @Test(arguments: [[], [0, 0, 0], [-0.0]] as [[Double]])
    func identicalScoresGiveOne(_ differences: [Double]) {
        let test = wilcoxonSignedRank(differences)
        #expect(test.pValue == 1)
        #expect(test.statistic == 0)
        #expect((test.used, test.zeros) == (0, differences.count))
    }

    @Test func zerosAreDroppedAndCounted() {
        let with = wilcoxonSignedRank([0.3, 0, -0.1, 0.2, 0, 0.4])
        let without = wilcoxonSignedRank([0.3, -0.1, 0.2, 0.4])
        #expect(with.pValue == without.pValue && with.statistic == without.statistic)
        #expect((with.used, with.zeros) == (4, 2))
    }

    @Test func orderAndDirectionDoNotMatter() {
        for ties in [false, true] {
            for count in [9, 40] {
                let differences = GoldenCases.differences(count, ties: ties)
                let test = wilcoxonSignedRank(differences)
                #expect(wilcoxonSignedRank(differences.reversed()) == test)
                #expect(wilcoxonSignedRank(differences.map { -$0 }) == test)
            }
        }
    }

    /// Every assignment of signs, tried one by one.
    @Test(arguments: [4, 9, 13], [false, true])
    func exactMatchesEnumeration(_ count: Int, _ ties: Bool) {
        let differences = GoldenCases.differences(count, ties: ties).filter { $0 != 0 }
        let sizes = differences.map(abs)
        let ranks = sizes.map { size in
            Double(sizes.count { $0 < size }) + Double(sizes.count { $0 == size } + 1) / 2
        }
        let test = wilcoxonSignedRank(differences)
        let total = ranks.reduce(0, +)
        var extreme = 0
        for signs in 0..<1 << ranks.count {
            var positive = 0.0
            for (index, rank) in ranks.enumerated() where signs >> index & 1 == 1 {
                positive += rank
            }
            if min(positive, total - positive) <= test.statistic { extreme += 1 }
        }
        expectEqual(
            test.pValue, min(1, Double(extreme) / Double(1 << ranks.count)), "p of \(count)")
    }

    @Test func aLimitOfTwentyFiveIsExact() {
        // All of one sign: two of the 2^n assignments are as extreme.
        let test = wilcoxonSignedRank((1...25).map(Double.init))
        #expect(test.method == .exact)
        #expect(test.pValue == 0x1p-24)
        #expect(wilcoxonSignedRank((1...26).map(Double.init)).method == .normalApproximation)
        #expect(wilcoxonSignedRank([Double](repeating: 1, count: 2000)).pValue < 1e-300)
    }
}
