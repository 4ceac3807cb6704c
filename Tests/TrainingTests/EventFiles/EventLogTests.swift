import DurableFiles
import Foundation
import SegmentationModels
import TensorCore
import TestSupport
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct EventLogTests {
    private struct Killed: Error {}

    private static func path(_ run: RunFolder) -> String {
        run.eventFolder(0) + "/" + EventLog.fileName
    }

    private static func events(_ run: RunFolder) throws -> [EventFileReader.Event] {
        try EventFileReader.events(path(run))
    }

    private static func warnings(_ events: [TrainingEvent]) -> [String] {
        events.compactMap { if case .warning(let text) = $0 { text } else { nil } }
    }

    private static func records(_ events: [TrainingEvent]) -> [EpochRecord] {
        events.compactMap { if case .epochDone(_, let record, _) = $0 { record } else { nil } }
    }

    /// All that a file says but wall times and the seconds of epochs, which are another training's.
    private static func content(_ run: RunFolder) throws -> [String] {
        try events(run).map { event in
            let scalars = event.scalars.filter { $0.key != "training/seconds" }
            return "\(event.step) \(event.version ?? "") \(event.tags) "
                + scalars.keys.sorted().map { "\(scalars[$0] ?? 0)" }.joined(separator: " ")
                + event.tags.compactMap { event.images[$0] }.map { "\($0)" }.joined()
        }
    }

    // MARK: What is written

    @Test func everyEpochIsAPointOfEveryCurve() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let run = try TrainingFixtures.run(
                folder, ["training.epochs=5", "loss-weights=adaptive"])
            let told = try TrainingFixtures.train(run)
            #expect(Self.warnings(told) == [])
            let events = try Self.events(run)
            #expect(events.first?.version == "brain.Event:2")
            #expect(events.count { $0.version != nil } == 1)
            let now = Date().timeIntervalSince1970
            #expect(events.allSatisfy { abs($0.wallTime - now) < 600 })
            let records = Self.records(told)
            let curves: [(String, (EpochRecord) -> Double?)] = [
                ("loss/training", \.trainingLoss), ("loss/validation", \.validationLoss),
                ("validation/dice", \.validationDice), ("validation/iou", \.validationIoU),
                ("validation/accuracy", \.validationAccuracy), ("training/rate", \.rate),
                ("training/seconds", \.seconds), ("loss-weight/1-bce", { $0.lossWeights?[0] }),
                ("loss-weight/2-dice", { $0.lossWeights?[1] }),
            ]
            for (tag, value) in curves {
                let curve = EventFileReader.curve(tag, events)
                #expect(curve.map(\.step) == [1, 2, 3, 4, 5], "\(tag)")
                #expect(curve.map(\.value) == records.compactMap { value($0).map(Float.init) })
            }
            let losses = told.compactMap { event -> Float? in
                if case .stepDone(_, _, _, _, let loss) = event { Float(loss) } else { nil }
            }
            let steps = EventFileReader.curve("loss/step", events)
            #expect(steps.map(\.step) == Array(1...15) && steps.map(\.value) == losses)
        }
    }

    @Test func picturesAreSeldom() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let run = try TrainingFixtures.run(folder, ["training.epochs=5"])
            let told = try TrainingFixtures.train(run)
            guard case .memberDone(_, let best, _, _)? = told.last else {
                Issue.record("no last word")
                return
            }
            var steps: [String: [Int]] = [:]
            for event in try Self.events(run) {
                for (tag, image) in event.images {
                    let parts = tag.split(whereSeparator: { " /".contains($0) })
                    steps["\(parts[0])/\(parts[2])", default: []].append(event.step)
                    #expect(image.height == 16 && image.width == 16 && image.colors == 3)
                    #expect(image.png.starts(with: [0x89, 0x50, 0x4E, 0x47]))
                }
            }
            var expected: [String: [Int]] = [:]
            for sample in ["validation-1", "validation-2"] {
                expected[sample + "/image"] = [0]
                expected[sample + "/truth"] = [0]
                expected[sample + "/prediction"] = [1, 2, 4]
                expected[sample + "/best"] = [best]
            }
            #expect(steps == expected)
        }
    }

    /// Long trainings have a point every few steps.
    @Test func aCurveOfStepsHasBoundedPoints() throws {
        try TrainingFixtures.withFolder { folder in
            let log = EventLog(
                folder: folder + "/log", stepsPerEpoch: 5000, epochs: 3, terms: [],
                pictures: { throw FloeError(.badData, "none") }, warn: { _ in })
            log.start(Checkpoint.State.fresh)
            for epoch in 1...3 {
                for step in 1...5000 { log.step(step, epoch: epoch, loss: 1) }
            }
            let events = try EventFileReader.events(folder + "/log/" + EventLog.fileName)
            let steps = EventFileReader.curve("loss/step", events).map(\.step)
            #expect(steps == Array(stride(from: 8, through: 15_000, by: 8)))
        }
    }

    @Test func weightsAreTheSameWithoutIt() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let overrides = ["image-head={weight: 0.5, dropout: 0.5}", "training.epochs=3"]
            let with = try TrainingFixtures.run(folder, overrides, name: "with")
            let without = try TrainingFixtures.run(
                folder, overrides + ["training.tensorboard=false"], name: "without")
            for run in [with, without] { try TrainingFixtures.train(run) }
            #expect(try TrainingFixtures.weights(with) == TrainingFixtures.weights(without))
            #expect(!FileManager.default.fileExists(atPath: without.path + "/tensorboard"))
        }
    }

    // MARK: Going on

    /// After a kill or a signal anywhere, with few checkpoints, the file says what the file of an
    /// uninterrupted training says.
    @Test(arguments: [false, true])
    func aResumedTrainingHasNoPointTwice(_ isKilled: Bool) throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let overrides = ["training.epochs=4", "training.checkpoint-every=2"]
            let whole = try TrainingFixtures.run(folder, overrides, name: "whole")
            try TrainingFixtures.train(whole)
            for count in [0, 3, 4, 6, 9, 11, 13, 15] {
                let run = try TrainingFixtures.run(folder, overrides, name: "run-\(count)")
                for stop in [count, isKilled ? 2 : 0] {
                    let stopping =
                        isKilled ? StopAfter(stop, throwing: Killed()) : StopAfter(stop)
                    #expect(throws: (any Error).self) {
                        try TrainingFixtures.train(run, checkStop: stopping.check)
                    }
                }
                let told = try TrainingFixtures.train(run)
                #expect(Self.warnings(told) == [])
                #expect(try Self.content(run) == Self.content(whole), "stopped at \(count)")
                try Self.expectHistory(run)
            }
        }
    }

    /// The seconds too are those of the history that is kept.
    private static func expectHistory(_ run: RunFolder) throws {
        let table = try String(
            contentsOfFile: run.memberFolder(0) + "/history.csv", encoding: .utf8)
        let rows = table.split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        let column = try #require(rows[0].firstIndex(of: "seconds"))
        let seconds = rows.dropFirst().map { Float(Double($0[column]) ?? .nan) }
        #expect(try EventFileReader.curve("training/seconds", events(run)).map(\.value) == seconds)
    }

    /// What a power loss or another program left of the file: epochs come back from the checkpoint.
    @Test(arguments: [0.0, 0.2, 0.5, 0.9, -1])
    func aDamagedFile(_ share: Double) throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let run = try TrainingFixtures.run(folder, ["training.epochs=4"])
            TrainingFixtures.error(.interrupted(signal: 15)) {
                try TrainingFixtures.train(run, checkStop: StopAfter(13).check)
            }
            let path = Self.path(run)
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            if share < 0 {
                try FileManager.default.removeItem(atPath: path)
            } else {
                bytes[Int(share * Double(bytes.count))] ^= 0x10
                try bytes.write(to: URL(fileURLWithPath: path))
            }
            let told = try TrainingFixtures.train(run)
            let warnings = Self.warnings(told)
            #expect(warnings.count == (share < 0 ? 0 : 1))
            #expect(warnings.allSatisfy { $0.hasPrefix(path) && $0.contains("cut") })
            let events = try Self.events(run)
            #expect(
                EventFileReader.curve("loss/training", events).map(\.step) == [1, 2, 3, 4])
            #expect(events.count { $0.tags.contains { $0.hasSuffix("/truth") } } == 1)
            try Self.expectHistory(run)
        }
    }

    /// A member that is trained again from its start begins a file anew.
    @Test func aRemovedMember() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let run = try TrainingFixtures.run(folder)
            try TrainingFixtures.train(run)
            let first = try Self.content(run)
            try FileManager.default.removeItem(atPath: run.memberFolder(0))
            #expect(try Self.warnings(TrainingFixtures.train(run)) == [])
            #expect(try Self.content(run) == first)
        }
    }

    // MARK: What fails

    /// Where the folder should be there is a file: said once, and the weights are the same.
    @Test func aFolderThatCannotBeWritten() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let whole = try TrainingFixtures.run(folder, name: "whole")
            try TrainingFixtures.train(whole)
            let run = try TrainingFixtures.run(folder, name: "run")
            try Data("mine".utf8).write(to: URL(fileURLWithPath: run.path + "/tensorboard"))
            let warnings = try Self.warnings(TrainingFixtures.train(run))
            #expect(warnings.count == 1)
            #expect(warnings.first?.contains("TensorBoard") == true)
            #expect(try TrainingFixtures.weights(run) == TrainingFixtures.weights(whole))
        }
    }

    /// A folder that can be written again gets the epochs that it missed.
    @Test func epochsThatWereMissedAreCaughtUp() throws {
        try TrainingFixtures.withFolder { folder in
            try Data().write(to: URL(fileURLWithPath: folder + "/log"))
            var warnings: [String] = []
            let log = EventLog(
                folder: folder + "/log", stepsPerEpoch: 2, epochs: 5, terms: [],
                pictures: { throw FloeError(.badData, "none") }, warn: { warnings.append($0) })
            try Self.note(log, folder) { epoch in
                if epoch == 2 { try FileManager.default.removeItem(atPath: folder + "/log") }
            }
            // Of the folder, and of the pictures.
            #expect(warnings.count == 2)
            let events = try EventFileReader.events(folder + "/log/" + EventLog.fileName)
            let losses = EventFileReader.curve("loss/training", events)
            #expect(losses.map(\.step) == [1, 2, 3] && losses.map(\.value) == [1, 2, 3])
            #expect(EventFileReader.curve("loss/step", events).map(\.step) == [5])
        }
    }

    /// The curves and the end of the file are as ever.
    @Test func picturesThatFailAreTriedOnce() throws {
        try TrainingFixtures.withFolder { folder in
            var tries = 0
            var warnings: [String] = []
            let log = EventLog(
                folder: folder + "/log", stepsPerEpoch: 2, epochs: 5, terms: [],
                pictures: {
                    tries += 1
                    throw FloeError(.badData, "none")
                }, warn: { warnings.append($0) })
            try Self.note(log, folder, isFinished: true)
            #expect(tries == 1)
            #expect(warnings.count == 1 && warnings.first?.contains("no more pictures") == true)
            let events = try EventFileReader.events(folder + "/log/" + EventLog.fileName)
            #expect(EventFileReader.curve("loss/training", events).map(\.step) == [1, 2, 3])
            #expect(EventFileReader.curve("loss/step", events).map(\.step) == [1, 3, 5])
        }
    }

    /// Tells a log of three epochs, of each one step.
    private static func note(
        _ log: EventLog, _ folder: String, isFinished: Bool = false,
        atTheEndOf epochDone: (Int) throws -> Void = { _ in }
    ) throws {
        var state = Checkpoint.State.fresh
        let network = try ModelFactory.make(
            TrainingFixtures.recipe(folder).configuration(bands: 1), seed: 1)
        let backend = ComputeThread.shared.run { OneDNNBackend(.exact) }
        log.start(state)
        for epoch in 1...3 {
            log.step(1, epoch: epoch, loss: 1)
            state.history.append(
                EpochRecord(
                    epoch: epoch, trainingLoss: Double(epoch), rate: 1, seconds: 1, isBest: true))
            try epochDone(epoch)
            log.epoch(state.history, network, backend: backend)
        }
        if isFinished { log.finish(state.history, network, bestEpoch: 1, backend: backend) }
    }
}

extension Checkpoint.State {
    /// Before the first step.
    fileprivate static let fresh = Checkpoint.State(
        member: 0, epoch: 1, step: 0, optimizerSteps: 0, lossSum: 0, lossCount: 0, seconds: 0,
        epochSeconds: 0,
        earlyStopping: TrainingSection().earlyStopping, history: [], dataFingerprint: "",
        tensorsSHA256: SHA256Digest.of(Data()))
}
