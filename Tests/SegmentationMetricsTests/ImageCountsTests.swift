import Foundation
import SegmentationMetrics
import Testing

@Suite struct ImageCountsTests {
    @Test func bothFormsSurviveJSON() throws {
        let counts = ConfusionCounts(truePositive: 3, trueNegative: 4)
        for image in [
            ImageCounts(id: "a", group: "scene", confusion: GoldenCases.matrix(0)),
            ImageCounts(id: "b", counts: [counts, counts + counts]),
        ] {
            let data = try JSONEncoder().encode(image)
            #expect(try JSONDecoder().decode(ImageCounts.self, from: data) == image)
        }
    }

    @Test(arguments: [#"{"id": "a", "counts": []}"#, #"{"id": "a"}"#, #"{"counts": []}"#])
    func anImageWithoutCountsIsRefused(_ json: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(ImageCounts.self, from: Data(json.utf8))
        }
    }

    @Test func theScoreOfAnImageIsTheMeanOfItsClasses() {
        let image = GoldenCases.images[0]
        let scores = image.counts.map { $0.score(.iou, absent: .skip) ?? .nan }
        expectEqual(image.score(.iou, absent: .skip), scores.reduce(0, +) / 5, "all")
        expectEqual(
            image.score(.iou, absent: .skip, skipBackground: true),
            scores.dropFirst().reduce(0, +) / 4, "foreground")
        expectEqual(image.score(.iou, classes: [2], absent: .skip), scores[2], "one class")
        #expect(image.score(.iou, classes: [0], absent: .skip, skipBackground: true) == nil)
    }

    @Test func overlappingClassesHaveNoBackground() {
        let right = ConfusionCounts(truePositive: 5, trueNegative: 5)
        let wrong = ConfusionCounts(falsePositive: 5, trueNegative: 5)
        let image = ImageCounts(id: "a", counts: [right, wrong])
        #expect(image.score(.dice, absent: .skip, skipBackground: true) == 0.5)
        #expect(image.score(.pixelAccuracy, absent: .skip) == 0.75)
    }
}
