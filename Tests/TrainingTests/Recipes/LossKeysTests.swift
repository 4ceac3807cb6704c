import Testing
import TrainingTestSupport

@testable import Training

/// No key of `loss:` is read and then forgotten: two values of it train different weights.
@Suite struct LossKeysTests {
    /// Losses of one sigmoid class.
    static let sigmoid = [
        ["bce", "{term: bce, label-smoothing: 0.1}", "{term: bce, label-smoothing: 0.2}"],
        [
            "focal", "{term: focal, gamma: 1}", "{term: focal, alpha: 0.25}",
            "{term: focal, alpha: 0.75}",
        ],
        ["tversky", "{term: tversky, alpha: 0.6}"], ["lovasz"], ["boundary"], ["low-pass"],
        ["{term: class-limit, limit: 0}", "{term: class-limit, limit: 0, share: 0.2}"],
    ]
    /// Losses of three classes that exclude one another.
    static let softmax = [
        [
            "cross-entropy", "{term: cross-entropy, label-smoothing: 0.1}",
            "{term: cross-entropy, class-weights: [1, 1, 5]}",
            "{term: cross-entropy, class-weights: [1, 5, 1]}",
            "{term: cross-entropy, class-weights: inverse-frequency}",
            "{term: cross-entropy, ignore-classes: [background]}",
            "{term: cross-entropy, ignore-classes: [one]}",
        ],
        ["focal", "{term: focal, gamma: 1}", "{term: focal, class-weights: [1, 1, 5]}"],
        [
            "dice", "{term: dice, smooth: 1}", "{term: dice, class-weights: [1, 1, 5]}",
            "{term: dice, ignore-classes: [background]}",
        ],
        [
            "tversky", "{term: tversky, alpha: 0.6}", "{term: tversky, beta: 0.4}",
            "{term: tversky, smooth: 1}", "{term: tversky, gamma: 1.5}",
            "{term: tversky, class-weights: [1, 1, 5]}",
        ],
        ["lovasz", "{term: lovasz, ignore-classes: [one]}"], ["boundary"], ["low-pass"],
        [
            "{term: class-limit, limit: 0.5}", "{term: class-limit, limit: 0.5, share: 0.2}",
            "[{term: class-limit, limit: 0.5}, boundary, dice]",
            "[{term: class-limit, limit: 2.5}, boundary, dice]",
        ],
        ["[cross-entropy, dice]", "[{term: cross-entropy, weight: 2}, dice]"],
    ]

    private func train(_ losses: [String], _ overrides: [String]) throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            var seen: [String: String] = [:]
            for (index, loss) in losses.enumerated() {
                let list = loss.hasPrefix("[") ? loss : "[\(loss)]"
                let run = try TrainingFixtures.run(
                    folder,
                    overrides + [
                        "loss=\(list)", "optimizer={name: sgd, rate: 0.1}", "training.epochs=1",
                        "training.batch=4", "data.split={train: 3}", "model=unet:4:1",
                    ], name: "run-\(index)")
                try TrainingFixtures.train(run)
                let digest = try TrainingFixtures.weights(run).hex
                #expect(seen[digest] == nil, "\(loss) trains what \(seen[digest] ?? "") does")
                seen[digest] = loss
            }
        }
    }

    @Test func ofOneSigmoidClass() throws {
        try train(Self.sigmoid.flatMap { $0 }, [])
    }

    @Test func ofClassesThatExcludeOneAnother() throws {
        try train(Self.softmax.flatMap { $0 }, Array(TrainingFixtures.softmax.dropLast()))
    }

    /// Where a class is missing in some of the patches, the rules differ by more than a factor.
    @Test func rulesOfClassWeights() throws {
        try train(
            [
                "cross-entropy", "{term: cross-entropy, class-weights: inverse-frequency}",
                "{term: cross-entropy, class-weights: median-frequency}",
            ], TrainingFixtures.softmax.dropLast() + ["data.patch=8"])
    }

    /// Planes that overlap: each has a weight, and may drop out.
    @Test func ofSeveralSigmoidClasses() throws {
        try train(
            [
                "bce", "{term: bce, class-weights: [1, 5, 1]}",
                "{term: bce, class-weights: [5, 1, 1]}",
                "{term: bce, class-weights: median-frequency}",
                "{term: bce, ignore-classes: [one]}", "{term: focal, class-weights: [1, 5, 1]}",
                "focal", "[{term: class-limit, limit: 0.5}, bce]",
            ],
            [
                "data.masks.values={0: background, 1: one, 2: two}",
                "data.classes=[background, one, two]", "data.kind=sigmoid",
            ])
    }
}
