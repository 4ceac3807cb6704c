import SegmentationMetrics
import TensorCore
import Testing

@Suite struct ConfusionCountsBoundaryTests {
    @Test func theGoldensAreThere() { #expect(BoundaryCase.all.count == 10) }

    @Test(arguments: BoundaryCase.all)
    func regionsAreTheAuthors(_ golden: BoundaryCase) {
        func numbers(_ counts: [ConfusionCounts]) -> [[Int]] {
            counts.map { [$0.truePositive, $0.falsePositive, $0.falseNegative, $0.trueNegative] }
        }
        let (truth, prediction) = (golden.truth, golden.prediction)
        #expect(
            numbers(
                ConfusionCounts.boundaryPerClass(truth: truth, prediction: prediction, classes: 4))
                == golden.boundary)
        #expect(
            numbers(
                ConfusionCounts.boundaryPerClass(
                    truth: truth, prediction: prediction, classes: 4,
                    distance: 3 * golden.distance))
                == golden.wider)
    }

    @Test(arguments: BoundaryCase.all)
    func planesCountAsTheLabelMapDoes(_ golden: BoundaryCase) {
        let (truth, prediction) = (golden.truth, golden.prediction)
        let expected = ConfusionCounts.boundaryPerClass(
            truth: truth, prediction: prediction, classes: 4)
        let ofTruth = planes(of: truth, classes: 4)
        let ofPrediction = planes(of: prediction, classes: 4)
        #expect(
            ConfusionCounts.boundaryPerClass(
                truth: ofTruth, prediction: ofPrediction, classes: 4, height: golden.height,
                width: golden.width) == expected)
        let ignore = truth.labels.map { UInt8($0 == LabelMap.ignore ? 9 : 0) }
        #expect(
            ConfusionCounts.boundaryPerClass(
                truth: ofTruth.map { $0 == LabelMap.ignore ? 1 : $0 }, prediction: ofPrediction,
                classes: 4, height: golden.height, width: golden.width, ignore: ignore) == expected)
    }

    @Test func perfectIsOneAndAMissIsZero() {
        let truth: [UInt8] = [0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0]
        let nothing = [UInt8](repeating: 0, count: 16)
        func score(_ truth: [UInt8], _ prediction: [UInt8]) -> Double? {
            ConfusionCounts.boundary(truth: truth, prediction: prediction, height: 4, width: 4)
                .score(.iou, absent: .skip)
        }
        #expect(score(truth, truth) == 1)
        #expect(score(truth, nothing) == 0)
        #expect(score(nothing, truth) == 0)
        #expect(score(nothing, nothing) == nil)
        #expect(score([UInt8](repeating: 255, count: 16), truth) == nil)
    }

    /// A region as wide as the image is the whole mask, so that the counts are those of the masks.
    @Test(arguments: BoundaryCase.all)
    func aWideRegionIsTheMask(_ golden: BoundaryCase) {
        guard golden.ignored == 0 else { return }
        let matrix = ConfusionMatrix(
            truth: golden.truth, prediction: golden.prediction, classes: 4)
        #expect(
            ConfusionCounts.boundaryPerClass(
                truth: golden.truth, prediction: golden.prediction, classes: 4, distance: 1000)
                == matrix.countsPerClass)
    }

    /// The right half is unknown: the mask has no boundary against it.
    @Test func noBoundaryRunsAlongUnknownPixels() {
        let row: [UInt8] = [1, 1, 1, 1, 255, 255]
        let truth = [[UInt8]](repeating: row, count: 9).flatMap { $0 }
        let counts = ConfusionCounts.boundary(
            truth: truth, prediction: [UInt8](repeating: 1, count: 54), height: 9, width: 6,
            distance: 1)
        // Left column, top row and bottom row of the four known columns.
        #expect(counts.truePositive == 9 + 3 + 3)
        #expect(counts.falsePositive == 0 && counts.falseNegative == 0)
        #expect(counts.pixels == 36)
    }

    /// A mask with unknown pixels all around has pixels and yet no boundary.
    @Test func anIslandInTheUnknownIsAbsent() {
        var truth = [UInt8](repeating: 255, count: 49)
        for row in 2..<5 { for column in 2..<5 { truth[row * 7 + column] = 1 } }
        let counts = ConfusionCounts.boundary(truth: truth, prediction: truth, height: 7, width: 7)
        #expect(counts.isAbsent && counts.pixels == 9)
    }

    @Test func countsOfImagesAreSummarisedAsAnyOther() throws {
        let images = BoundaryCase.all.map { golden in
            ImageCounts(
                id: golden.name,
                counts: ConfusionCounts.boundaryPerClass(
                    truth: golden.truth, prediction: golden.prediction, classes: 4))
        }
        let sums = BoundaryCase.all.reduce([0, 0, 0]) { sums, golden in
            zip(sums, golden.boundary[2]).map { $0 + $1 }
        }
        let pooled = summarize(
            images: images, classes: [2], metric: .iou, reduction: .pooled, absent: .skip)
        expectEqual(pooled.value, Double(sums[0]) / Double(sums.reduce(0, +)), "pooled")
        let ofImages = BoundaryCase.all.compactMap { golden -> Double? in
            let union = golden.boundary[2][0...2].reduce(0, +)
            return union > 0 ? Double(golden.boundary[2][0]) / Double(union) : nil
        }
        let perImage = summarize(
            images: images, classes: [2], metric: .iou, reduction: .perImage, absent: .skip)
        expectEqual(
            perImage.value, ofImages.reduce(0, +) / Double(ofImages.count), "per image")
        #expect(perImage.skipped == BoundaryCase.all.count - ofImages.count)
    }
}
