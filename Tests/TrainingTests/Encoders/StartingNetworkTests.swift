import DurableFiles
import Foundation
import ModelZoo
import SegmentationData
import TensorCore
import TestSupport
import Testing
import TrainingTestSupport

@testable import Training

/// Members that start from a ported encoder: what is taken over, what stays, what is said of it.
@Suite struct StartingNetworkTests {
    /// A ResNet-18 two channels wide, ported from one of the zoo's own fixtures, and images for it.
    private static func withEncoder(_ body: (String, String) throws -> Void) throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder, height: 64, width: 64)
            let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent()
                .appendingPathComponent("Fixtures/encoders/torch-dots-18.h5").path
            let found = try EncoderImport(ForeignFile(source))
            let path = folder + "/zoo/port"
            try DurableFile.createFolder(folder + "/zoo")
            try EncoderStore.save(
                try found.load(), from: found, to: path, created: "2026-01-01T00:00:00Z",
                exactBackend: ComputeThread.shared.run { OneDNNBackend(.exact) })
            try body(folder, path)
        }
    }

    private static func overrides(_ encoder: String, _ more: [String] = []) -> [String] {
        [
            "model={name: unet-resnet18, decoder-channels: [8, 8, 4, 4, 4]}",
            "encoder.weights=\(encoder)",
        ] + more
    }

    private static func member(_ run: RunFolder) throws -> (MemberManifest, [String: [Float]]) {
        let (manifest, network) = try MemberStore.load(run.memberFolder(0))
        var values: [String: [Float]] = [:]
        for entry in network.stateEntries() { values[entry.name] = entry.tensor.values }
        return (manifest, values)
    }

    private static func encoderNames(_ values: [String: [Float]]) -> [String] {
        values.keys.filter { $0.hasPrefix("encoder/") }.sorted()
    }

    @Test func aFrozenEncoderStaysAsItIs() throws {
        try Self.withEncoder { folder, path in
            let run = try TrainingFixtures.run(
                folder, Self.overrides(path, ["encoder.frozen=true"]))
            try TrainingFixtures.train(run)
            let (manifest, values) = try Self.member(run)
            let (ported, network) = try EncoderStore.load(path)
            for entry in network.stateEntries() where entry.name != "conv1/weight" {
                #expect(values["encoder/\(entry.name)"] == entry.tensor.values)
            }
            // One grey band takes the sum over red, green and blue.
            let kernel = network.stateEntries()[0].tensor
            #expect(values["encoder/conv1/weight"]?.count == kernel.count / 3)
            #expect(manifest.lineage.count == 1)
            #expect(manifest.lineage[0].sha256 == ported.weights.sha256)
            #expect(manifest.lineage[0].name == "port")
            #expect(manifest.lineage[0].adaptation?.contains("sum over r, g, b") == true)
            let text = String(
                decoding: try BoundedJSON.encode(manifest), as: UTF8.self)
            #expect(!text.contains(folder))
            // What is not the encoder was trained.
            let fresh = try StartingNetwork(
                run.recipe, run.recipe.configuration(bands: 1), bands: ["grey"], member: 0)
            for entry in fresh.network.stateEntries() where entry.name.hasPrefix("decoder/") {
                #expect(values[entry.name] != entry.tensor.values)
            }
        }
    }

    @Test func itIsTrainedFromTheEpochThatUnfreezesIt() throws {
        try Self.withEncoder { folder, path in
            // Without validation the last epoch is kept.
            let more = [
                "encoder.frozen=true", "encoder.unfreeze-epoch=2", "training.epochs=3",
                "data.split={train: 6, test: 2}",
            ]
            let whole = try TrainingFixtures.run(folder, Self.overrides(path, more), name: "a")
            try TrainingFixtures.train(whole)
            let (_, values) = try Self.member(whole)
            let (_, network) = try EncoderStore.load(path)
            let moved = network.stateEntries().filter {
                values["encoder/\($0.name)"] != $0.tensor.values
            }
            #expect(moved.count == network.stateEntries().count)
            // Three steps an epoch: stopped while frozen, at the border, and after it.
            for count in [2, 3, 4, 7] {
                let run = try TrainingFixtures.run(
                    folder, Self.overrides(path, more), name: "stopped-\(count)")
                TrainingFixtures.error {
                    try TrainingFixtures.train(run, checkStop: StopAfter(count).check)
                }
                try TrainingFixtures.train(run)
                #expect(
                    try TrainingFixtures.weights(run) == TrainingFixtures.weights(whole),
                    "stopped after \(count)")
            }
        }
    }

    /// Earlier versions stored the encoder's steps under a name of their own.
    @Test func aCheckpointOfAnEarlierVersionGoesOn() throws {
        try Self.withEncoder { folder, path in
            let more = [
                "encoder.frozen=true", "encoder.unfreeze-epoch=2", "training.epochs=3",
                "data.split={train: 6, test: 2}",
            ]
            let whole = try TrainingFixtures.run(folder, Self.overrides(path, more), name: "a")
            try TrainingFixtures.train(whole)
            let run = try TrainingFixtures.run(folder, Self.overrides(path, more), name: "b")
            TrainingFixtures.error {
                try TrainingFixtures.train(run, checkStop: StopAfter(7).check)
            }
            let checkpoints = run.checkpointFolder(0)
            var stored = try #require(try Checkpoint.load(from: checkpoints, warn: { _ in }))
            #expect(stored.state.skippedSteps == ["encoder": 3])
            stored.state.skippedSteps = nil
            stored.state.encoderSteps = stored.state.optimizerSteps - 3
            try FileManager.default.removeItem(atPath: checkpoints)
            try stored.save(in: checkpoints)
            try TrainingFixtures.train(run)
            #expect(try TrainingFixtures.weights(run) == TrainingFixtures.weights(whole))
        }
    }

    /// A rate of its own: hardly any for the encoder leaves it, and nothing else, where it was.
    @Test(arguments: [[], ["optimizer.name=lion", "schedule={name: constant, warm-up: 1}"]])
    func theEncoderHasARateOfItsOwn(_ more: [String]) throws {
        try Self.withEncoder { folder, path in
            let run = try TrainingFixtures.run(
                folder, Self.overrides(path, ["encoder.rate=1e-12"] + more))
            try TrainingFixtures.train(run)
            let (_, values) = try Self.member(run)
            let fresh = try StartingNetwork(
                run.recipe, run.recipe.configuration(bands: 1), bands: ["grey"], member: 0)
            for entry in fresh.network.stateEntries() where entry.isParameter {
                let difference =
                    zip(values[entry.name] ?? [], entry.tensor.values)
                    .map { abs($0 - $1) }.max() ?? .infinity
                if entry.name.hasPrefix("encoder/") {
                    #expect(difference < 1e-6, "\(entry.name)")
                } else {
                    #expect(difference > 1e-5, "\(entry.name)")
                }
            }
        }
    }

    /// The first convolution is adapted to computed bands by their names.
    @Test func computedBandsHaveTheirPartOfTheFirstConvolution() throws {
        try Self.withEncoder { folder, path in
            let kernels = try ["r", "b"].map { source in
                let recipe = try TrainingFixtures.recipe(
                    folder,
                    Self.overrides(
                        path,
                        [
                            "data.computed={name: edges, from: grey, filter: sobel}",
                            "encoder.bands={edges: \(source)}",
                        ]))
                let dataset = try SegmentationDataset.open(recipe.data)
                #expect(dataset.bands == ["grey", "edges"])
                let start = try StartingNetwork(
                    recipe, recipe.configuration(bands: dataset.bands.count),
                    bands: dataset.bands, member: 0)
                return try #require(
                    start.network.stateEntries().first { $0.name == "encoder/conv1/weight" }
                ).tensor.values
            }
            // The grey band's part is the same, that of the computed one is not.
            let plane = 7 * 7
            #expect(Array(kernels[0][..<plane]) == Array(kernels[1][..<plane]))
            #expect(kernels[0][plane..<2 * plane] != kernels[1][plane..<2 * plane])
        }
    }

    @Test func membersShareTheEncoderAndNothingElse() throws {
        try Self.withEncoder { folder, path in
            let recipe = try TrainingFixtures.recipe(folder, Self.overrides(path))
            let configuration = try recipe.configuration(bands: 1)
            let networks = try (0..<2).map {
                try StartingNetwork(recipe, configuration, bands: ["grey"], member: $0).network
            }
            for (a, b) in zip(networks[0].stateEntries(), networks[1].stateEntries())
            where a.tensor.shape.rank == 4 {
                #expect(
                    (a.tensor.values == b.tensor.values) == a.name.hasPrefix("encoder/"),
                    "\(a.name)")
            }
        }
    }

    @Test func anEncoderThatChangedIsRefused() throws {
        try Self.withEncoder { folder, path in
            let recipe = try TrainingFixtures.recipe(folder, Self.overrides(path))
            let run = try RunFolder.open(folder + "/run", recipe: recipe) {
                RunEnvironment(
                    threads: 1, backend: recipe.compute.backend.make(.exact),
                    kernelTable: KernelTable(), encoderSHA256: .of(Data("another".utf8)))
            }
            let error = TrainingFixtures.error(.badData) { try TrainingFixtures.train(run) }
            #expect(error?.description.contains("changed since this run was started") == true)
        }
    }

    @Test(arguments: [
        ["model=unet:4:2"], ["model=unet-resnet34"], ["model.encoder-width=4"],
        ["encoder.unfreeze-epoch=3"], ["encoder.frozen=true", "encoder.unfreeze-epoch=1"],
        ["encoder.rate=0"], ["encoder.bands={red: r}"], ["encoder.first-convolution=sideways"],
        ["encoder.weights=null", "encoder.frozen=true"],
    ])
    func whatDoesNotFitIsRefused(_ more: [String]) throws {
        try Self.withEncoder { folder, path in
            let error = TrainingFixtures.error(.usage) {
                let run = try TrainingFixtures.run(folder, Self.overrides(path, more))
                try TrainingFixtures.train(run)
            }
            #expect(error?.description.contains("encoder") == true, "\(String(describing: error))")
        }
    }

    @Test func namesAreLookedUpInTheZoo() throws {
        try Self.withEncoder { folder, path in
            let file = folder + "/pretrained.yaml"
            try Data(
                """
                base: recipe.yaml
                model: {name: unet-resnet18, decoder-channels: [8, 8, 4, 4, 4]}
                encoder: zoo:port

                """.utf8
            ).write(to: URL(fileURLWithPath: file))
            _ = try TrainingFixtures.recipe(folder)
            let recipe = try RecipeLoader.load(file, zoo: folder + "/zoo", environment: [:])
            #expect(recipe.encoder.weights == path)
            let relative = try RecipeLoader.load(
                file, overrides: [], zoo: "elsewhere", environment: [:])
            #expect(relative.encoder.weights?.hasSuffix("/elsewhere/port") == true)
            TrainingFixtures.error(.notFound) { _ = try relative.configuration(bands: 1) }
        }
    }
}
