import DurableFiles
import Foundation
import SegmentationModels
import Testing

@testable import ModelZoo

@Suite struct MemberManifestValidationTests {
    typealias Edit = @Sendable (inout MemberManifest) -> Void

    private func sample() throws -> MemberManifest {
        try MemberStore.openManifest("\(ZooFixtures.folder)/format-1/member/manifest.json")
    }

    @Test func theSampleIsValid() throws { try sample().validate() }

    @Test func aComputedBandIsValidBehindThoseOfTheFiles() throws {
        var manifest = try sample()
        let last = manifest.input.bands.count - 1
        manifest.input.bands[last].computed = .init(
            from: manifest.input.bands[0].name, filter: .threshold, at: 3)
        try manifest.validate()
        #expect(manifest.input.fileBands.count == last && manifest.input.computedBands.count == 1)
        for band in 0..<last { manifest.input.bands[band].origin = .init(file: 0, stored: band) }
        try manifest.validate()
        #expect(manifest.input.storedBands == [Array(0..<last)])
    }

    /// Each edit makes the manifest contradict itself; the error names the place.
    static let contradictions: [(String, Edit)] = [
        ("architecture.name", { $0.architecture.name = "unet:64:4" }),
        ("architecture", { $0.architecture.configuration.levels = 0 }),
        ("architecture", { $0.architecture.configuration.levels = 60 }),
        ("architecture", { $0.architecture.configuration.baseWidth = .max }),
        ("architecture", { $0.architecture.configuration.classes = 0 }),
        ("encoder", { $0.architecture.configuration.encoder = .resnet18 }),
        ("architecture", { $0.architecture.configuration.architecture = .encoderUNet }),
        ("input.bands", { $0.input.bands.removeLast() }),
        ("input.bands", { $0.input.bands[1].name = $0.input.bands[0].name }),
        ("input.bands", { $0.input.bands[0].name = "" }),
        ("input.bands", { $0.input.bands[0].deviation = 0 }),
        ("input.bands", { $0.input.bands[0].deviation = -1 }),
        ("input.scale", { $0.input.scale = 0 }),
        ("input.multiple", { $0.input.multiple = 32 }),
        ("input.size", { $0.input.size = [64, 64] }),
        ("input.size", { $0.input.sizePolicy = .resize }),
        (
            "input.size",
            {
                $0.input.sizePolicy = .resize
                $0.input.size = [0, 64]
            }
        ),
        ("input.bands.computed", { $0.input.bands[0].computed = .init(from: "a", filter: .sobel) }),
        (
            "input.bands.computed.from",
            { $0.input.bands[1].computed = .init(from: "a", filter: .sobel) }
        ),
        (
            "input.bands.computed",
            {
                $0.input.bands[1].computed = .init(
                    from: $0.input.bands[0].name, filter: .threshold)
            }
        ),
        (
            "input.bands.computed",
            {
                $0.input.bands[1].computed = .init(
                    from: $0.input.bands[0].name, filter: .sobel, at: 3)
            }
        ),
        (
            "input.bands.computed",
            { $0.input.bands[1].computed = .init(from: $0.input.bands[0].name, filter: .haar) }
        ),
        (
            "input.bands.computed",
            {
                $0.input.bands[1].computed = .init(from: $0.input.bands[0].name, filter: .sobel)
                $0.input.bands[1].origin = .init(file: 0, stored: 1)
            }
        ),
        ("input.tile", { $0.input.tile = 33 }),
        ("input.tile", { $0.input.tile = 0 }),
        ("output.classes", { $0.output.classes.removeLast() }),
        ("output.classes", { $0.output.classes[1].name = $0.output.classes[0].name }),
        ("output.classes", { $0.output.classes[0].color = [0, 0] }),
        ("output.classes", { $0.output.classes[0].color = [0, 0, 256] }),
        ("output.threshold", { $0.output.threshold = 0.5 }),
        ("output.threshold", { $0.output.activation = .sigmoid }),
        ("weights.bytes", { $0.weights.bytes = 0 }),
        ("weights.bytes", { $0.weights.bytes = .max }),
        ("weights.parameterCount", { $0.weights.parameterCount = 0 }),
        ("weights.parameterCount", { $0.weights.parameterCount = .max }),
        ("bag", { $0.bag?.ids = nil }),
        ("bag", { $0.bag?.idsFile = "ids.txt" }),
        ("ids of the bag", { $0.bag?.ids?.removeLast() }),
        ("ids of the bag", { $0.bag?.ids?[0] = "other" }),
        ("bag.drawn", { $0.bag?.drawn = 0 }),
        ("bag.fraction", { $0.bag?.fraction = 0 }),
        ("bag.classesNeverSeen", { $0.bag?.classesNeverSeen = ["no class"] }),
        ("training.bestEpoch", { $0.training?.bestEpoch = 21 }),
        ("training.bestEpoch", { $0.training?.bestEpoch = 0 }),
        ("training.epochs", { $0.training?.epochs = 0 }),
        ("training.seconds", { $0.training?.seconds = -1 }),
        ("selfTest.input", { $0.selfTest.input = [1, 2, 64] }),
        ("selfTest.input", { $0.selfTest.input = [1, 2, 1 << 20, 1 << 20] }),
        ("selfTest.input", { $0.selfTest.input = [64, 2, 64, 64] }),
        ("selfTest.input", { $0.selfTest.input = [1, 3, 64, 64] }),
        ("selfTest.output", { $0.selfTest.output = [1, 4, 64, 64] }),
        ("selfTest.samples", { $0.selfTest.samples = [] }),
        ("selfTest.samples", { $0.selfTest.samples[0].position = -1 }),
        ("selfTest.samples", { $0.selfTest.samples[0].position = 3 * 64 * 64 }),
        ("selfTest.tolerance", { $0.selfTest.tolerance = 1 }),
        ("output.presenceThreshold", { $0.output.presenceThreshold = 0.5 }),
        ("output.presenceThreshold", { $0.architecture.configuration.imageHead = .init() }),
        (
            "output.presenceThreshold",
            {
                $0.architecture.configuration.imageHead = .init()
                $0.output.presenceThreshold = 1
            }
        ),
        (
            "selfTest.presence",
            {
                $0.architecture.configuration.imageHead = .init()
                $0.output.presenceThreshold = 0.5
            }
        ),
        ("selfTest.presence", { $0.selfTest.presence = [1, 2, 3] }),
        ("architecture", { $0.architecture.configuration.dual = .init() }),
    ]

    @Test(arguments: contradictions.indices)
    func contradictionsAreRefused(index: Int) throws {
        let (place, edit) = Self.contradictions[index]
        var manifest = try sample()
        edit(&manifest)
        let error = try #require(ZooFixtures.error { try manifest.validate() }, "\(place)")
        #expect(error.kind == .badData)
        #expect(error.description.contains(place), "\(error)")
    }

    /// R14: a few bytes of JSON must not make a network of gigabytes.
    @Test func aHugeNetworkNeedsAHugeFile() throws {
        var manifest = try sample()
        manifest.architecture = MemberManifest.Architecture(
            .unet(bands: 2, classes: 3, baseWidth: 1024, levels: 3))
        manifest.input.multiple = 8
        manifest.input.tile = nil
        let error = ZooFixtures.error { try manifest.validate() }
        #expect(error?.description.contains("weights.parameterCount") == true)
    }

    @Test(arguments: [
        ModelConfiguration.unet(bands: 1, classes: 1, baseWidth: 2, levels: 1),
        .unet(bands: 4, classes: 2, baseWidth: 8, levels: 4, upsampling: .bilinear),
        .unet(bands: 4, classes: 2, baseWidth: 4, levels: 3),
        .encoderUNet(.resnet18, bands: 3, classes: 1, baseWidth: 8),
        .encoderUNet(
            .resnet34, bands: 3, classes: 1, baseWidth: 4, decoderChannels: [64, 32, 16, 8, 4]),
        .encoderUNet(.resnet50, bands: 3, classes: 1, baseWidth: 4),
        .dualUNet(bands: 3, classes: 2),
        .dualUNet(
            bands: 1, classes: 1,
            .init(
                global: .init(width: 4, levels: 1), local: .init(width: 6, levels: 3),
                fusion: .gated), upsampling: .bilinear),
    ])
    func noNetworkHasFewerParametersThanTheBound(configuration: ModelConfiguration) throws {
        let network = try ZooFixtures.network(configuration)
        #expect(Double(network.parameterCount) >= configuration.fewestParameters)
        #expect(Double(network.parameterCount) < 40 * configuration.fewestParameters)
    }
}
