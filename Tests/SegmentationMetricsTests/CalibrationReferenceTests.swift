import SegmentationMetrics
import TensorCore
import Testing

/// Every score of calibration, and the bins it is made of, against other programs.
@Suite struct CalibrationReferenceTests {
    @Test func theGoldensAreThere() { #expect(CalibrationCase.all.count == 5) }

    private func expect(
        _ sums: CalibrationSums, _ golden: CalibrationCase.Scores, _ counted: Int, _ what: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(sums.pixels == counted, "\(what)", sourceLocation: sourceLocation)
        expectEqual(
            sums.logLoss, golden.logLoss, "\(what): log loss", sourceLocation: sourceLocation)
        expectEqual(sums.brier, golden.brier, "\(what): Brier", sourceLocation: sourceLocation)
        expectEqual(
            sums.expectedCalibrationError, golden.calibrationError, "\(what): calibration error",
            sourceLocation: sourceLocation)
        guard let reliability = golden.reliability else { return }
        let bins = sums.bins.filter { $0.pixels > 0 }
        #expect(
            bins.count == reliability[0].count, "\(what): bins", sourceLocation: sourceLocation)
        for (index, bin) in bins.enumerated() {
            expectEqual(
                Double(bin.hits) / Double(bin.pixels), reliability[0][index],
                "\(what): frequency \(index)", sourceLocation: sourceLocation)
            expectEqual(
                bin.probability / Double(bin.pixels), reliability[1][index],
                "\(what): probability \(index)", sourceLocation: sourceLocation)
        }
    }

    @Test(arguments: CalibrationCase.all)
    func classesAndForegroundAreScikitLearnsAndTorchmetrics(_ golden: CalibrationCase) {
        let (truth, probabilities) = (golden.truth, golden.probabilities)
        let perClass = CalibrationSums.perClass(
            truth: truth, probabilities: probabilities, classes: golden.classes,
            bins: golden.bins)
        for (index, sums) in perClass.enumerated() {
            expect(sums, golden.perClass[index], golden.counted, "class \(index)")
        }
        expect(
            .foreground(
                truth: truth, probabilities: probabilities, classes: golden.classes,
                bins: golden.bins), golden.foreground, golden.counted, "foreground")
    }

    @Test(arguments: CalibrationCase.all)
    func allClassesAreScikitLearnsAndTorchmetrics(_ golden: CalibrationCase) {
        expect(
            .categorical(
                truth: golden.truth, probabilities: golden.probabilities,
                classes: golden.classes, bins: golden.bins), golden.categorical, golden.counted,
            "categorical")
    }
}
