import DurableFiles
import NeuralNetworks
import SegmentationModels
import TensorCore
import Testing

@testable import ModelZoo

@Suite struct NetworkImportTests {
    static let attended: [ModelConfiguration] = {
        var options = BlockOptions()
        options.attention = .concurrent
        options.attentionReduction = 16
        let channels = [32, 32, 16, 16, 16]
        let bases: [ModelConfiguration] = [
            .encoderUNet(.resnet18, bands: 3, classes: 2, baseWidth: 8, decoderChannels: channels),
            .unetPlusPlus(.resnet18, bands: 3, classes: 2, baseWidth: 8, decoderChannels: channels),
        ]
        return bases.map {
            var result = $0
            result.blocks = options
            return result
        }
    }()

    /// The attention of the last block's skip connection, which segmentation_models.pytorch stores
    /// and never uses, is left out; the rest is taken name by name.
    @Test(arguments: attended)
    func attentionIsTakenOver(_ configuration: ModelConfiguration) throws {
        let network = try ModelFactory.make(configuration, seed: 3)
        let isNested = configuration.architecture == .unetPlusPlus
        let last = "decoder/blocks/\(isNested ? "x_0_4" : "4")/attention1/attention"
        let unused: [(String, Shape)] = [
            ("cSE/1/weight", [1, 16, 1, 1]), ("cSE/1/bias", [1]), ("cSE/3/weight", [16, 1, 1, 1]),
            ("cSE/3/bias", [16]), ("sSE/0/weight", [1, 16, 1, 1]), ("sSE/0/bias", [1]),
        ]
        let tensors =
            network.stateEntries().map(NamedTensor.init)
            + unused.map { NamedTensor("\(last)/\($0)", Tensor(zeros: $1)) }
        try ZooFixtures.withFolder { folder in
            let path = "\(folder)/scse.h5"
            try DurableFile.write(WeightsFile.encode(tensors), to: path)
            let found = try NetworkImport(ForeignFile(path))
            #expect(found.kind == (isNested ? .smpUnetPlusPlus : .smpUnet))
            #expect(found.configuration == configuration)
            let image = ZooFixtures.random([1, 3, 32, 32], seed: 4)
            let loaded = try found.load()
            let exact = ZooFixtures.exact()
            let (first, second) = ComputeThread.shared.run {
                (
                    network.predictLogits(image, backend: exact).values,
                    loaded.predictLogits(image, backend: exact).values
                )
            }
            #expect(first == second)
        }
    }

    /// Attention that the network has no place for is not dropped in silence.
    @Test func attentionElsewhereIsRefused() throws {
        let network = try ModelFactory.make(Self.attended[0], seed: 3)
        let tensors =
            network.stateEntries().map(NamedTensor.init) + [
                NamedTensor("encoder/layer1/0/attention1/weight", Tensor(zeros: [4]))
            ]
        try ZooFixtures.withFolder { folder in
            let path = "\(folder)/other.h5"
            try DurableFile.write(WeightsFile.encode(tensors), to: path)
            let error = ZooFixtures.error { _ = try NetworkImport(ForeignFile(path)).load() }
            #expect(error?.kind == .badData)
        }
    }
}
