import SegmentationMetrics
import TensorCore
import Testing

@Suite struct ConfusionCountsMasksTests {
    @Test func overlappingClassesMatchScikitLearn() {
        let (truth, prediction, ignore) = GoldenCases.masks()
        let counts = ConfusionCounts.perClass(
            truth: truth, prediction: prediction, classes: 3, ignore: ignore)
        for (index, golden) in MetricsGolden.masks.enumerated() {
            #expect(
                counts[index]
                    == ConfusionCounts(
                        truePositive: golden[0], falsePositive: golden[1],
                        falseNegative: golden[2], trueNegative: golden[3]))
        }
    }

    @Test func everyWayToLeaveAPixelOut() {
        let counts = ConfusionCounts(
            truth: [1, 1, 0, 0, 255, 1, 0, 9], prediction: [1, 0, 1, 0, 1, 255, 0, 3],
            ignore: [0, 0, 0, 0, 0, 0, 1, 255])
        #expect(
            counts
                == ConfusionCounts(
                    truePositive: 1, falsePositive: 1, falseNegative: 1, trueNegative: 1))
    }

    @Test(arguments: [0, 1, 254, 255, 256, 511, 70_000])
    func masksOfAnyLengthMatchALabelMap(_ pixels: Int) {
        var stream = RandomStream(seed: UInt64(pixels), purpose: .test)
        let values: [UInt8] = [0, 1, 255]
        let truth = (0..<pixels).map { _ in values[stream.index(below: 3)] }
        let prediction = (0..<pixels).map { _ in values[stream.index(below: 3)] }
        let matrix = ConfusionMatrix(
            truth: LabelMap(height: 1, width: pixels, labels: truth),
            prediction: LabelMap(height: 1, width: pixels, labels: prediction), classes: 2)
        #expect(
            ConfusionCounts(truth: truth, prediction: prediction) == matrix.counts(forClass: 1))
    }

    @Test func aFullBlockDoesNotWrapAround() {
        let ones = [UInt8](repeating: 1, count: 1020)
        #expect(ConfusionCounts(truth: ones, prediction: ones).truePositive == 1020)
    }

    @Test func anIgnoredImageCountsNothing() {
        let ignored = [UInt8](repeating: 255, count: 300)
        let counts = ConfusionCounts(
            truth: ignored, prediction: [UInt8](repeating: 1, count: 300))
        #expect(counts == ConfusionCounts())
    }

    @Test func wrongCallsStop() async {
        await #expect(processExitsWith: .failure) {
            _ = ConfusionCounts(truth: [0, 1], prediction: [0])
        }
        await #expect(processExitsWith: .failure) {
            _ = ConfusionCounts(truth: [0, 2], prediction: [0, 1])
        }
    }
}
