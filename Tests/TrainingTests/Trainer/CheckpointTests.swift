import DurableFiles
import Foundation
import ModelZoo
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct CheckpointTests {
    /// A run that was stopped in its third epoch; two generations are there.
    private func stopped(_ folder: String, _ more: [String] = []) throws -> RunFolder {
        try TrainingFixtures.writeImages(folder)
        let run = try TrainingFixtures.run(folder, ["training.epochs=4"] + more)
        TrainingFixtures.error(.interrupted(signal: 15)) {
            try TrainingFixtures.train(run, checkStop: StopAfter(9).check)
        }
        return run
    }

    private func whole(_ folder: String) throws -> SHA256Digest {
        let run = try TrainingFixtures.run(folder, ["training.epochs=4"], name: "whole")
        try TrainingFixtures.train(run)
        return try TrainingFixtures.weights(run)
    }

    private func warnings(_ events: [TrainingEvent]) -> [String] {
        events.compactMap { if case .warning(let text) = $0 { text } else { nil } }
    }

    private static let newest = "epoch-0000003-step-0000001"
    private static let older = "epoch-0000003-step-0000000"

    private func edit(_ path: String, _ change: (inout Data) -> Void) throws {
        var data = try Data(contentsOf: URL(fileURLWithPath: path))
        change(&data)
        try data.write(to: URL(fileURLWithPath: path))
    }

    @Test func twoGenerationsAreKept() throws {
        try TrainingFixtures.withFolder { folder in
            let run = try stopped(folder)
            let names = try FileManager.default.contentsOfDirectory(atPath: run.checkpointFolder(0))
            #expect(names.sorted() == [Self.older, Self.newest])
            let loaded = try Checkpoint.load(from: run.checkpointFolder(0), warn: { _ in })
            #expect(loaded?.state.epoch == 3 && loaded?.state.step == 1)
            #expect(loaded?.state.history.count == 2)
            #expect(loaded?.best.isEmpty == false)
        }
    }

    @Test(arguments: ["tensors.h5", "state.json"], ["flip", "cut", "remove", "empty"])
    func aDamagedGenerationIsPassedOverWithAWarning(_ file: String, _ damage: String) throws {
        try TrainingFixtures.withFolder { folder in
            let run = try stopped(folder)
            let path = run.checkpointFolder(0) + "/" + Self.newest + "/" + file
            switch damage {
            case "flip": try edit(path) { $0[$0.count / 2] ^= 1 }
            case "cut": try edit(path) { $0.removeLast($0.count / 2) }
            case "empty": try edit(path) { $0 = Data() }
            default: try FileManager.default.removeItem(atPath: path)
            }
            let events = try TrainingFixtures.train(run)
            let told = warnings(events)
            #expect(told.count == 1)
            #expect(told.first?.contains(Self.older) == true, "\(told)")
            #expect(told.first?.contains(file) == true, "\(told)")
            #expect(events.contains(.memberResumed(member: 0, epoch: 3, step: 0)))
            #expect(try TrainingFixtures.weights(run) == whole(folder))
        }
    }

    @Test func everyDigitOfAStateCounts() throws {
        try TrainingFixtures.withFolder { folder in
            let run = try stopped(folder)
            let path = run.checkpointFolder(0) + "/" + Self.newest + "/state.json"
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let step = try #require(text.range(of: "\"step\" : 1"))
            try Data(text.replacingCharacters(in: step, with: "\"step\" : 2").utf8)
                .write(to: URL(fileURLWithPath: path))
            #expect(warnings(try TrainingFixtures.train(run)).count == 1)
        }
    }

    @Test func aDamagedGenerationIsNotInTheWayOfANewOne() throws {
        try TrainingFixtures.withFolder { folder in
            let run = try stopped(folder)
            let path = run.checkpointFolder(0) + "/" + Self.newest + "/tensors.h5"
            try edit(path) { $0[100] ^= 1 }
            // The same generation is written again.
            TrainingFixtures.error(.interrupted(signal: 15)) {
                try TrainingFixtures.train(run, checkStop: StopAfter(1).check)
            }
            let events = try TrainingFixtures.train(run)
            #expect(warnings(events).isEmpty)
            #expect(events.contains(.memberResumed(member: 0, epoch: 3, step: 1)))
            #expect(try TrainingFixtures.weights(run) == whole(folder))
        }
    }

    @Test func withNothingWholeTheMemberStartsAgain() throws {
        try TrainingFixtures.withFolder { folder in
            let run = try stopped(folder)
            for name in [Self.newest, Self.older] {
                try edit(run.checkpointFolder(0) + "/" + name + "/tensors.h5") { $0[9] ^= 4 }
            }
            let events = try TrainingFixtures.train(run)
            #expect(warnings(events).first?.contains("starting again") == true)
            #expect(try TrainingFixtures.weights(run) == whole(folder))
        }
    }

    @Test func leftoversOfADeadProcessAreRemoved() throws {
        try TrainingFixtures.withFolder { folder in
            let run = try stopped(folder)
            let stale = run.checkpointFolder(0) + "/.epoch-0000009-step-0000000.tmp-999999999-abc"
            try FileManager.default.createDirectory(
                atPath: stale, withIntermediateDirectories: true)
            #expect(try Checkpoint.load(from: run.checkpointFolder(0), warn: { _ in }) != nil)
        }
    }

    @Test func checkpointsOfOthersAreRefused() throws {
        try TrainingFixtures.withFolder { folder in
            let run = try stopped(folder)
            func copy(to other: RunFolder, member: Int) throws {
                try FileManager.default.createDirectory(
                    atPath: other.path + "/checkpoints", withIntermediateDirectories: true)
                try FileManager.default.copyItem(
                    atPath: run.checkpointFolder(0), toPath: other.checkpointFolder(member))
            }
            for (name, overrides, member, word) in [
                ("member", ["training.epochs=4"], 1, "another member"),
                ("wider", ["model=unet:6:2"], 0, "another network"),
                ("deeper", ["model=unet:4:3"], 0, "another network"),
                ("shallower", ["model=unet:4:1"], 0, "another network"),
                ("rule", ["optimizer.name=sgd"], 0, "another network"),
                ("steps", ["training.batch=5"], 0, "another training"),
                ("patience", ["training.patience=9"], 0, "another training"),
                ("monitor", ["training.monitor=dice"], 0, "another training"),
                ("plateau", ["schedule=plateau"], 0, "another training"),
                ("average", ["training.average-decay=0.9"], 0, "another training"),
            ] {
                let other = try TrainingFixtures.run(folder, overrides, name: name)
                try copy(to: other, member: member)
                if name == "steps" {
                    // One step an epoch: step 1 is its end, and step 2 is beyond it.
                    let path = other.checkpointFolder(member)
                    let loaded = try #require(try Checkpoint.load(from: path, warn: { _ in }))
                    var later = loaded
                    later.state.step = 2
                    try later.save(in: path)
                }
                let error = TrainingFixtures.error(.badData) {
                    try TrainingFixtures.train(other, member: member)
                }
                #expect(error?.description.contains(word) == true, "\(name): \(error as Any)")
            }
        }
    }

    /// The average, the plateau and the steps of groups are written and read.
    @Test func whatATrainingAddsIsThere() throws {
        try TrainingFixtures.withFolder { folder in
            let run = try stopped(
                folder, ["training.average-decay=0.9", "schedule=plateau", "training.monitor=iou"])
            let loaded = try #require(
                try Checkpoint.load(from: run.checkpointFolder(0), warn: { _ in }))
            #expect(loaded.average.map(\.name) == loaded.model.map(\.name))
            #expect(loaded.average.map(\.tensor.values) != loaded.model.map(\.tensor.values))
            #expect(loaded.state.plateau?.best != nil && loaded.state.plateau?.monitor == .iou)
        }
    }

    /// What is not used is not written: such a state has the keys that it had before.
    @Test func whatIsNotUsedIsNotWritten() throws {
        try TrainingFixtures.withFolder { folder in
            let run = try stopped(folder)
            let path = run.checkpointFolder(0) + "/" + Self.newest + "/state.json"
            let text = try String(contentsOfFile: path, encoding: .utf8)
            for key in ["plateau", "monitor", "average", "encoderSteps", "skippedSteps"] {
                #expect(!text.contains("\"\(key)\""), "\(key)")
            }
        }
    }

    @Test func aCheckpointOfALaterFormatIsKeptAndNamed() throws {
        try TrainingFixtures.withFolder { folder in
            let run = try stopped(folder)
            let path = run.checkpointFolder(0)
            var loaded = try #require(try Checkpoint.load(from: path, warn: { _ in }))
            loaded.state.format = "floe.checkpoint/9"
            loaded.state.step = 2
            try loaded.save(in: path)
            let error = TrainingFixtures.error(.usage) { try TrainingFixtures.train(run) }
            #expect(error?.description.contains("floe.checkpoint/9") == true)
            #expect(
                FileManager.default.fileExists(atPath: path + "/epoch-0000003-step-0000002"))
        }
    }
}
