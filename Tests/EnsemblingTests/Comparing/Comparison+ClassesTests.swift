import SegmentationMetrics
import TensorCore
import Testing

@testable import Ensembling

@Suite struct ComparisonClassesTests {
    private static func image(_ id: String, _ truth: [UInt8], _ prediction: [UInt8]) -> ImageCounts
    {
        ImageCounts(
            id: id,
            confusion: ConfusionMatrix(
                truth: LabelMap(height: 1, width: truth.count, labels: truth),
                prediction: LabelMap(height: 1, width: truth.count, labels: prediction), classes: 3)
        )
    }

    @Test func scoresAreThoseOfAllPixelsTogether() throws {
        // Class 0: 3 right, 1 invented, 1 missed; class 1: 1 right, 1 and 1; class 2: nowhere.
        let images = [
            Self.image("a", [0, 0, 1, 255], [0, 1, 1, 2]), Self.image("b", [0, 0, 1], [0, 0, 0]),
        ]
        let rows = try #require(Comparison.ClassRow.rows(images, names: ["x", "y", "z"]))
        #expect(
            rows == [
                .init(name: "x", precision: 0.75, recall: 0.75, dice: 0.75, iou: 0.6),
                .init(name: "y", precision: 0.5, recall: 0.5, dice: 0.5, iou: 1.0 / 3),
                .init(name: "z"),
            ])
    }

    @Test func oneClassAndNoImageHaveNoTable() {
        let mask = ConfusionCounts(
            truePositive: 1, trueNegative: 1)
        #expect(
            Comparison.ClassRow.rows([ImageCounts(id: "a", counts: [mask])], names: ["x"]) == nil)
        #expect(Comparison.ClassRow.rows([], names: ["x", "y"]) == nil)
    }
}
