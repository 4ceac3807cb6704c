import Foundation
import SegmentationMetrics
import TensorCore
import Testing

@Suite struct CalibrationSumsBinaryTests {
    @Test func classesAndForegroundMatchScikitLearn() {
        let (truth, probabilities) = GoldenCases.probabilities()
        var sums = CalibrationSums.perClass(
            truth: truth, probabilities: probabilities, classes: 4)
        sums.append(.foreground(truth: truth, probabilities: probabilities, classes: 4))
        for (index, sum) in sums.enumerated() {
            let golden = MetricsGolden.calibration[index]
            expectEqual(sum.logLoss, golden[0], "log loss \(index)")
            expectEqual(sum.brier, golden[1], "Brier \(index)")
            expectEqual(sum.expectedCalibrationError, golden[2], "calibration error \(index)")
        }
    }

    @Test func aClassAsAMaskScoresAsInTheLabelMap() {
        let (truth, probabilities) = GoldenCases.probabilities()
        let pixels = truth.labels.count
        let mask = truth.labels.map { $0 == LabelMap.ignore ? $0 : $0 == 2 ? 1 : 0 }
        let ofClass = Array(probabilities[2 * pixels..<3 * pixels])
        let expected = CalibrationSums.perClass(
            truth: truth, probabilities: probabilities, classes: 4)[2]
        #expect(CalibrationSums.binary(truth: mask, probabilities: ofClass) == expected)
        let ignore = truth.labels.map { UInt8($0 == LabelMap.ignore ? 1 : 0) }
        let filled = mask.map { $0 == LabelMap.ignore ? 0 : $0 }
        #expect(
            CalibrationSums.binary(truth: filled, probabilities: ofClass, ignore: ignore)
                == expected)
    }

    @Test func certaintyIsFiniteWhenWrong() {
        let wrong = CalibrationSums.binary(truth: [1, 0], probabilities: [0, 1])
        expectEqual(wrong.logLoss, 23 * log(2), "log loss")
        #expect(wrong.brier == 1)
        #expect(wrong.expectedCalibrationError == 1)
        let right = CalibrationSums.binary(truth: [1, 0], probabilities: [1, 0])
        #expect(right.brier == 0)
        #expect(right.expectedCalibrationError == 0)
    }

    @Test func roundingJustOutsideTheUnitIntervalIsTakenAsItsEnd() {
        let sums = CalibrationSums.binary(truth: [1, 0], probabilities: [1.000001, -0.000001])
        #expect(sums.brier == 0)
        #expect(sums.bins[14].pixels == 1 && sums.bins[0].pixels == 1)
    }

    @Test func anIgnoredImageHasNoScore() {
        let ignored = LabelMap(height: 2, width: 2, repeating: LabelMap.ignore)
        let probabilities = [Float](repeating: 0.5, count: 8)
        var all = CalibrationSums.perClass(
            truth: ignored, probabilities: probabilities, classes: 2)
        all.append(.foreground(truth: ignored, probabilities: probabilities, classes: 2))
        all.append(.categorical(truth: ignored, probabilities: probabilities, classes: 2))
        for sums in all {
            #expect(sums.logLoss == nil)
            #expect(sums.brier == nil)
            #expect(sums.expectedCalibrationError == nil)
        }
    }

    @Test(arguments: [Float.nan, .infinity, 1.5, -3])
    func ignoredPixelsMayHoldAnything(_ value: Float) {
        let sums = CalibrationSums.binary(truth: [255, 1], probabilities: [value, 0.5])
        #expect(sums.pixels == 1)
        #expect(sums.brier == 0.25)
    }

    @Test func whatIsNoProbabilityStops() async {
        await #expect(processExitsWith: .failure) {
            _ = CalibrationSums.binary(truth: [1], probabilities: [.nan])
        }
        await #expect(processExitsWith: .failure) {
            _ = CalibrationSums.binary(truth: [1], probabilities: [2.5])
        }
        await #expect(processExitsWith: .failure) {
            _ = CalibrationSums.binary(truth: [2], probabilities: [0.5])
        }
    }
}
