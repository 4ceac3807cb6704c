import NeuralNetworks
import SegmentationModels
import TensorCore
import TestSupport

/// The back ends that networks run on.
enum Backends {
    static let oneDNN = OneDNNBackend(.exact)
    static let openBLAS = OpenBLASBackend()
    static let all: [any ComputeBackend] = [oneDNN, openBLAS]
}

/// Narrow networks of every architecture.
enum Networks {
    static let narrow: [ModelConfiguration] = [
        .unet(bands: 3, classes: 2, baseWidth: 4, levels: 3),
        .unet(bands: 2, classes: 1, baseWidth: 6, levels: 2, upsampling: .bilinear),
        .encoderUNet(
            .resnet18, bands: 3, classes: 2, baseWidth: 4, decoderChannels: [16, 12, 8, 6, 5]),
        withImageHead(
            .encoderUNet(
                .resnet34, bands: 1, classes: 1, baseWidth: 4, decoderChannels: [16, 16, 8, 8, 4]),
            .max),
        .encoderUNet(
            .resnet50, bands: 4, classes: 3, baseWidth: 4, decoderChannels: [32, 16, 8, 8, 8]),
        .unetPlusPlus(
            .resnet18, bands: 2, classes: 2, baseWidth: 4, decoderChannels: [12, 8, 8, 6, 4]),
        withGraph(.classificationModels, .resnet18), withGraph(.classificationModels, .resnet50),
        withGraph(.keras, .resnet50),
        .dualUNet(bands: 3, classes: 2, dual(4, 3, 6, 1, .concatenate)),
        .dualUNet(bands: 2, classes: 1, dual(4, 2, 4, 3, .add), upsampling: .bilinear),
        .dualUNet(bands: 1, classes: 3, dual(6, 2, 4, 1, .continueAdd)),
        .dualUNet(bands: 3, classes: 2, dual(6, 3, 4, 2, .gated)),
        withImageHead(
            .unet(bands: 2, classes: 3, baseWidth: 4, levels: 2, upsampling: .bilinear), .average),
        withImageHead(.dualUNet(bands: 3, classes: 1, dual(4, 2, 4, 1, .add)), .average),
    ]

    /// Every architecture with every optional part of its blocks.
    static let optional: [ModelConfiguration] = {
        let bases: [ModelConfiguration] = [
            .unet(bands: 2, classes: 2, baseWidth: 8, levels: 2),
            .unet(bands: 1, classes: 1, baseWidth: 8, levels: 2, upsampling: .bilinear),
            .encoderUNet(
                .resnet18, bands: 3, classes: 2, baseWidth: 4, decoderChannels: [16, 8, 8, 8, 4]),
            .unetPlusPlus(
                .resnet18, bands: 1, classes: 1, baseWidth: 4, decoderChannels: [8, 8, 8, 8, 4]),
            .dualUNet(bands: 2, classes: 2, dual(8, 2, 4, 1, .gated)),
        ]
        return bases.flatMap { base in
            options(dilation: !base.architecture.hasEncoder).map { options in
                var result = base
                result.blocks = options
                return result
            }
        }
    }()

    /// One option at a time.
    private static func options(dilation: Bool) -> [BlockOptions] {
        func with(_ change: (inout BlockOptions) -> Void) -> BlockOptions {
            var result = BlockOptions()
            change(&result)
            return result
        }
        let norms = BlockOptions.Normalisation.allCases.map { norm in
            with {
                $0.normalisation = norm
                $0.groups = norm == .group ? 2 : nil
            }
        }
        let attentions = BlockOptions.Attention.allCases.map { attention in
            with {
                $0.attention = attention
                $0.attentionReduction = 2
            }
        }
        return norms + attentions
            + BlockOptions.Initialisation.allCases.map { start in with { $0.initialisation = start }
            }
            + [with { $0.dropout = 0.2 }] + (dilation ? [with { $0.dilation = 2 }] : [])
    }

    static func dual(
        _ width: Int, _ levels: Int, _ localWidth: Int, _ localLevels: Int,
        _ fusion: ModelConfiguration.Dual.Fusion
    ) -> ModelConfiguration.Dual {
        .init(
            global: .init(width: width, levels: levels),
            local: .init(width: localWidth, levels: localLevels), fusion: fusion)
    }

    static func withImageHead(
        _ configuration: ModelConfiguration, _ pooling: ModelConfiguration.ImageHead.Pooling
    ) -> ModelConfiguration {
        var result = configuration
        result.imageHead = .init(pooling: pooling, dropout: 0.1)
        return result
    }

    /// An encoder that somebody else published.
    private static func withGraph(
        _ graph: EncoderGraph, _ encoder: ModelConfiguration.Encoder
    ) -> ModelConfiguration {
        var result = ModelConfiguration.encoderUNet(
            encoder, bands: 3, classes: 1, baseWidth: 4, decoderChannels: [16, 8, 8, 8, 4])
        result.encoderGraph = graph
        result.decoderEpsilon = 1e-3
        return result
    }

    static func make(
        _ configuration: ModelConfiguration, seed: UInt64 = 1, member: Int = 0
    ) throws -> any SegmentationNetwork {
        try ModelFactory.make(configuration, seed: seed, member: member)
    }

    /// Weights that scripts/golden/parity.py makes alike: a hash of each tensor's name.
    static func fill(_ network: inout some SegmentationNetwork) {
        network.replaceState { entry in
            let name = entry.path.joined(separator: ".")
            let shape = entry.tensor.shape
            var values = ClosedForm.uniform(name, count: shape.count)
            if shape.rank == 4 {
                let scale = (6 / Double(shape.count / shape[0])).squareRoot()
                values = values.map { $0 * scale }
            } else if name.hasSuffix("running_var") {
                values = values.map { 1 + 0.3 * $0 }
            } else if ["a", "b"].contains(entry.path.last) {
                // Of an adaptive norm: neither of them close to nothing.
                values = values.map { 0.6 + 0.2 * $0 }
            } else if name.hasSuffix("weight") {
                values = values.map { 1 + 0.2 * $0 }
            } else if name.hasSuffix("bias") {
                // Most values lie clear of ReLU's kink, where rounding would decide over a gradient.
                values = values.map { 1 + 0.1 * $0 }
            } else {
                values = values.map { 0.1 * $0 }
            }
            return Tensor(values.map { Float($0) }, shape: shape)
        }
    }

    /// A random image and classes for a configuration.
    static func batch(
        _ configuration: ModelConfiguration, batch: Int = 2, multiple: Int = 2, seed: Int = 1
    ) -> (image: Tensor, target: TargetBatch) {
        let side = configuration.inputMultiple * multiple
        let image = ReferenceTensor.random(
            [batch, configuration.bands, side, side], seed: seed
        ).tensor()
        var stream = RandomStream(seed: 4, purpose: .test, sample: seed)
        let kind: TargetBatch.Kind = configuration.classes == 1 ? .sigmoid : .softmax
        let labels = (0..<batch * side * side).map { _ in
            UInt8(stream.index(below: max(configuration.classes, 2)))
        }
        let target = TargetBatch(
            kind: kind, batch: batch, classes: configuration.classes, height: side, width: side,
            labels: labels)
        return (image, target)
    }

    static func loss(_ configuration: ModelConfiguration) -> Loss {
        configuration.classes == 1
            ? Loss([.init(.binaryCrossEntropy), .init(.dice(smooth: 1))])
            : Loss([.init(.crossEntropy), .init(.dice(smooth: 1))])
    }
}

/// One step's loss, gradients and new running statistics.
struct Step {
    var loss: Double?
    var gradients: [LeafID: Tensor]
    var buffers: [LeafID: Tensor]

    init(
        _ network: any SegmentationNetwork, _ image: Tensor, _ target: TargetBatch, _ loss: Loss,
        backend: any ComputeBackend
    ) {
        let context = ForwardContext.training(backend)
        let output = network.output(Variable(image), in: context)
        let (value, gradient) = loss.valueAndGradient(logits: output.logits.tensor, target: target)
        self.loss = value
        var seeds = [(output: output.logits, seed: gradient)]
        if let presence = output.presence, let value {
            let head = Loss([.init(.binaryCrossEntropy)]).valueAndGradient(
                logits: presence.tensor, target: target.presence)
            self.loss = value + (head.value ?? 0)
            seeds.append((presence, head.gradient))
        }
        gradients = context.tape?.gradients(of: seeds, backend: backend) ?? [:]
        buffers = context.bufferUpdates
    }
}
