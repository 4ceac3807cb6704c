import DurableFiles
import ModelZoo
import SegmentationModels
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct ModelSectionDualTests {
    private func configuration(_ folder: String, _ model: String) throws -> ModelConfiguration {
        try TrainingFixtures.recipe(folder, ["model=\(model)"]).configuration(bands: 1)
    }

    @Test func keysStandAboveTheName() throws {
        try TrainingFixtures.withFolder { folder in
            #expect(
                try configuration(folder, "dual-unet").name == "dual-unet:32:4:32:2:concatenate")
            let keys = try configuration(
                folder,
                "{name: dual-unet, global: {width: 16, levels: 3}, local: {width: 8, levels: 1}, "
                    + "fusion: gated}")
            #expect(keys.name == "dual-unet:16:3:8:1:gated")
            #expect(keys.inputMultiple == 8 && keys.baseWidth == 16)
            let both = try configuration(
                folder,
                "{name: 'dual-unet:16:3:8:1:add', global: {levels: 1}, local: {levels: 4}}")
            #expect(both.name == "dual-unet:16:1:8:4:add" && both.inputMultiple == 16)
        }
    }

    @Test(arguments: [
        ("{name: 'unet:4:2', fusion: add}", "fusion"),
        ("{name: 'unet:4:2', global: {width: 4}}", "global"),
        ("{name: unet-resnet18, local: {levels: 1}}", "local"),
        ("{name: dual-unet, global: {levels: 9}}", "global"),
        ("{name: dual-unet, local: {width: 0}}", "local"),
        ("{name: dual-unet, fusion: mean}", "fusion"),
        ("{name: dual-unet, global: {wdith: 4}}", "width"),
        ("{name: dual-unet, encoder-width: 4}", "encoder"),
        ("dual-unet:4", "dual-unet"),
    ])
    func whatMakesNoSenseIsNamed(_ model: String, _ word: String) throws {
        try TrainingFixtures.withFolder { folder in
            let error = TrainingFixtures.error(.usage) { _ = try configuration(folder, model) }
            #expect(error?.description.contains(word) == true, "\(String(describing: error))")
        }
    }

    /// Width, depth and fusion each give another network, which trains and is read back.
    @Test func everyKeyCounts() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let base = ["model=dual-unet:4:2:4:1:add", "training.epochs=1"]
            var digests: [SHA256Digest] = []
            for (index, more) in [
                [], ["model={name: 'dual-unet:4:2:4:1', fusion: concatenate}"],
                ["model={name: 'dual-unet:4:2:4:1', fusion: continue-add}"],
                ["model={name: 'dual-unet:4:2:4:1', fusion: gated}"],
                ["model={name: 'dual-unet:4:2:4:1:add', global: {width: 6}}"],
                ["model={name: 'dual-unet:4:2:4:1:add', global: {levels: 3}}"],
                ["model={name: 'dual-unet:4:2:4:1:add', local: {width: 6}}"],
                ["model={name: 'dual-unet:4:2:4:1:add', local: {levels: 2}}"],
            ].enumerated() {
                let run = try TrainingFixtures.run(folder, base + more, name: "run-\(index)")
                try TrainingFixtures.train(run)
                digests.append(try TrainingFixtures.weights(run))
                let (manifest, network) = try MemberStore.load(run.memberFolder(0))
                #expect(manifest.architecture.name == network.configuration.name)
                #expect(manifest.architecture.configuration.dual != nil)
            }
            #expect(Set(digests).count == digests.count)
        }
    }
}
