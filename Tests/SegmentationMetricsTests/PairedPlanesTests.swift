import TensorCore
import Testing

@testable import SegmentationMetrics

@Suite struct PairedPlanesTests {
    private func planes(_ truth: [UInt8], _ prediction: [UInt8], ignore: [UInt8]?) -> PairedPlanes {
        PairedPlanes.forEachClass(
            truth: truth, prediction: prediction, classes: 1, height: 1, width: truth.count,
            ignore: ignore
        ) { $0 }[0]
    }

    @Test func whatOneLeavesOutIsLeftOutOfBoth() {
        let both = planes([1, 255, 1, 0, 1], [1, 0, 255, 1, 0], ignore: [0, 0, 0, 0, 3])
        #expect(both.truth == [1, 255, 255, 0, 255])
        #expect(both.prediction == [1, 255, 255, 1, 255])
    }

    @Test func aClassOfLabelMapsStandsAgainstTheOthers() {
        let each = PairedPlanes.forEachClass(
            truth: LabelMap(height: 1, width: 4, labels: [0, 2, 1, 255]),
            prediction: LabelMap(height: 1, width: 4, labels: [2, 2, 255, 0]), classes: 3
        ) { $0 }
        #expect(each.map(\.truth) == [[1, 0, 255, 255], [0, 0, 255, 255], [0, 1, 255, 255]])
        #expect(
            each.map(\.prediction) == [[0, 0, 255, 255], [0, 0, 255, 255], [1, 1, 255, 255]])
    }

    @Test func whatIsNoMaskStops() async {
        await #expect(processExitsWith: .failure) {
            _ = ConfusionCounts.boundary(truth: [2], prediction: [0], height: 1, width: 1)
        }
        await #expect(processExitsWith: .failure) {
            _ = ConfusionCounts.boundary(truth: [1, 0], prediction: [0], height: 1, width: 2)
        }
    }
}
