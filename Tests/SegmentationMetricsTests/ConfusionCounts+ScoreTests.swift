import SegmentationMetrics
import TensorCore
import Testing

@Suite struct ConfusionCountsScoreTests {
    @Test(arguments: [
        (AbsentClassPolicy.one, MetricsGolden.scoresOne),
        (.skip, MetricsGolden.scoresSkip),
        (.zero, MetricsGolden.scoresZero),
    ])
    func scoresMatchScikitLearn(_ policy: AbsentClassPolicy, _ golden: [[Double?]]) throws {
        let metrics = Metric.allCases
        #expect(golden.count == GoldenCases.images.count * metrics.count)
        for (number, image) in GoldenCases.images.enumerated() {
            for (position, metric) in metrics.enumerated() {
                let expected = golden[number * metrics.count + position]
                for (index, counts) in image.counts.enumerated() {
                    expectEqual(
                        counts.score(metric, absent: policy), expected[index],
                        "\(image.id), \(metric), class \(index)")
                }
            }
        }
    }

    @Test(arguments: AbsentClassPolicy.allCases)
    func aClassOnOneSideOnlyScoresZero(_ policy: AbsentClassPolicy) {
        let invented = ConfusionCounts(falsePositive: 1, trueNegative: 99)
        let missed = ConfusionCounts(falseNegative: 1, trueNegative: 99)
        for metric in [Metric.iou, .dice, .precision, .recall] {
            #expect(invented.score(metric, absent: policy) == 0)
            #expect(missed.score(metric, absent: policy) == 0)
        }
        let everywhere = ConfusionCounts(truePositive: 9, falseNegative: 1)
        #expect(everywhere.score(.specificity, absent: policy) == 0)
    }

    @Test(arguments: [(.one, 1), (.skip, nil), (.zero, 0)] as [(AbsentClassPolicy, Double?)])
    func anAbsentClassScoresWhatThePolicySays(_ policy: AbsentClassPolicy, _ expected: Double?) {
        let absent = ConfusionCounts(trueNegative: 100)
        for metric in [Metric.iou, .dice, .precision, .recall] {
            #expect(absent.score(metric, absent: policy) == expected)
        }
        #expect(absent.score(.specificity, absent: policy) == 1)
        #expect(absent.score(.pixelAccuracy, absent: policy) == 1)
        #expect(ConfusionCounts(truePositive: 4).score(.specificity, absent: policy) == expected)
    }

    @Test(arguments: Metric.allCases, AbsentClassPolicy.allCases)
    func withoutPixelsThereIsNoScore(_ metric: Metric, _ policy: AbsentClassPolicy) {
        #expect(ConfusionCounts().score(metric, absent: policy) == nil)
    }

    @Test(arguments: Metric.allCases)
    func hugeCountsNeitherOverflowNorLeaveTheUnitInterval(_ metric: Metric) throws {
        let huge = ConfusionCounts(
            truePositive: Int.max, falsePositive: Int.max, falseNegative: Int.max,
            trueNegative: Int.max)
        let small = ConfusionCounts(
            truePositive: 1, falsePositive: 1, falseNegative: 1, trueNegative: 1)
        expectEqual(huge.score(metric, absent: .skip), small.score(metric, absent: .skip), "huge")
    }

    @Test func identitiesHoldForRandomCounts() throws {
        var stream = RandomStream(seed: 1, purpose: .test)
        for _ in 0..<500 {
            func count() -> Int { stream.chance(0.3) ? 0 : stream.index(below: 1000) }
            let counts = ConfusionCounts(
                truePositive: count(), falsePositive: count(), falseNegative: count(),
                trueNegative: count())
            for metric in Metric.allCases {
                for policy in AbsentClassPolicy.allCases {
                    if let score = counts.score(metric, absent: policy) {
                        #expect((0...1).contains(score))
                    }
                }
            }
            // Dice = 2 IoU / (1 + IoU), and specificity is the recall of the complement.
            if let iou = counts.score(.iou, absent: .skip) {
                expectEqual(counts.score(.dice, absent: .skip), 2 * iou / (1 + iou), "\(counts)")
            }
            let complement = ConfusionCounts(
                truePositive: counts.trueNegative, falsePositive: counts.falseNegative,
                falseNegative: counts.falsePositive, trueNegative: counts.truePositive)
            #expect(
                counts.score(.specificity, absent: .one) == complement.score(.recall, absent: .one))
        }
    }
}

/// Both nil, or equal to 1e-9.
func expectEqual(
    _ value: Double?, _ expected: Double?, _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    switch (value, expected) {
    case (nil, nil): return
    case (let value?, let expected?) where abs(value - expected) <= 1e-9: return
    default:
        Issue.record(
            "\(what): \(String(describing: value)), expected \(String(describing: expected))",
            sourceLocation: sourceLocation)
    }
}
