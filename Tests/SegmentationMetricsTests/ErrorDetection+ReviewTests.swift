import SegmentationMetrics
import Testing

@Suite struct ErrorDetectionReviewTests {
    @Test(arguments: ErrorDetectionCase.all)
    func theCurveIsThatOfTheROC(_ golden: ErrorDetectionCase) {
        guard let expected = golden.curve else { return }
        let curve = golden.detection.reviewCurve
        #expect(curve.count == expected.count)
        for (point, expected) in zip(curve, expected) {
            expectEqual(point.reviewed, expected[0], "reviewed")
            expectEqual(point.found, expected[1], "found")
        }
    }

    /// Two known relations: the area counts what lies beside the curve, and the gain is that of the
    /// ROC.
    @Test(arguments: ErrorDetectionCase.all)
    func theGainIsTwiceTheROCsAreaMinusOne(_ golden: ErrorDetectionCase) {
        let detection = golden.detection
        expectEqual(detection.reviewGain, golden.auroc.map { 2 * $0 - 1 }, "gain")
        if let area = detection.reviewArea, let oracle = detection.oracleReviewArea {
            #expect(area <= oracle + 1e-12)
        }
    }

    @Test(arguments: ErrorDetectionCase.all)
    func errorsFoundLieOnTheCurve(_ golden: ErrorDetectionCase) {
        let detection = golden.detection
        guard golden.errors > 0 else {
            #expect(detection.errorsFound(reviewing: 0.5) == nil)
            #expect(detection.reviewArea == nil && detection.oracleReviewArea == nil)
            #expect(detection.reviewCurve.isEmpty)
            return
        }
        #expect(detection.errorsFound(reviewing: 0) == 0)
        #expect(detection.errorsFound(reviewing: 1) == 1)
        let curve = detection.reviewCurve
        for (low, high) in zip(curve, curve.dropFirst()) {
            expectEqual(detection.errorsFound(reviewing: high.reviewed), high.found, "a point")
            expectEqual(
                detection.errorsFound(reviewing: (low.reviewed + high.reviewed) / 2),
                (low.found + high.found) / 2, "between two")
        }
    }

    @Test func theOracleReachesItsOwnArea() {
        var detection = ErrorDetection(bins: 4)
        detection.add(
            uncertainty: [1, 1, 0, 0, 0, 0, 0, 0], decisions: [1, 1, 0, 0, 0, 0, 0, 0],
            truth: [UInt8](repeating: 0, count: 8))
        #expect(detection.reviewArea == 0.875)
        #expect(detection.oracleReviewArea == 0.875)
        #expect(detection.reviewGain == 1)
        #expect(detection.errorsFound(reviewing: 0.125) == 0.5)
    }
}
