import SegmentationMetrics
import TensorCore
import Testing

@Suite struct CalibrationSumsTests {
    @Test func binsAreClosedBelowAndTheLastHoldsOne() {
        let sums = CalibrationSums.binary(
            truth: [0, 0, 1, 1], probabilities: [0, 0.25, 0.5, 1], bins: 4)
        #expect(sums.bins.map(\.pixels) == [1, 1, 1, 1])
        #expect(sums.bins.map(\.hits) == [0, 0, 1, 1])
        #expect(sums.expectedCalibrationError == 0.75 / 4)
    }

    @Test func sumsOverImagesAreThePooledScores() {
        var stream = RandomStream(seed: 5, purpose: .test)
        let truth = (0..<500).map { _ in stream.chance(0.1) ? 255 : UInt8(stream.index(below: 2)) }
        let probabilities = (0..<500).map { _ in Float(stream.uniform()) }
        let whole = CalibrationSums.binary(truth: truth, probabilities: probabilities)
        let parts =
            CalibrationSums.binary(
                truth: Array(truth[..<123]), probabilities: Array(probabilities[..<123]))
            + CalibrationSums.binary(
                truth: Array(truth[123...]), probabilities: Array(probabilities[123...]))
        #expect(parts.pixels == whole.pixels)
        expectEqual(parts.logLoss, whole.logLoss, "log loss")
        expectEqual(parts.brier, whole.brier, "Brier")
        expectEqual(
            parts.expectedCalibrationError, whole.expectedCalibrationError, "calibration error")
        #expect(CalibrationSums() + whole == whole)
    }

    @Test func differentBinsDoNotAdd() async {
        await #expect(processExitsWith: .failure) {
            _ = CalibrationSums(bins: 10) + CalibrationSums(bins: 15)
        }
    }
}
