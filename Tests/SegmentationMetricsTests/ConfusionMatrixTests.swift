import Foundation
import SegmentationMetrics
import TensorCore
import Testing

@Suite struct ConfusionMatrixTests {
    @Test func countsMatchScikitLearn() {
        for (image, golden) in MetricsGolden.confusion.enumerated() {
            #expect(GoldenCases.matrix(image).counts == golden)
        }
        for (image, golden) in MetricsGolden.accuracy.dropLast().enumerated() {
            expectEqual(GoldenCases.matrix(image).pixelAccuracy, golden, "image \(image)")
        }
    }

    @Test func aMatrixIsTheSumOverAnyPartOfThePixels() {
        let maps = GoldenCases.maps(0)
        let (height, width) = GoldenCases.sizes[0]
        var sum = ConfusionMatrix(classes: GoldenCases.classes)
        for row in 0..<height {
            let line = row * width..<(row + 1) * width
            sum += ConfusionMatrix(
                truth: LabelMap(height: 1, width: width, labels: Array(maps.truth[line])),
                prediction: LabelMap(
                    height: 1, width: width, labels: Array(maps.prediction[line])),
                classes: GoldenCases.classes)
        }
        #expect(sum == GoldenCases.matrix(0))
        #expect((sum + sum).pixels == 2 * sum.pixels)
    }

    @Test func countsPerClassCoverTheMatrix() {
        for image in GoldenCases.sizes.indices {
            let matrix = GoldenCases.matrix(image)
            let counts = matrix.countsPerClass
            #expect(counts.allSatisfy { $0.pixels == matrix.pixels })
            let right = counts.reduce(0) { $0 + $1.truePositive }
            let invented = counts.reduce(0) { $0 + $1.falsePositive }
            #expect(right + invented == matrix.pixels)
            #expect(invented == counts.reduce(0) { $0 + $1.falseNegative })
        }
    }

    @Test func transposingSwapsPrecisionAndRecall() {
        let maps = GoldenCases.maps(1)
        let known = maps.truth.indices.filter { maps.truth[$0] != LabelMap.ignore }
        func map(_ labels: [UInt8]) -> LabelMap {
            LabelMap(height: 1, width: known.count, labels: known.map { labels[$0] })
        }
        let forth = ConfusionMatrix(
            truth: map(maps.truth), prediction: map(maps.prediction), classes: 5)
        let back = ConfusionMatrix(
            truth: map(maps.prediction), prediction: map(maps.truth), classes: 5)
        for index in 0..<5 {
            #expect(
                forth.counts(forClass: index).score(.precision, absent: .skip)
                    == back.counts(forClass: index).score(.recall, absent: .skip))
            #expect(forth[truth: index, prediction: 2] == back[truth: 2, prediction: index])
        }
    }

    @Test func pixelsWithoutPredictionAreLeftOutAndCounted() {
        let matrix = ConfusionMatrix(
            truth: LabelMap(height: 1, width: 5, labels: [0, 1, 1, 255, 255]),
            prediction: LabelMap(height: 1, width: 5, labels: [0, 255, 1, 255, 0]), classes: 2)
        #expect(matrix.counts == [1, 0, 0, 1])
        #expect(matrix.unpredicted == 1)
        #expect((matrix + matrix).unpredicted == 2)
    }

    @Test(arguments: [1, 2, 254, 255])
    func anyNumberOfClasses(_ classes: Int) {
        let labels = (0..<1000).map { UInt8($0 % classes) }
        let map = LabelMap(height: 10, width: 100, labels: labels)
        let matrix = ConfusionMatrix(truth: map, prediction: map, classes: classes)
        #expect(matrix.pixelAccuracy == 1)
        #expect(matrix.pixels == 1000)
    }

    @Test func anIgnoredOrEmptyImageHasNoAccuracy() {
        let ignored = LabelMap(height: 3, width: 4, repeating: LabelMap.ignore)
        let prediction = LabelMap(height: 3, width: 4)
        let empty = LabelMap(height: 0, width: 0)
        #expect(
            ConfusionMatrix(truth: ignored, prediction: prediction, classes: 2).pixelAccuracy == nil
        )
        #expect(ConfusionMatrix(truth: empty, prediction: empty, classes: 2).pixelAccuracy == nil)
    }

    @Test func wrongCallsStop() async {
        await #expect(processExitsWith: .failure) {
            _ = ConfusionMatrix(
                truth: LabelMap(height: 2, width: 3), prediction: LabelMap(height: 3, width: 2),
                classes: 2)
        }
        await #expect(processExitsWith: .failure) {
            _ = ConfusionMatrix(
                truth: LabelMap(height: 1, width: 1, repeating: 2),
                prediction: LabelMap(height: 1, width: 1), classes: 2)
        }
    }

    @Test func jsonRoundTrip() throws {
        let matrix = GoldenCases.matrix(0)
        let data = try JSONEncoder().encode(matrix)
        #expect(try JSONDecoder().decode(ConfusionMatrix.self, from: data) == matrix)
    }

    @Test(arguments: [
        #"{"classes": 2, "counts": [1, 2, 3], "unpredicted": 0}"#,
        #"{"classes": 0, "counts": [], "unpredicted": 0}"#,
        #"{"classes": 4294967296, "counts": [], "unpredicted": 0}"#,
        #"{"classes": 1, "counts": [-1], "unpredicted": 0}"#,
        #"{"classes": 1, "counts": [1], "unpredicted": -1}"#,
        #"{"classes": 1, "counts": [9223372036854775807], "unpredicted": 0}"#,
    ])
    func aCorruptMatrixIsRefused(_ json: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(ConfusionMatrix.self, from: Data(json.utf8))
        }
    }

    @Test func aMegapixelTakesMilliseconds() {
        var stream = RandomStream(seed: 7, purpose: .test)
        var labels = (0..<1_000_000).map { _ in UInt8(stream.next() & 7) }
        let truth = LabelMap(height: 1000, width: 1000, labels: labels)
        labels.reverse()
        let prediction = LabelMap(height: 1000, width: 1000, labels: labels)
        var fastest = Duration.seconds(100)
        for _ in 0..<5 {
            fastest = min(
                fastest,
                ContinuousClock().measure {
                    let matrix = ConfusionMatrix(truth: truth, prediction: prediction, classes: 8)
                    #expect(matrix.pixels == 1_000_000)
                })
        }
        // A few milliseconds in release; the bound leaves room for a busy machine and debug builds.
        #expect(fastest < .milliseconds(1500))
    }
}
