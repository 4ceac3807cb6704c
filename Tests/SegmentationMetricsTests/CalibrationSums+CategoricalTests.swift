import SegmentationMetrics
import TensorCore
import Testing

@Suite struct CalibrationSumsCategoricalTests {
    @Test func scoresMatchScikitLearn() {
        let (truth, probabilities) = GoldenCases.probabilities()
        let sums = CalibrationSums.categorical(
            truth: truth, probabilities: probabilities, classes: 4)
        let golden = MetricsGolden.calibration[5]
        expectEqual(sums.logLoss, golden[0], "log loss")
        expectEqual(sums.brier, golden[1], "Brier")
        expectEqual(sums.expectedCalibrationError, golden[2], "calibration error")
    }

    @Test func theBrierScoreIsTheSumOverClasses() {
        let (truth, probabilities) = GoldenCases.probabilities()
        let perClass = CalibrationSums.perClass(
            truth: truth, probabilities: probabilities, classes: 4)
        expectEqual(
            CalibrationSums.categorical(truth: truth, probabilities: probabilities, classes: 4)
                .brier,
            perClass.reduce(0) { $0 + ($1.brier ?? .nan) }, "Brier")
    }

    @Test func ofEqualsTheFirstIsPredicted() {
        let halves: [Float] = [0.5, 0.5, 0.5, 0.5]
        let sums = CalibrationSums.categorical(
            truth: LabelMap(height: 1, width: 2, labels: [0, 1]), probabilities: halves, classes: 2)
        #expect(sums.bins[7].pixels == 2)
        #expect(sums.bins[7].hits == 1)
        #expect(sums.expectedCalibrationError == 0)
    }
}
