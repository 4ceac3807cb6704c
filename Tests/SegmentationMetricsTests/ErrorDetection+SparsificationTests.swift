import SegmentationMetrics
import Testing

@Suite struct ErrorDetectionSparsificationTests {
    @Test(arguments: ErrorDetectionCase.all)
    func areasAreThoseOfPixelByPixelSums(_ golden: ErrorDetectionCase) {
        let areas = golden.detection.sparsification
        expectEqual(areas?.area, golden.sparsification, "area")
        expectEqual(areas?.oracleArea, golden.oracle, "oracle's area")
        expectEqual(areas?.gain, golden.sparsification.map { 1 - $0 }, "gain")
        if let areas { #expect(areas.error > -1e-12) }
    }

    @Test func aPerfectOrderHasNoError() throws {
        var detection = ErrorDetection(bins: 4)
        detection.add(
            uncertainty: [1, 0, 0, 0], decisions: [1, 0, 0, 0], truth: [0, 0, 0, 0])
        let areas = try #require(detection.sparsification)
        expectEqual(areas.error, 0, "error")
        #expect(areas.gain > 0.5)
        #expect(detection.remainingErrorRate(without: 0) == 0.25)
        #expect(detection.remainingErrorRate(without: 0.25) == 0)
        expectEqual(detection.remainingErrorRate(without: 0.125), 0.125 / 0.875, "half way")
        #expect(detection.remainingErrorRate(without: 1) == nil)
    }

    @Test func withoutErrorsNothingRemains() {
        var detection = ErrorDetection()
        #expect(detection.remainingErrorRate(without: 0.5) == nil)
        detection.add(uncertainty: [0.5], decisions: [1], truth: [1])
        #expect(detection.remainingErrorRate(without: 0.5) == 0)
        #expect(detection.sparsification == nil)
    }
}
