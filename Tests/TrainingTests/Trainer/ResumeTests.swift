import DurableFiles
import Foundation
import ModelZoo
import SegmentationData
import Testing
import TrainingTestSupport

@testable import Training

/// A member that is interrupted anywhere ends in the same bytes.
@Suite struct ResumeTests {
    /// Questions whether to stop in one training: three steps and one validation batch an epoch.
    private static let questions = 2 * (3 + 1)
    private struct Killed: Error {}

    private func resumed(_ events: [TrainingEvent]) -> [Int]? {
        for event in events {
            if case .memberResumed(_, let epoch, let step) = event { return [epoch, step] }
        }
        return nil
    }

    @Test func aSignalAtEveryStep() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let whole = try TrainingFixtures.run(folder, name: "whole")
            let uninterrupted = try TrainingFixtures.train(whole)
            let digest = try TrainingFixtures.weights(whole)
            for count in 0..<Self.questions {
                let run = try TrainingFixtures.run(folder, name: "run-\(count)")
                TrainingFixtures.error(.interrupted(signal: 15)) {
                    try TrainingFixtures.train(run, checkStop: StopAfter(count).check)
                }
                #expect(!run.isFinished(0))
                let events = try TrainingFixtures.train(run)
                // Validation asks once, after its epoch's last step.
                #expect(resumed(events) == [1 + count / 4, count % 4])
                #expect(try TrainingFixtures.weights(run) == digest, "stopped at \(count)")
                let histories = [whole, run].map { lossColumns($0) }
                #expect(histories[0] == histories[1])
            }
            #expect(resumed(uninterrupted) == nil)
            // There were no more questions than those.
            let last = try TrainingFixtures.run(folder, name: "last")
            try TrainingFixtures.train(last, checkStop: StopAfter(Self.questions).check)
        }
    }

    /// The history without its seconds.
    private func lossColumns(_ run: RunFolder) -> [[Substring]] {
        let text = try? String(
            contentsOfFile: run.memberFolder(0) + "/history.csv", encoding: .utf8)
        return (text ?? "").split(separator: "\n").map { line in
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            return Array(cells[..<7] + cells[8...])
        }
    }

    @Test(arguments: [
        [], ["optimizer.name=sgd", "optimizer.nesterov=true", "optimizer.rate=0.05"],
        ["training.average-decay=0.9", "training.monitor=iou", "schedule=polynomial"],
    ])
    func aKillAtEveryStep(_ overrides: [String]) throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let whole = try TrainingFixtures.run(folder, overrides, name: "whole")
            try TrainingFixtures.train(whole)
            let digest = try TrainingFixtures.weights(whole)
            for count in stride(from: 0, to: Self.questions, by: overrides.isEmpty ? 1 : 3) {
                let run = try TrainingFixtures.run(folder, overrides, name: "run-\(count)")
                #expect(throws: Killed.self) {
                    try TrainingFixtures.train(
                        run, checkStop: StopAfter(count, throwing: Killed()).check)
                }
                let events = try TrainingFixtures.train(run)
                #expect(resumed(events) == (count < 4 ? nil : [2, 0]))
                #expect(try TrainingFixtures.weights(run) == digest, "killed at \(count)")
            }
        }
    }

    @Test(arguments: [
        TrainingFixtures.softmax + ["training.patience=1"],
        // Its rate falls after epochs 2 and 3.
        [
            "training.epochs=4", "training.average-decay=0.8", "training.monitor=dice",
            "training.clip-norm=0.5", "optimizer.name=radam",
            "schedule={name: plateau, factor: 0.3, patience: 0, threshold: 0.9}",
        ],
        [
            "training.epochs=3", "optimizer.name=lion", "training.clip-value=0.01",
            "schedule={name: warm-restarts, period: 1, growth: 2, warm-up-steps: 2}",
        ],
    ])
    func oneStepAtATime(_ overrides: [String]) throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let whole = try TrainingFixtures.run(folder, overrides, name: "whole")
            try TrainingFixtures.train(whole)
            let run = try TrainingFixtures.run(folder, overrides, name: "steps")
            var visits = 0
            while !run.isFinished(0), visits < 40 {
                visits += 1
                do {
                    try TrainingFixtures.train(run, checkStop: StopAfter(1).check)
                } catch let error as FloeError where error.kind == .interrupted(signal: 15) {}
            }
            #expect(visits > 6 && run.isFinished(0))
            #expect(try TrainingFixtures.weights(run) == TrainingFixtures.weights(whole))
            #expect(lossColumns(run) == lossColumns(whole))
        }
    }

    /// Dropout of the image head goes on where it was.
    @Test func twoUNetsAndAnImageHead() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let overrides = [
                "model=dual-unet:4:2:4:1:gated", "image-head={weight: 0.5, dropout: 0.5}",
            ]
            let whole = try TrainingFixtures.run(folder, overrides, name: "whole")
            try TrainingFixtures.train(whole)
            for count in [0, 1, 4, 6] {
                let run = try TrainingFixtures.run(folder, overrides, name: "run-\(count)")
                TrainingFixtures.error(.interrupted(signal: 15)) {
                    try TrainingFixtures.train(run, checkStop: StopAfter(count).check)
                }
                try TrainingFixtures.train(run)
                #expect(try TrainingFixtures.weights(run) == TrainingFixtures.weights(whole))
            }
        }
    }

    @Test func checkpointsLessOften() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let overrides = [
                "training.epochs=5", "training.checkpoint-every=2", "training.checkpoint-seconds=0",
            ]
            let whole = try TrainingFixtures.run(folder, overrides, name: "whole")
            let events = try TrainingFixtures.train(whole)
            let saved = events.compactMap { event -> Int? in
                if case .checkpointSaved(_, let epoch, _) = event { epoch } else { nil }
            }
            #expect(saved == [3, 5])
            let run = try TrainingFixtures.run(folder, overrides, name: "run")
            #expect(throws: Killed.self) {
                try TrainingFixtures.train(run, checkStop: StopAfter(14, throwing: Killed()).check)
            }
            #expect(resumed(try TrainingFixtures.train(run)) == [3, 0])
            #expect(try TrainingFixtures.weights(run) == TrainingFixtures.weights(whole))
        }
    }

    @Test func changedDataAreRefused() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let run = try TrainingFixtures.run(folder)
            TrainingFixtures.error(.interrupted(signal: 15)) {
                try TrainingFixtures.train(run, checkStop: StopAfter(4).check)
            }
            try TrainingFixtures.writeImage(folder, 0, seed: 99)
            let error = TrainingFixtures.error(.badData) { try TrainingFixtures.train(run) }
            #expect(error?.description.contains("data changed") == true)
            try TrainingFixtures.writeImage(folder, 0)
            try TrainingFixtures.train(run)
        }
    }
}
