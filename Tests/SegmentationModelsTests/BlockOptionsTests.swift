import Foundation
import NeuralNetworks
import TensorCore
import TestSupport
import Testing

@testable import SegmentationModels

/// Every optional part of a block, in every architecture.
@Suite struct BlockOptionsTests {
    private func plain(_ configuration: ModelConfiguration) -> ModelConfiguration {
        var result = configuration
        result.blocks = nil
        return result
    }

    private func options(_ change: (inout BlockOptions) -> Void) -> BlockOptions {
        var result = BlockOptions()
        change(&result)
        return result
    }

    @Test func thereIsOneForEveryKey() {
        // Five networks, four norms, two attentions, two starts, dropout; dilation for three.
        #expect(Networks.optional.count == 5 * 9 + 3)
    }

    @Test(arguments: Networks.optional)
    func storedAndReadBack(_ configuration: ModelConfiguration) throws {
        let data = try JSONEncoder().encode(configuration)
        #expect(try JSONDecoder().decode(ModelConfiguration.self, from: data) == configuration)
        // What no option asks for is not stored, so that older manifests stay as they are.
        let text = String(decoding: try JSONEncoder().encode(plain(configuration)), as: UTF8.self)
        #expect(!text.contains("blocks"))
    }

    /// The back ends share no convolution, no batch norm, and one of them no layout.
    @Test(arguments: Networks.optional)
    func backEndsAgree(_ configuration: ModelConfiguration) throws {
        let network = try Networks.make(configuration)
        let (image, target) = Networks.batch(configuration)
        let (first, second, logits) = ComputeThread.shared.run {
            let steps = Backends.all.map {
                Step(network, image, target, Networks.loss(configuration), backend: $0)
            }
            return (
                steps[0], steps[1],
                Backends.all.map { network.predictLogits(image, backend: $0) }
            )
        }
        #expect(Comparison.error(logits[0], logits[1]) < 1e-4)
        let losses = [try #require(first.loss), try #require(second.loss)]
        #expect(abs(losses[0] - losses[1]) < 1e-4 * losses[0])
        #expect(Set(first.gradients.keys) == Set(second.gradients.keys))
        // Every parameter takes part.
        let parameters = network.stateEntries().filter(\.isParameter)
        #expect(Set(first.gradients.keys) == Set(parameters.map(\.id)))
        func all(_ step: Step) -> [Double] {
            parameters.flatMap { step.gradients[$0.id]?.values.map(Double.init) ?? [] }
        }
        #expect(Comparison.error(all(first), all(second)) < 1e-2)
    }

    /// A few steps on one batch lower its loss, and the same steps give the same bits.
    @Test(arguments: Networks.optional)
    func stepsLearnAndRepeat(_ configuration: ModelConfiguration) throws {
        let start = try Networks.make(configuration)
        let (image, target) = Networks.batch(configuration)
        func train() -> (losses: [Double], state: [[Float]]) {
            ComputeThread.shared.run {
                var network = start
                var optimizer = Optimizer(.adam)
                var losses: [Double] = []
                for _ in 0..<5 {
                    let step = Step(
                        network, image, target, Networks.loss(configuration),
                        backend: Backends.oneDNN)
                    losses.append(step.loss ?? .nan)
                    optimizer.step(&network, gradients: step.gradients, rate: 3e-3)
                    network.replaceState { step.buffers[$0.id] }
                }
                return (losses, network.stateEntries().map(\.tensor.values))
            }
        }
        let (first, second) = (train(), train())
        #expect(first.losses[4] < first.losses[0], "\(first.losses)")
        #expect(first.losses == second.losses)
        #expect(first.state == second.state)
    }

    /// No option is parsed and forgotten: each changes what a training pass computes.
    @Test(arguments: Networks.optional)
    func everyOptionChangesTheLogits(_ configuration: ModelConfiguration) throws {
        let (image, _) = Networks.batch(configuration)
        func logits(_ configuration: ModelConfiguration) throws -> [Float] {
            let network = try Networks.make(configuration)
            return ComputeThread.shared.run {
                network.logits(Variable(image), in: .training(Backends.oneDNN)).tensor.values
            }
        }
        let with = try logits(configuration)
        #expect(with.allSatisfy { $0.isFinite })
        #expect(with != (try logits(plain(configuration))))
    }

    /// A NaN in any learned tensor reaches the loss.
    @Test(
        arguments: Networks.optional.filter {
            $0.blocks?.dropout == nil && $0.architecture != .unetPlusPlus
                && (!$0.architecture.hasEncoder || $0.blocks?.attention != nil)
        })
    func noNumberReachesTheLoss(_ configuration: ModelConfiguration) throws {
        let network = try Networks.make(configuration)
        // On the smallest maps a dilated kernel's outer taps meet no pixel.
        let (image, target) = Networks.batch(
            configuration, multiple: configuration.blocks?.dilation == nil ? 2 : 4)
        let loss = Networks.loss(configuration)
        let missed = ComputeThread.shared.run {
            network.stateEntries().filter {
                $0.isParameter && !$0.name.hasPrefix("encoder")
            }.filter { leaf in
                let step = Step(
                    breaking(network, leaf.id), image, target, loss, backend: Backends.oneDNN)
                return step.loss?.isFinite ?? true
            }.map(\.name)
        }
        #expect(missed.isEmpty, "\(missed)")
    }

    private func breaking(
        _ network: some SegmentationNetwork, _ id: LeafID
    ) -> any SegmentationNetwork {
        var result = network
        result.replaceState { entry in
            guard entry.id == id else { return nil }
            var tensor = entry.tensor
            tensor.withUnsafeMutableElements { $0[$0.count / 2] = .nan }
            return tensor
        }
        return result
    }

    /// Dropout is a pure function of seed and step, and nothing in prediction.
    @Test(arguments: Networks.optional.filter { $0.blocks?.dropout != nil })
    func dropoutFollowsSeedAndStep(_ configuration: ModelConfiguration) throws {
        let network = try Networks.make(configuration)
        let without = try Networks.make(plain(configuration))
        let (image, _) = Networks.batch(configuration)
        ComputeThread.shared.run {
            func logits(_ seed: UInt64, _ step: Int) -> [Float] {
                let context = ForwardContext.training(
                    Backends.oneDNN, dropoutSeed: seed, dropoutStep: step)
                return network.logits(Variable(image), in: context).tensor.values
            }
            let first = logits(1, 0)
            #expect(logits(1, 0) == first)
            #expect(logits(2, 0) != first)
            #expect(logits(1, 1) != first)
            #expect(
                network.predictLogits(image, backend: Backends.oneDNN).values
                    == without.predictLogits(image, backend: Backends.oneDNN).values)
        }
    }

    /// The kernel of a group norm's network in prediction is the trained one: only batch norm is part
    /// of a convolution.
    @Test(arguments: Networks.optional.filter { $0.blocks?.normalisation != nil })
    func predictionIsTrainingWhereNoBatchIsSeen(_ configuration: ModelConfiguration) throws {
        guard !configuration.architecture.hasEncoder,
            configuration.blocks?.normalisation != .adaptive
        else { return }
        let network = try Networks.make(configuration)
        let (image, _) = Networks.batch(configuration)
        for backend in Backends.all {
            ComputeThread.shared.run {
                let training = network.logits(Variable(image), in: .training(backend)).tensor
                #expect(training.values == network.predictLogits(image, backend: backend).values)
            }
        }
    }

    /// Starting weights follow the distribution asked for, biases start at 0.
    @Test func initialisationIsOfEveryKernel() throws {
        for (base, initialisation) in zip(
            Networks.optional.filter { $0.blocks?.initialisation == .he },
            Networks.optional.filter { $0.blocks?.initialisation == .xavier })
        {
            for configuration in [base, initialisation] {
                for entry in try Networks.make(configuration).stateEntries() {
                    let shape = entry.tensor.shape
                    if shape.rank == 1, entry.name.hasSuffix("bias") {
                        #expect(entry.tensor.values.allSatisfy { $0 == 0 }, "\(entry.name)")
                    }
                    guard shape.rank == 4, shape.count > 2000 else { continue }
                    let area = shape[2] * shape[3]
                    let (fanIn, fanOut) = (Double(shape[1] * area), Double(shape[0] * area))
                    let expected =
                        configuration.blocks?.initialisation == .he
                        ? 2 / fanIn : 2 / (fanIn + fanOut)
                    let variance =
                        entry.tensor.values.reduce(0) { $0 + Double($1) * Double($1) }
                        / Double(shape.count)
                    #expect(abs(variance / expected - 1) < 0.15, "\(entry.name)")
                }
            }
        }
    }

    @Test func whatDoesNotApplyIsRefused() {
        let unet = ModelConfiguration.unet(bands: 1, classes: 1, baseWidth: 12, levels: 2)
        let encoder = ModelConfiguration.encoderUNet(
            .resnet18, bands: 1, classes: 1, decoderChannels: [32, 16, 8, 8, 8])
        let nested = ModelConfiguration.unetPlusPlus(
            .resnet18, bands: 1, classes: 1, baseWidth: 12, decoderChannels: [32, 16, 8, 8, 8])
        let refused: [(ModelConfiguration, BlockOptions, String)] = [
            (unet, options { $0.attention = .concurrent }, "reduction"),
            (unet, options { $0.attentionReduction = 4 }, "reduction"),
            (
                unet,
                options {
                    $0.attention = .squeezeExcitation
                    $0.attentionReduction = 0
                }, "reduction"
            ),
            (unet, options { $0.dilation = 0 }, "dilation"),
            (unet, options { $0.dilation = 65 }, "dilation"),
            (encoder, options { $0.dilation = 2 }, "dilation"),
            (unet, options { $0.normalisation = .group }, "groups"),
            (unet, options { $0.groups = 4 }, "groups"),
            (unet, grouped(8), "12"), (unet, grouped(0), "groups"), (encoder, grouped(16), "8"),
            (nested, grouped(8), "12"),
            (unet, options { $0.dropout = 1 }, "dropout"),
            (unet, options { $0.dropout = -0.1 }, "dropout"),
            (unet, options { $0.dropout = .nan }, "dropout"),
        ]
        for (configuration, blocks, word) in refused {
            var broken = configuration
            broken.blocks = blocks
            let error = #expect(throws: ModelConfigurationError.self, "\(blocks)") {
                try broken.validate()
            }
            #expect(error?.description.contains(word) == true, "\(String(describing: error))")
        }
    }

    private func grouped(_ groups: Int) -> BlockOptions {
        options {
            $0.normalisation = .group
            $0.groups = groups
        }
    }

    /// What a norm needs at the bottom of a network hangs on the norm.
    @Test func aNormOfOneValueIsRefused() throws {
        func fits(_ blocks: BlockOptions?, batch: Int, _ height: Int, _ width: Int) -> Bool {
            var configuration = ModelConfiguration.unet(
                bands: 1, classes: 1, baseWidth: 4, levels: 2)
            configuration.blocks = blocks
            return
                (try? configuration.validateTraining(batch: batch, height: height, width: width))
                != nil
        }
        #expect(!fits(nil, batch: 1, 4, 4) && fits(nil, batch: 2, 4, 4))
        let adaptive = options { $0.normalisation = .adaptive }
        #expect(!fits(adaptive, batch: 1, 4, 4) && fits(adaptive, batch: 2, 4, 4))
        let instance = options { $0.normalisation = .instance }
        #expect(!fits(instance, batch: 8, 4, 4) && fits(instance, batch: 1, 4, 8))
        func refusal(_ blocks: BlockOptions?) -> String {
            var configuration = ModelConfiguration.unet(
                bands: 1, classes: 1, baseWidth: 4, levels: 2)
            configuration.blocks = blocks
            #expect(configuration.normCountsBatch == (blocks?.normalisation != .instance))
            do {
                try configuration.validateTraining(batch: 1, height: 4, width: 4)
                return "none"
            } catch { return "\(error)" }
        }
        // The true cause and the true remedy, also where the batch is one image.
        #expect(refusal(nil).contains("per channel at"))
        #expect(refusal(nil).contains("a larger batch or image,"))
        #expect(refusal(instance).contains("per image and channel at"))
        #expect(refusal(instance).contains("a larger image,"))
        #expect(fits(grouped(4), batch: 1, 4, 4))
        #expect(fits(options { $0.normalisation = .some(.none) }, batch: 1, 4, 4))
        // An encoder has batch norms whatever its decoder has.
        var encoder = ModelConfiguration.encoderUNet(.resnet18, bands: 1, classes: 1)
        encoder.blocks = options { $0.normalisation = .some(.none) }
        #expect(throws: ModelConfigurationError.self) {
            try encoder.validateTraining(batch: 1, height: 32, width: 32)
        }
    }
}
