import Foundation
import NeuralNetworks
import SegmentationModels
import TensorCore
import TestSupport
import Testing

@Suite struct ModelConfigurationTests {
    @Test(arguments: [
        "unet:64:4", "unet:32:5", "unet:16:3:bilinear", "unet-resnet18", "unet-resnet34",
        "unet-resnet50", "dual-unet:32:4:32:2:concatenate", "dual-unet:8:1:6:3:add",
        "dual-unet:8:3:8:2:continue-add", "dual-unet:8:3:4:2:gated:bilinear",
    ])
    func namesComeBack(_ name: String) throws {
        let configuration = try ModelConfiguration(name: name, bands: 4, classes: 2)
        #expect(configuration.name == name)
        #expect(configuration.bands == 4 && configuration.classes == 2)
        let data = try JSONEncoder().encode(configuration)
        let stored = try JSONDecoder().decode(ModelConfiguration.self, from: data)
        #expect(stored == configuration)
    }

    @Test func aDualUNetsNameMayBeShort() throws {
        let (bands, classes) = (1, 5)
        let dual = try ["", ":16:3", ":16:3:8:1"].map {
            try ModelConfiguration(name: "dual-unet" + $0, bands: bands, classes: classes)
        }
        #expect(
            dual.map(\.name) == [
                "dual-unet:32:4:32:2:concatenate", "dual-unet:16:3:32:2:concatenate",
                "dual-unet:16:3:8:1:concatenate",
            ])
        #expect(dual.map(\.inputMultiple) == [16, 8, 8])
    }

    @Test func shortNamesAreMilesials() throws {
        let configuration = try ModelConfiguration(name: "unet", bands: 3, classes: 1)
        #expect(configuration == .unet(bands: 3, classes: 1, baseWidth: 64, levels: 4))
    }

    @Test(arguments: [
        "", ":", "unet:", "unet:x", "unet:-4", "unet:0", "unet:32:0", "unet:32:9",
        "unet:32:4:nearest", "unet:32:4:bilinear:", "unet:33:4:bilinear", "unet:2000",
        "unet-", "unet-resnet", "unet-resnet19", "UNET:32", "unet:32 ", "resnet18",
        "unet:99999999999999999999", "unet-resnet18:32",
        "dual-unet:", "dual-unet:32", "dual-unet:32:4:32", "dual-unet:32:9:32:2:add",
        "dual-unet:32:4:0:2:add", "dual-unet:32:4:32:2:mean", "dual-unet:32:4:32:2:add:",
        "dual-unet:32:4:32:2:add:bilinear:", "dual-unet:33:4:32:2:add:bilinear", "dual-unetx",
        "dual-unet:x:4", "dual-unet:32:4:32:x",
    ])
    func otherNamesAreRefused(_ name: String) {
        let error = #expect(throws: ModelConfigurationError.self) {
            try ModelConfiguration(name: name, bands: 3, classes: 1)
        }
        #expect(error?.description.contains("\n") == false)
        #expect(error?.description.isEmpty == false)
    }

    /// A stored configuration may hold anything.
    @Test func impossibleConfigurationsAreRefused() {
        var broken: [ModelConfiguration] = [
            .unet(bands: 0, classes: 1), .unet(bands: -1, classes: 1),
            .unet(bands: 3, classes: 0), .unet(bands: 3, classes: 255),
            .unet(bands: 3, classes: 1, baseWidth: 0), .unet(bands: 3, classes: 1, levels: 0),
            .unet(bands: 3, classes: 1, levels: 40),
            .unet(bands: 3, classes: 1, baseWidth: 1024, levels: 8),
            .encoderUNet(.resnet18, bands: 3, classes: 1, decoderChannels: []),
            .encoderUNet(.resnet18, bands: 3, classes: 1, decoderChannels: [1, 2, 3, 4]),
            .encoderUNet(.resnet18, bands: 3, classes: 1, decoderChannels: [8, 8, 8, 8, 0]),
            .encoderUNet(.resnet50, bands: 4096, classes: 254, baseWidth: 1024),
        ]
        var noEncoder = ModelConfiguration.encoderUNet(.resnet18, bands: 3, classes: 1)
        noEncoder.encoder = nil
        broken.append(noEncoder)
        var noParts = ModelConfiguration.dualUNet(bands: 3, classes: 1)
        noParts.dual = nil
        var otherDepth = ModelConfiguration.dualUNet(bands: 3, classes: 1)
        otherDepth.levels = 2
        var otherWidth = ModelConfiguration.dualUNet(bands: 3, classes: 1)
        otherWidth.baseWidth = 16
        var notDual = ModelConfiguration.unet(bands: 3, classes: 1)
        notDual.dual = .init()
        broken += [noParts, otherDepth, otherWidth, notDual]
        for dropout in [-0.1, 1, .nan] {
            var headed = ModelConfiguration.unet(bands: 3, classes: 1)
            headed.imageHead = .init(dropout: dropout)
            broken.append(headed)
        }
        for configuration in broken {
            #expect(throws: ModelConfigurationError.self, "\(configuration)") {
                try configuration.validate()
            }
        }
    }

    @Test func aSingleValuePerChannelIsRefused() throws {
        let unet = ModelConfiguration.unet(bands: 3, classes: 1, baseWidth: 4, levels: 3)
        #expect(throws: ModelConfigurationError.self) {
            try unet.validateTraining(batch: 1, height: 8, width: 8)
        }
        try unet.validateTraining(batch: 2, height: 8, width: 8)
        try unet.validateTraining(batch: 1, height: 8, width: 16)
    }

    /// Logits have the image's extents for every size that is a multiple of the stride.
    @Test(arguments: Networks.narrow)
    func logitsCoverTheImage(_ configuration: ModelConfiguration) throws {
        let network = try ModelFactory.make(configuration, seed: 1)
        let stride = configuration.inputMultiple
        for (rows, columns) in [(1, 1), (1, 3), (2, 1)] {
            let image = ReferenceTensor.random(
                [1, configuration.bands, rows * stride, columns * stride], seed: 1)
            let logits = ComputeThread.shared.run {
                network.predictLogits(image.tensor(), backend: Backends.oneDNN)
            }
            #expect(logits.layout == .plain)
            #expect(
                logits.shape == [1, configuration.classes, rows * stride, columns * stride])
            #expect(logits.values.allSatisfy { $0.isFinite })
        }
    }

    /// Images of a batch do not see each other at inference, and batch norm does not change.
    @Test(arguments: Networks.narrow)
    func inferenceIsPerImage(_ configuration: ModelConfiguration) throws {
        let network = try ModelFactory.make(configuration, seed: 1)
        let (image, _) = Networks.batch(configuration, batch: 3, multiple: 1)
        let each = image.count / 3
        for backend in Backends.all {
            let (together, apart) = ComputeThread.shared.run {
                let together = network.predictLogits(image, backend: backend).values
                let apart = (0..<3).flatMap { index in
                    let shape = Shape([1] + image.shape.dimensions.dropFirst())
                    let one = Tensor(
                        Array(image.values[index * each..<(index + 1) * each]), shape: shape)
                    return network.predictLogits(one, backend: backend).values
                }
                return (together, apart)
            }
            let error = Comparison.error(together.map(Double.init), apart.map(Double.init))
            #expect(error < 1e-5, "\(backend.name)")
        }
    }
}
