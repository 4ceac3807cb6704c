import Reporting
import SegmentationMetrics
import Training

@testable import Ensembling

/// A comparison with every part there is.
enum SampleComparison {
    static func row(
        _ kind: Comparison.Row.Kind, _ name: String, dice: Double?
    ) -> Comparison.Row {
        var row = Comparison.Row(
            kind: kind, name: name, iou: dice.map { $0 - 0.1 }, dice: dice, pixelAccuracy: 0.95,
            loss: 0.25, validationLoss: nil, minutes: 2.5, skipped: 0, pooledDice: 0.7,
            pooledIoU: 0.6)
        row.diceInterval = .init(lower: 0.6, upper: 0.9)
        row.calibration = .init(expectedError: 0.02, brier: 0.1, logLoss: 0.3)
        row.contours = .init(boundaryIoU: 0.5, hausdorff95: 4.25, withoutDistance: 1)
        row.megabytes = 1.5
        row.millisecondsPerImage = 20
        row.classes = ["ice", "open, \"dark\" water"].map {
            .init(name: $0, precision: 0.8, recall: 0.7, dice: 0.75, iou: nil)
        }
        return row
    }

    static func difference(
        _ name: String, mean: Double = 0.05, lower: Double? = 0.01, upper: Double? = 0.08
    ) -> Comparison.Difference {
        Comparison.Difference(
            against: name, mean: mean, lower: lower, upper: upper, wins: 2, ties: 1, losses: 0,
            groups: 3, pValue: 0.25, adjustedPValue: 0.5)
    }

    /// Takes away what some comparisons do not have.
    static func empty(_ comparison: inout Comparison) {
        comparison.sizeCurve = nil
        comparison.leaveOneOut = nil
        comparison.pairs = nil
        comparison.reliability = nil
        comparison.uncertainty = nil
        comparison.confusion = nil
    }

    static func make(_ change: (inout Comparison) -> Void = { _ in }) -> Comparison {
        var result = Comparison(
            created: "2025-03-01T09:30:00Z", software: "test", ensemble: "sea & ice",
            data: "squares",
            split: "test", images: 3, seenInTraining: 0, classes: ["ice", "open, \"dark\" water"],
            reduction: .perImage, absentClasses: .skip, loss: "1.0 x bce",
            rows: [
                row(.member, "m<0>", dice: 0.7), row(.member, "m1", dice: nil),
                row(.meanMember, "mean member", dice: 0.7), row(.ensemble, "ensemble", dice: 0.75),
            ],
            differences: [difference("mean member"), difference("m<0>"), difference("m1")],
            outOfBag: nil,
            perImage: [
                .init(id: "a", group: nil, ensembleDice: 0.5, memberDice: [0.4, nil]),
                .init(id: "b", group: "g", ensembleDice: nil, memberDice: [nil, 0.5]),
                .init(id: "c,\"d\"", group: "g", ensembleDice: 0.9, memberDice: [0.9, 0.8]),
            ])
        result.bestMember = "m<0>"
        result.sizeCurve = .init(
            orders: nil,
            points: [
                .init(members: 1, count: 2, mean: 0.7, lowest: 0.6, highest: 0.8),
                .init(members: 2, count: 1, mean: 0.75, lowest: 0.75, highest: 0.75),
            ])
        result.leaveOneOut = [
            .init(member: "m<0>", dice: 0.6, difference: difference("without m<0>")),
            .init(member: "m1", dice: nil, difference: nil),
        ]
        result.pairs = [
            .init(
                first: "m<0>", second: "m1", differing: 0.25, disagreement: 0.2, doubleFault: 0.05,
                qStatistic: nil, correlation: 0.5)
        ]
        result.reliability = ["m<0>", "m1", "ensemble"].flatMap { model in
            result.classes.map { name in
                .init(
                    model: model, class: name, expectedError: 0.02,
                    bins: [.init(probability: 0.25, frequency: 0.3, pixels: 100)])
            }
        }
        result.confusion = .init(pixels: [[90, 10], [5, 95]])
        result.uncertainty = ["total", "disagreement"].map {
            .init(
                part: $0, errorRate: 0.1, areaUnderROC: 0.9, gain: 0.8,
                curve: [
                    .init(reviewed: 0, found: 0), .init(reviewed: 0.01, found: 0.1),
                    .init(reviewed: 1, found: 1),
                ])
        }
        change(&result)
        return result
    }
}
