import DurableFiles
import Foundation
import ModelZoo
import SegmentationData
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct AdaptiveLossWeightsTests {
    @Test func weightsMoveToWhatScoresLow() {
        let next = AdaptiveLossWeights.next([1, 3], scores: [0.9, 0.5], rate: 0.5)
        // 1.05 and 3.75, scaled from 4.8 to 4.
        #expect(abs(next[0] - 1.05 * 4 / 4.8) < 1e-12 && abs(next[1] - 3.75 * 4 / 4.8) < 1e-12)
        #expect(abs(next.reduce(0, +) - 4) < 1e-12)
        // What has no score is not moved by itself.
        let unscored = AdaptiveLossWeights.next([1, 1], scores: [nil, 0], rate: 1)
        #expect(abs(unscored[1] / unscored[0] - 2) < 1e-12)
    }

    @Test func entropiesAreJudgedByAccuracyAndRegionsByIoU() {
        let scores = Validator.Scores(loss: 1, dice: 0.2, iou: 0.3, accuracy: 0.4)
        for term in LossSection.Term.allCases {
            let isEntropy = term == .binaryCrossEntropy || term == .crossEntropy
            #expect(term.score(scores) == (isEntropy ? 0.4 : 0.3))
        }
    }

    private static let adaptive = ["loss-weights={rule: adaptive, rate: 0.5}", "training.epochs=3"]

    @Test func weightsOfAnEpochFollowFromTheScoresBefore() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let run = try TrainingFixtures.run(folder, Self.adaptive)
            let records = try TrainingFixtures.train(run).compactMap { event -> EpochRecord? in
                if case .epochDone(_, let record, _) = event { record } else { nil }
            }
            #expect(records[0].lossWeights == [1, 1])
            for (before, after) in zip(records, records.dropFirst()) {
                let expected = AdaptiveLossWeights.next(
                    before.lossWeights ?? [],
                    scores: [before.validationAccuracy, before.validationIoU], rate: 0.5)
                #expect(after.lossWeights == expected && expected != before.lossWeights)
            }
            let history = try String(
                contentsOfFile: run.memberFolder(0) + "/history.csv", encoding: .utf8)
            let lines = history.split(separator: "\n")
            #expect(lines[0].hasSuffix(",best,loss_weights") && lines[1].hasSuffix(",1.0 1.0"))
            // Another rate, and none, are other weights.
            let fixed = try TrainingFixtures.run(folder, ["training.epochs=3"], name: "fixed")
            let slow = try TrainingFixtures.run(
                folder, ["loss-weights={rule: adaptive, rate: 0.25}", "training.epochs=3"],
                name: "slow")
            for other in [fixed, slow] {
                try TrainingFixtures.train(other)
                let texts = try [run, other].map {
                    try String(
                        contentsOfFile: $0.memberFolder(0) + "/history.csv", encoding: .utf8)
                }
                #expect(texts[0] != texts[1])
                #expect(try last(other) != last(run))
            }
        }
    }

    /// The training loss of the last epoch, which best epochs' weights may not show.
    private func last(_ run: RunFolder) throws -> Substring? {
        let history = try String(
            contentsOfFile: run.memberFolder(0) + "/history.csv", encoding: .utf8)
        return history.split(separator: "\n").last?.split(separator: ",")[1]
    }

    @Test(arguments: [4, 7, 9])
    func aStopChangesNothing(_ count: Int) throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let whole = try TrainingFixtures.run(folder, Self.adaptive, name: "whole")
            try TrainingFixtures.train(whole)
            let run = try TrainingFixtures.run(folder, Self.adaptive)
            TrainingFixtures.error(.interrupted(signal: 15)) {
                try TrainingFixtures.train(run, checkStop: StopAfter(count).check)
            }
            try TrainingFixtures.train(run)
            #expect(try TrainingFixtures.weights(run) == TrainingFixtures.weights(whole))
            #expect(try last(run) == last(whole))
        }
    }

    @Test func adaptingNeedsAValidationSplit() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let run = try TrainingFixtures.run(
                folder, Self.adaptive + ["data.split={train: 5}"])
            let error = TrainingFixtures.error(.usage) { try TrainingFixtures.train(run) }
            #expect(error?.description.contains("validation") == true)
            TrainingFixtures.error(.usage) {
                try MemberTrainer.check(run.recipe, SegmentationDataset.open(run.recipe.data))
            }
        }
    }

    // MARK: Class weights
}
