import DurableFiles
import ModelZoo
import NeuralNetworks
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct TrainingSectionTests {
    /// Two values of a key give other weights, and a bound that nothing meets changes none.
    @Test(arguments: [
        ("clip-norm", "0.01", "0.1", "1e9"), ("clip-value", "0.0001", "0.01", "1e9"),
        ("average-decay", "0.3", "0.5", ""),
    ])
    func everyKeyCounts(_ key: String, _ a: String, _ b: String, _ none: String) throws {
        let steep = "optimizer={name: sgd, rate: 0.1}"
        let digests = try TrainingFixtures.digests(
            [[a], [b], [none]].map { [steep, "training.\(key)=\($0[0])"] } + [[steep]])
        #expect(Set(digests).count == 3)
        #expect(digests[2] == digests[3])
    }

    private func records(_ folder: String, _ more: [String], _ name: String) throws -> (
        [EpochRecord], RunFolder
    ) {
        let run = try TrainingFixtures.run(folder, more, name: name)
        let records = try TrainingFixtures.train(run).compactMap { event -> EpochRecord? in
            if case .epochDone(_, let record, _) = event { record } else { nil }
        }
        return (records, run)
    }

    /// The average is scored and kept; what it is the average of goes its own way.
    @Test func theAverageIsWhatIsScored() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let base = ["training.epochs=3", "optimizer.rate=0.02"]
            let (raw, _) = try records(folder, base, "raw")
            let (averaged, _) = try records(folder, base + ["training.average-decay=0.9"], "ema")
            #expect(raw.map(\.trainingLoss) == averaged.map(\.trainingLoss))
            #expect(zip(raw, averaged).allSatisfy { $0.validationLoss != $1.validationLoss })
        }
    }

    /// The best epoch, its weights and the stop follow the score that is named.
    @Test(arguments: [MonitoredScore.loss, .dice, .iou, .accuracy])
    func theMonitoredScoreDecides(_ monitor: MonitoredScore) throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let rate = "optimizer.rate=0.03"
            let (records, run) = try records(
                folder,
                [
                    rate, "training.epochs=20", "training.patience=3",
                    "training.monitor=\(monitor.rawValue)",
                ], "run")
            let values = try records.map { record in
                try #require(
                    [
                        .loss: record.validationLoss.map { -$0 }, .dice: record.validationDice,
                        .iou: record.validationIoU, .accuracy: record.validationAccuracy,
                    ][monitor] ?? nil)
            }
            let best = try #require(values.firstIndex(of: values.max() ?? 0)) + 1
            let manifest = try MemberStore.openManifest(run.memberFolder(0))
            #expect(manifest.training?.bestEpoch == best)
            #expect(records.count == min(20, best + 3))
            let improved = values.indices.filter { index in
                values[..<index].allSatisfy { $0 < values[index] }
            }
            #expect(records.indices.filter { records[$0].isBest } == improved)
        }
    }

    /// The scores need not agree on the best epoch; then the weights differ.
    @Test func anotherScoreKeepsOtherWeights() throws {
        let base = ["loss=[bce]", "optimizer.rate=0.01", "training.epochs=6"]
        let digests = try TrainingFixtures.digests([
            base, base + ["training.monitor=loss"], base + ["training.monitor=dice"],
        ])
        #expect(digests[0] == digests[1])
        #expect(digests[0] != digests[2])
    }

    @Test func aSmallGainKeepsTheEarlierWeights() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let (records, run) = try records(
                folder,
                ["training.minimum-improvement=100", "training.patience=2", "training.epochs=9"],
                "run")
            #expect(records.count == 3)
            #expect(records.map(\.isBest) == [true, false, false])
            let (_, short) = try self.records(folder, ["training.epochs=1"], "short")
            #expect(try TrainingFixtures.weights(run) == TrainingFixtures.weights(short))
        }
    }

    /// Keys that are not set leave a manifest as it was before they were there.
    @Test func whatIsNotSetIsNotWritten() throws {
        try TrainingFixtures.withFolder { folder in
            let recipe = try TrainingFixtures.recipe(folder)
            let text = String(decoding: try BoundedJSON.encode(recipe), as: UTF8.self)
            for key in [
                "clip-norm", "clip-value", "average-decay", "monitor", "minimum-improvement",
                "schedule", "decay-norms",
            ] {
                #expect(!text.contains("\"\(key)\""), "\(key)")
            }
        }
    }
}
