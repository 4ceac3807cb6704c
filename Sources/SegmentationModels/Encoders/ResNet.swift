import NeuralNetworks
import TensorCore

/// Blocks per stage and kind of block of every ResNet (He et al. 2016).
public struct ResNetDescription: Hashable, Sendable {
    public enum Block: Hashable, Sendable { case basic, bottleneck }

    public let block: Block
    public let blocksPerStage: [Int]

    public static func of(_ encoder: ModelConfiguration.Encoder) -> ResNetDescription {
        switch encoder {
        case .resnet18: ResNetDescription(block: .basic, blocksPerStage: [2, 2, 2, 2])
        case .resnet34: ResNetDescription(block: .basic, blocksPerStage: [3, 4, 6, 3])
        case .resnet50: ResNetDescription(block: .bottleneck, blocksPerStage: [3, 4, 6, 3])
        case .resnet101: ResNetDescription(block: .bottleneck, blocksPerStage: [3, 4, 23, 3])
        case .resnet152: ResNetDescription(block: .bottleneck, blocksPerStage: [3, 8, 36, 3])
        }
    }

    /// Output channels over inner channels.
    public var expansion: Int { block == .basic ? 1 : 4 }

    /// Convolutions of one block, its shortcut not counted.
    public var convolutionsPerBlock: Int { block == .basic ? 2 : 3 }

    /// Channels of the five feature maps, at strides 2, 4, 8, 16 and 32.
    public func featureChannels(baseWidth: Int) -> [Int] {
        [baseWidth] + (0..<4).map { (baseWidth << $0) * expansion }
    }

    /// Input, output, kernel and stride of every convolution of one block.
    func convolutions(
        input: Int, inner: Int, stride: Int, _ graph: EncoderGraph
    ) -> [(input: Int, output: Int, kernel: Int, stride: Int)] {
        switch block {
        case .basic: return [(input, inner, 3, stride), (inner, inner, 3, 1)]
        case .bottleneck:
            let isFirst = graph.strideInFirstConvolution
            return [
                (input, inner, 1, isFirst ? stride : 1), (inner, inner, 3, isFirst ? 1 : stride),
                (inner, inner * expansion, 1, 1),
            ]
        }
    }
}

/// A ResNet without its classifier: five feature maps, at strides 2 to 32.
enum ResNetEncoder: Module {
    case postActivation(PostActivationResNet)
    case preActivation(PreActivationResNet)

    init(
        _ description: ResNetDescription, _ graph: EncoderGraph, bands: Int, baseWidth: Int,
        from initializer: inout ParameterInitializer
    ) {
        switch graph.family {
        case .postActivation:
            self = .postActivation(
                PostActivationResNet(
                    description, graph, bands: bands, baseWidth: baseWidth, from: &initializer))
        case .preActivation:
            self = .preActivation(
                PreActivationResNet(
                    description, graph, bands: bands, baseWidth: baseWidth, from: &initializer))
        }
    }

    /// Feature maps from fine to coarse.
    func features(_ x: Variable, in context: ForwardContext) -> [Variable] {
        switch self {
        case .postActivation(let network): network.features(x, in: context)
        case .preActivation(let network): network.features(x, in: context)
        }
    }

    mutating func visitState(_ visitor: inout some StateVisitor) {
        switch self {
        case .postActivation(var network):
            network.visitState(&visitor)
            self = .postActivation(network)
        case .preActivation(var network):
            network.visitState(&visitor)
            self = .preActivation(network)
        }
    }
}
