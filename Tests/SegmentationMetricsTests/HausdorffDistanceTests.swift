import SegmentationMetrics
import TensorCore
import Testing

@Suite struct HausdorffDistanceTests {
    @Test(arguments: BoundaryCase.all)
    func distancesMatchMONAI(_ golden: BoundaryCase) {
        let (truth, prediction) = (golden.truth, golden.prediction)
        for (percentile, expected) in [(95.0, golden.hausdorff95), (100, golden.hausdorff)] {
            let distances = HausdorffDistance.perClass(
                truth: truth, prediction: prediction, classes: 4, percentile: percentile)
            let ofPlanes = HausdorffDistance.perClass(
                truth: planes(of: truth, classes: 4),
                prediction: planes(of: prediction, classes: 4),
                classes: 4, height: golden.height, width: golden.width, percentile: percentile)
            #expect(ofPlanes == distances)
            for (own, other) in zip(distances, expected) {
                switch (own, other.value) {
                case (.pixels(let own), .pixels(let other)): #expect(abs(own - other) < 1e-5)
                default: #expect(own == other.value)
                }
            }
        }
    }

    @Test func bothWaysAreOne() {
        for golden in BoundaryCase.all {
            #expect(
                HausdorffDistance.perClass(
                    truth: golden.truth, prediction: golden.prediction, classes: 4)
                    == HausdorffDistance.perClass(
                        truth: golden.prediction, prediction: golden.truth, classes: 4))
        }
    }

    private func mask(_ rows: Range<Int>, _ columns: Range<Int>) -> [UInt8] {
        (0..<20 * 30).map { rows.contains($0 / 30) && columns.contains($0 % 30) ? 1 : 0 }
    }

    private func distance(_ truth: [UInt8], _ prediction: [UInt8]) -> HausdorffDistance {
        HausdorffDistance.between(truth: truth, prediction: prediction, height: 20, width: 30)
    }

    @Test func whatIsMissingIsUndefinedAndNotFar() {
        let (some, nothing) = (mask(4..<9, 3..<8), mask(0..<0, 0..<0))
        #expect(distance(some, some) == .pixels(0))
        #expect(distance(some, nothing) == .undefined)
        #expect(distance(nothing, some) == .undefined)
        #expect(distance(nothing, nothing) == .absent)
        #expect(distance(nothing, nothing).value == nil)
        #expect(distance([UInt8](repeating: 255, count: 600), some) == .absent)
    }

    @Test func aShiftIsItsLength() {
        #expect(distance(mask(4..<9, 3..<8), mask(4..<9, 6..<11)) == .pixels(3))
        #expect(distance(mask(2..<3, 2..<3), mask(6..<7, 5..<6)) == .pixels(5))
        #expect(distance(mask(0..<1, 0..<1), mask(0..<1, 29..<30)) == .pixels(29))
    }

    /// One pixel far away among many is beyond the 95th percentile, and the distance itself.
    @Test func aStrayPixelCountsOnlyInTheMaximum() {
        let truth = mask(4..<14, 3..<18)
        var prediction = truth
        prediction[9 * 30 + 29] = 1
        #expect(distance(truth, prediction) == .pixels(0))
        #expect(
            HausdorffDistance.between(
                truth: truth, prediction: prediction, height: 20, width: 30, percentile: 100)
                == .pixels(12))
    }

    /// The truth ends where it becomes unknown; that is no contour, so that only known ends count.
    @Test func noContourRunsAlongUnknownPixels() {
        let prediction = mask(0..<20, 0..<10)
        let ignore = mask(0..<20, 8..<14)
        let truth = mask(0..<20, 0..<13)
        // Nothing but the image's own border is a contour of either.
        #expect(
            HausdorffDistance.between(
                truth: truth, prediction: prediction, height: 20, width: 30, ignore: ignore)
                == .pixels(0))
        #expect(distance(truth, prediction) != .pixels(0))
    }
}
