import DurableFiles
import Foundation
import ModelZoo
import SegmentationData
import TensorCore
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct MemberTrainerTests {
    @Test func theSameSeedGivesTheSameBytes() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let first = try TrainingFixtures.run(folder, name: "a")
            let second = try TrainingFixtures.run(folder, name: "b")
            for run in [first, second] {
                try TrainingFixtures.train(run)
                try TrainingFixtures.train(run, member: 1)
            }
            let digest = try TrainingFixtures.weights(first)
            #expect(try TrainingFixtures.weights(second) == digest)
            let ids = try [first, second].map {
                try MemberStore.openManifest($0.memberFolder(0)).identity.id
            }
            #expect(ids[0] == ids[1])
            // Members differ in their bags and starting weights, and so do other seeds.
            #expect(try TrainingFixtures.weights(first, member: 1) != digest)
            let other = try TrainingFixtures.run(folder, ["training.seed=2"], name: "c")
            try TrainingFixtures.train(other)
            #expect(try TrainingFixtures.weights(other) != digest)
        }
    }

    /// Every filter and every option of one gives a network of its own; without the key nothing is
    /// said of computed bands.
    @Test func computedBandsChangeTheWeights() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let filters = [
                "sobel", "laplacian", "threshold, at: 90", "threshold, at: 130",
                "haar, subband: approximation", "haar, subband: vertical",
            ]
            var digests: Set<SHA256Digest> = []
            for (number, filter) in filters.enumerated() {
                let run = try TrainingFixtures.run(
                    folder,
                    [
                        "data.computed={name: c, from: grey, filter: \(filter)}",
                        "model=unet:2:1", "training.epochs=1",
                    ], name: "run\(number)")
                try TrainingFixtures.train(run)
                digests.insert(try TrainingFixtures.weights(run))
                let manifest = try MemberStore.openManifest(run.memberFolder(0))
                #expect(manifest.input.bands.map(\.name) == ["grey", "c"])
                #expect(
                    ComputedBand.all(of: manifest.input) == run.recipe.data.computed, "\(filter)")
            }
            #expect(digests.count == filters.count)
            let plain = try TrainingFixtures.run(
                folder, ["model=unet:2:1", "training.epochs=1"], name: "plain")
            try TrainingFixtures.train(plain)
            let text = try String(
                contentsOfFile: plain.memberFolder(0) + "/" + MemberStore.manifestName,
                encoding: .utf8)
            #expect(!text.contains("computed") && !text.contains("exclude"))
        }
    }

    /// Which samples exist: the split is made of what is left.
    @Test func exclusionChangesTheWeights() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder, count: 10)
            let runs = try ["0-4", "5-9"].map { range in
                try TrainingFixtures.run(
                    folder,
                    [
                        "data.exclude={ids: '/^0[\(range)]$/'}",
                        "data.split={train: 3, validation: 1, test: 1}", "model=unet:2:1",
                        "training.epochs=1",
                    ], name: "run\(range)")
            }
            for run in runs { try TrainingFixtures.train(run) }
            #expect(try TrainingFixtures.weights(runs[0]) != TrainingFixtures.weights(runs[1]))
            let fingerprints = try runs.map {
                try MemberStore.openManifest($0.memberFolder(0)).data?.fingerprint
            }
            #expect(fingerprints[0] != fingerprints[1])
        }
    }

    @Test(arguments: [[], TrainingFixtures.softmax])
    func whatIsWrittenIsAWholeMember(_ overrides: [String]) throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let run = try TrainingFixtures.run(folder, overrides)
            let events = try TrainingFixtures.train(run)
            #expect(run.isFinished(0) && !run.isFinished(1))
            let exact = ComputeThread.shared.run { OneDNNBackend(.exact) }
            #expect(MemberStore.verify(run.memberFolder(0), backend: exact) == nil)
            let manifest = try MemberStore.openManifest(run.memberFolder(0))
            #expect(manifest.bag?.member == 0 && manifest.bag?.drawn == 5)
            #expect(manifest.training?.environment.kernelTable == "exact")
            #expect(manifest.training?.epochs == 2)
            #expect(manifest.data?.split.training == 5 && manifest.data?.split.validation == 2)
            #expect(manifest.output.activation == (overrides.isEmpty ? .sigmoid : .softmax))
            #expect(manifest.scores.validation?.images == 2)
            let history = try String(
                contentsOfFile: run.memberFolder(0) + "/history.csv", encoding: .utf8)
            let lines = history.split(separator: "\n")
            #expect(lines.count == 3)
            #expect(lines[0] == Substring(EpochRecord.columns.joined(separator: ",")))
            #expect(!FileManager.default.fileExists(atPath: run.checkpointFolder(0)))
            guard case .memberDone(0, let best, 2, _)? = events.last else {
                Issue.record("no last word: \(events)")
                return
            }
            #expect(best == manifest.training?.bestEpoch)
        }
    }

    @Test func aFinishedMemberIsLeftAlone() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let run = try TrainingFixtures.run(folder, ["training.epochs=1"])
            try TrainingFixtures.train(run)
            let manifest = run.memberFolder(0) + "/" + MemberStore.manifestName
            let before = try FileManager.default.attributesOfItem(atPath: manifest)
            #expect(try TrainingFixtures.train(run) == [.memberSkipped(member: 0)])
            let after = try FileManager.default.attributesOfItem(atPath: manifest)
            #expect(after[.systemFileNumber] as? Int == before[.systemFileNumber] as? Int)
            #expect(after[.modificationDate] as? Date == before[.modificationDate] as? Date)
        }
    }

    @Test func onlyOneProcessTrainsAMember() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let run = try TrainingFixtures.run(folder)
            let lock = try run.lock(member: 0)
            defer { lock.release() }
            let error = TrainingFixtures.error(.locked) { try TrainingFixtures.train(run) }
            #expect(error?.description.contains("locked by pid \(getpid())") == true)
        }
    }

    // MARK: What cannot be trained

    @Test func aLossThatIsNotFiniteStopsAtItsStep() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let run = try TrainingFixtures.run(folder, ["optimizer.rate=1e30"])
            // The last good checkpoint is that before the first step.
            TrainingFixtures.error(.interrupted(signal: 15)) {
                try TrainingFixtures.train(run, checkStop: StopAfter(0).check)
            }
            let checkpoint = run.checkpointFolder(0) + "/epoch-0000001-step-0000000/tensors.h5"
            let digest = try SHA256Digest.ofFile(at: checkpoint)
            let error = TrainingFixtures.error(.numeric) { try TrainingFixtures.train(run) }
            let text = error?.description ?? ""
            for part in ["member 0", "epoch 1", "step 2 of 3", "images 0", "optimizer.rate"] {
                #expect(text.contains(part), "\(text)")
            }
            #expect(try SHA256Digest.ofFile(at: checkpoint) == digest)
            #expect(!run.isFinished(0))
        }
    }

    @Test func batchNormNeedsMoreThanOneValue() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder, height: 4, width: 4)
            let alone = try TrainingFixtures.run(folder, ["training.batch=1"], name: "a")
            // Five images in batches of two leave one over.
            let rest = try TrainingFixtures.run(folder, ["training.batch=2"], name: "b")
            for run in [alone, rest] {
                let error = TrainingFixtures.error(.usage) { try TrainingFixtures.train(run) }
                #expect(error?.description.contains("batch norm") == true)
            }
            let enough = try TrainingFixtures.run(folder, ["training.batch=5"], name: "c")
            try TrainingFixtures.train(enough)
            TrainingFixtures.error(.usage) {
                _ = try KernelWarmUp.table(
                    alone.recipe.model.configuration(bands: 1, classes: 1), kind: .sigmoid,
                    batch: 1, height: 4, width: 4)
            }
        }
    }

    /// Nothing known of any pixel is refused; a bag without the one class is a bag like any other.
    @Test func aBagNeedsLabelsButNotEveryClass() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            func masks(_ name: String) -> [String] {
                ["data.masks.values={0: \(name), 1: \(name), 2: \(name)}", "training.epochs=1"]
            }
            let blank = try TrainingFixtures.run(folder, masks("ignore"), name: "blank")
            let error = TrainingFixtures.error(.badData) { try TrainingFixtures.train(blank) }
            #expect(error?.description.contains("no labelled pixel") == true)
            let negative = try TrainingFixtures.run(folder, masks("background"), name: "negative")
            try TrainingFixtures.train(negative)
            #expect(negative.isFinished(0))
        }
    }

    @Test func anEmptySplitIsRefused() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let run = try TrainingFixtures.run(folder, ["data.split={train: 0, validation: 2}"])
            let error = TrainingFixtures.error(.badData) { try TrainingFixtures.train(run) }
            #expect(error?.description.contains("data.split") == true)
        }
    }

    @Test func patienceNeedsAValidationSplit() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let run = try TrainingFixtures.run(
                folder, ["training.patience=1", "data.split={train: 5}"])
            let error = TrainingFixtures.error(.usage) { try TrainingFixtures.train(run) }
            #expect(error?.description.contains("validation") == true)
        }
    }

    @Test func imagesOfOneBatchHaveOneSize() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder, count: 7)
            try TrainingFixtures.writeImage(folder, 7, height: 24, width: 16)
            let split = "data.split={train: 8}"
            let run = try TrainingFixtures.run(folder, [split, "bagging.replacement=false"])
            let error = TrainingFixtures.error(.usage) { try TrainingFixtures.train(run) }
            #expect(error?.description.contains("data.size") == true)
            let sized = try TrainingFixtures.run(
                folder, [split, "data.size=[18, 14]", "training.epochs=1"], name: "sized")
            try TrainingFixtures.train(sized)
            let manifest = try MemberStore.openManifest(sized.memberFolder(0))
            #expect(manifest.input.sizePolicy == .resize && manifest.input.size == [18, 14])
        }
    }

    // MARK: How long

    @Test func withoutValidationTheLastEpochIsKept() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let run = try TrainingFixtures.run(
                folder, ["data.split={train: 5}", "training.batch=64", "training.epochs=3"])
            let events = try TrainingFixtures.train(run)
            // One batch holds the whole bag.
            let steps = events.filter { if case .stepDone = $0 { true } else { false } }
            #expect(steps.count == 3)
            let manifest = try MemberStore.openManifest(run.memberFolder(0))
            #expect(manifest.training?.bestEpoch == 3 && manifest.scores.validation == nil)
        }
    }

    @Test func earlyStoppingKeepsTheBestEpoch() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let run = try TrainingFixtures.run(
                folder,
                ["training.patience=2", "training.epochs=60", "optimizer.rate=0.05"], name: "a")
            let events = try TrainingFixtures.train(run)
            let records = events.compactMap { event -> EpochRecord? in
                if case .epochDone(_, let record, _) = event { record } else { nil }
            }
            let manifest = try MemberStore.openManifest(run.memberFolder(0))
            let best = try #require(manifest.training?.bestEpoch)
            #expect(records.count == best + 2 && records.count < 60)
            let lowest = try #require(records.compactMap(\.validationLoss).min())
            #expect(records[best - 1].validationLoss == lowest)
            #expect(records.lastIndex { $0.isBest } == best - 1)
            #expect(manifest.scores.validation?.values["loss"] == lowest)
            // A run that ends with that epoch has the same weights.
            let short = try TrainingFixtures.run(
                folder, ["training.epochs=\(best)", "optimizer.rate=0.05"], name: "b")
            try TrainingFixtures.train(short)
            #expect(try TrainingFixtures.weights(short) == TrainingFixtures.weights(run))
        }
    }

    // MARK: The bag

    @Test func imagesOutOfTheBagChangeNothing() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let run = try TrainingFixtures.run(folder, ["data.split={train: 8}"], name: "a")
            let dataset = try SegmentationDataset.open(run.recipe.data)
            let data = try MemberData(dataset, recipe: run.recipe, member: 0)
            let outside = try #require(data.bag.outOfBagGroups.first.flatMap { Int($0) })
            let inside = try #require(data.bag.drawnGroups.first.flatMap { Int($0) })
            try TrainingFixtures.train(run)

            try TrainingFixtures.writeImage(folder, outside, seed: 99)
            let other = try TrainingFixtures.run(folder, ["data.split={train: 8}"], name: "b")
            try TrainingFixtures.train(other)
            #expect(try TrainingFixtures.weights(other) == TrainingFixtures.weights(run))
            let inputs = try [run, other].map {
                try MemberStore.openManifest($0.memberFolder(0)).input
            }
            #expect(inputs[0] == inputs[1])

            try TrainingFixtures.writeImage(folder, inside, seed: 99)
            let third = try TrainingFixtures.run(folder, ["data.split={train: 8}"], name: "c")
            try TrainingFixtures.train(third)
            #expect(try TrainingFixtures.weights(third) != TrainingFixtures.weights(run))
        }
    }

    @Test func measuredKernelsAreStoredAndUsedAgain() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let overrides = ["model=unet:16:2", "compute.exact=false", "training.epochs=1"]
            let recipe = try TrainingFixtures.recipe(folder, overrides)
            var asked = 0
            func open() throws -> RunFolder {
                try RunFolder.open(folder + "/run", recipe: recipe) {
                    asked += 1
                    return RunEnvironment(
                        threads: 1, backend: recipe.compute.backend.make(.exact),
                        kernelTable: try KernelWarmUp.table(
                            recipe.model.configuration(bands: 1, classes: 1), kind: .sigmoid,
                            batch: 2, height: 16, width: 16))
                }
            }
            let run = try open()
            #expect(!run.environment.kernelTable.choices.isEmpty)
            #expect(try open().environment == run.environment)
            #expect(asked == 1)
            try TrainingFixtures.train(run)
            let digest = try TrainingFixtures.weights(run)
            let stored = try MemberStore.openManifest(run.memberFolder(0)).training?.environment
            #expect(
                stored?.kernelTable
                    == SHA256Digest.of(try BoundedJSON.encode(run.environment.kernelTable)).hex)
            try FileManager.default.removeItem(atPath: run.memberFolder(0))
            try TrainingFixtures.train(open())
            #expect(try TrainingFixtures.weights(run) == digest)
            if case .exact = run.environment.kernelChoice(exact: true) {
            } else {
                Issue.record("exact is not exact")
            }
        }
    }
}
