import DurableFiles
import Foundation
import TensorCore
import Testing

/// R1 and R2: a training that is stopped, by whatever, goes on to the same bytes.
@Suite struct KillAndResumeTests {
    private static let recipe = IceRecipe.text(
        "killed", split: "train: 8, validation: 2, test: 0",
        """
        model: unet:8:2
        augmentation: {horizontal-flip: 0.5, quarter-turns: 0.5}
        training: {epochs: 12, batch: 2, seed: 1, checkpoint-seconds: 0}
        bagging: {members: 1, seed: 1}
        compute: {threads: 1}

        """)

    /// How many SIGKILLs; `scripts/soak` asks for 200.
    private static let kills =
        ProcessInfo.processInfo.environment["FLOE_KILLS"].flatMap(Int.init) ?? 10

    @Test func tenKillsEndInTheSameBytes() throws {
        try withTemporaryFolder { folder in
            let arguments = try prepare(folder)
            let clock = ContinuousClock()
            let whole = try clock.measure {
                let outcome = try FloeProgram.run(arguments + ["--out", folder + "/whole"])
                #expect(outcome.code == 0, "\(outcome.error)")
            }
            // The same kernels for both: which is faster is measured anew at every run's start.
            try FileManager.default.createDirectory(
                atPath: folder + "/killed", withIntermediateDirectories: true)
            for name in ["recipe.yaml", "environment.json"] {
                try FileManager.default.copyItem(
                    atPath: "\(folder)/whole/\(name)", toPath: "\(folder)/killed/\(name)")
            }
            let weights = folder + "/killed/member-000/weights.h5"
            var stream = RandomStream(seed: 5, purpose: .test)
            var killed = 0
            let seconds = whole / .seconds(1)
            for _ in 0..<Self.kills * 4 where killed < Self.kills {
                if FileManager.default.fileExists(atPath: weights) {
                    // Trained to the end between two kills: again from the start.
                    try expectSame(folder)
                    try FileManager.default.removeItem(atPath: folder + "/killed/member-000")
                }
                let worker = try FloeProgram.command(arguments + ["--out", folder + "/killed"])
                    .spawn()
                if worker.wait(seconds: stream.uniform(0.05, max(0.3, seconds))) == nil {
                    worker.terminate(SIGKILL)
                    killed += 1
                }
                _ = worker.wait()
            }
            #expect(killed == Self.kills)
            let last = try FloeProgram.run(arguments + ["--out", folder + "/killed"])
            #expect(last.code == 0, "\(last.error)")
            try expectSame(folder)
            let left = try FileManager.default.contentsOfDirectory(atPath: folder + "/killed")
            #expect(!left.contains { $0.contains(".tmp-") || $0 == "checkpoints" }, "\(left)")
        }
    }

    @Test(arguments: [(SIGTERM, 143), (SIGINT, 130)] as [(Int32, Int32)])
    func aSignalLeavesACheckpoint(_ signal: Int32, _ code: Int32) throws {
        try withTemporaryFolder { folder in
            let arguments =
                try prepare(folder) + ["training.epochs=2000", "--out", folder + "/run"]
            let worker = try FloeProgram.command(arguments).spawn()
            let checkpoints = folder + "/run/checkpoints/member-000"
            for _ in 0..<400 where worker.wait(seconds: 0.05) == nil {
                if FileManager.default.fileExists(atPath: checkpoints) { break }
            }
            worker.terminate(signal)
            #expect(worker.wait().shellCode == code)
            let generations = try FileManager.default.contentsOfDirectory(atPath: checkpoints)
            #expect(generations.contains { $0.hasPrefix("epoch-") })
        }
    }

    private func prepare(_ folder: String) throws -> [String] {
        try Data(Self.recipe.utf8).write(to: URL(fileURLWithPath: folder + "/killed.yaml"))
        let made = try FloeProgram.run(
            "data", "synth", "--out", folder + "/ice", "--count", "10", "-q")
        #expect(made.code == 0, "\(made.error)")
        return ["train", folder + "/killed.yaml", "--quiet"]
    }

    private func expectSame(_ folder: String) throws {
        let name = "member-000/weights.h5"
        let whole = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/whole/\(name)"))
        let killed = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/killed/\(name)"))
        #expect(whole == killed, "the weights differ from the uninterrupted run's")
        try EventFileTests.expectSameAsMetrics(folder + "/killed", member: 0)
    }
}
