import SegmentationMetrics
import Testing

@Suite struct SummarizeTests {
    @Test func bothReductionsMatchNumpy() {
        var row = 0
        for policy in [AbsentClassPolicy.one, .skip, .zero] {
            for metric in Metric.allCases where metric != .pixelAccuracy {
                for skipBackground in [false, true] {
                    let golden = MetricsGolden.summaries[row]
                    let what = "\(policy), \(metric), \(skipBackground)"
                    row += 1
                    let perImage = summarize(
                        images: GoldenCases.images, metric: metric, reduction: .perImage,
                        absent: policy, skipBackground: skipBackground)
                    let pooled = summarize(
                        images: GoldenCases.images, metric: metric, reduction: .pooled,
                        absent: policy, skipBackground: skipBackground)
                    expectEqual(perImage.value, golden[0], what)
                    expectEqual(pooled.value, golden[1], what)
                    let classes = skipBackground ? 4 : 5
                    #expect(Double(perImage.skipped) == golden[2], "\(what)")
                    #expect(
                        perImage.used + perImage.skipped == classes * GoldenCases.images.count)
                    #expect((pooled.used, pooled.skipped) == (classes, 0))
                }
            }
        }
        #expect(row == MetricsGolden.summaries.count)
    }

    @Test func pixelAccuracyOfLabelMapsIsThatOfAllClasses() {
        let perImage = MetricsGolden.accuracy.dropLast()
        for skipBackground in [false, true] {
            expectEqual(
                summarize(
                    images: GoldenCases.images, metric: .pixelAccuracy, reduction: .perImage,
                    absent: .skip, skipBackground: skipBackground
                ).value, perImage.reduce(0, +) / Double(perImage.count), "per image")
            expectEqual(
                summarize(
                    images: GoldenCases.images, metric: .pixelAccuracy, reduction: .pooled,
                    absent: .skip, skipBackground: skipBackground
                ).value, MetricsGolden.accuracy.last, "pooled")
        }
    }

    @Test(arguments: Metric.allCases, Reduction.allCases)
    func aMeanOfNothingIsNil(_ metric: Metric, _ reduction: Reduction) {
        let nothing = ScoreSummary(value: nil, used: 0, skipped: 0)
        for policy in AbsentClassPolicy.allCases {
            #expect(
                summarize(images: [], metric: metric, reduction: reduction, absent: policy)
                    == nothing)
            // Ignored throughout: no score under any policy, and the skipped values are counted.
            let ignored = ImageCounts(id: "a", confusion: ConfusionMatrix(classes: 3))
            let summary = summarize(
                images: [ignored, ignored], metric: metric, reduction: reduction, absent: policy)
            #expect(summary.value == nil)
            #expect(summary.used == 0)
            let values = metric == .pixelAccuracy ? 1 : 3
            #expect(summary.skipped == (reduction == .perImage ? 2 * values : values))
        }
    }

    @Test func anIgnoredImageChangesNoMean() {
        let ignored = ImageCounts(
            id: "ignored", confusion: ConfusionMatrix(classes: GoldenCases.classes))
        for metric in Metric.allCases {
            for reduction in Reduction.allCases {
                func value(_ images: [ImageCounts]) -> Double? {
                    summarize(images: images, metric: metric, reduction: reduction, absent: .one)
                        .value
                }
                #expect(value(GoldenCases.images + [ignored]) == value(GoldenCases.images))
            }
        }
    }

    @Test func reductionsAgreeOnOneImageAndDifferOnUnevenOnes() {
        let large = ConfusionCounts(truePositive: 900, falsePositive: 100)
        let small = ConfusionCounts(truePositive: 1, falsePositive: 9)
        let images = [ImageCounts(id: "a", counts: [large]), ImageCounts(id: "b", counts: [small])]
        func value(_ images: [ImageCounts], _ reduction: Reduction) -> Double? {
            summarize(images: images, metric: .iou, reduction: reduction, absent: .skip).value
        }
        #expect(value([images[0]], .perImage) == value([images[0]], .pooled))
        expectEqual(value(images, .perImage), 0.5, "per image")
        expectEqual(value(images, .pooled), 901.0 / 1010, "pooled")
    }

    @Test func mixedImagesStop() async {
        await #expect(processExitsWith: .failure) {
            let map = ImageCounts(id: "a", confusion: ConfusionMatrix(classes: 2))
            let masks = ImageCounts(id: "b", counts: [ConfusionCounts(), ConfusionCounts()])
            _ = summarize(
                images: [map, masks], metric: .iou, reduction: .pooled, absent: .skip)
        }
    }
}
