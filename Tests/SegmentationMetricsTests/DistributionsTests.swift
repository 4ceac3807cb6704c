import Testing

@testable import SegmentationMetrics

@Suite struct DistributionsTests {
    @Test(arguments: MetricsGolden.student)
    func quantilesMatchScipy(_ golden: [Double]) {
        let quantile = studentQuantile(central: golden[1], degreesOfFreedom: Int(golden[0]))
        #expect(abs(quantile / golden[2] - 1) < 1e-9)
    }

    @Test func tailsOfTheNormalDistribution() {
        #expect(normalTail(0) == 0.5)
        #expect(abs(normalTail(1.959963984540054) - 0.025) < 1e-15)
        #expect(abs(normalTail(-1) + normalTail(1) - 1) < 1e-15)
        #expect(normalTail(40) < 1e-300)
    }
}
