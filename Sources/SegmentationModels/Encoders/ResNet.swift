import NeuralNetworks
import TensorCore

/// Blocks per stage and kind of block of every ResNet (He et al. 2016).
struct ResNetDescription: Sendable {
    enum Block: Sendable { case basic, bottleneck }

    let block: Block
    let blocksPerStage: [Int]

    static func of(_ encoder: ModelConfiguration.Encoder) -> ResNetDescription {
        switch encoder {
        case .resnet18: ResNetDescription(block: .basic, blocksPerStage: [2, 2, 2, 2])
        case .resnet34: ResNetDescription(block: .basic, blocksPerStage: [3, 4, 6, 3])
        case .resnet50: ResNetDescription(block: .bottleneck, blocksPerStage: [3, 4, 6, 3])
        }
    }

    /// Output channels over inner channels.
    var expansion: Int { block == .basic ? 1 : 4 }

    /// Channels of the five feature maps, at strides 2, 4, 8, 16 and 32.
    func featureChannels(baseWidth: Int) -> [Int] {
        [baseWidth] + (0..<4).map { (baseWidth << $0) * expansion }
    }
}

/// torchvision's ResNet without its classifier: five feature maps, at strides 2 to 32.
struct ResNetEncoder: Module {
    private var conv1: Conv2D
    private var bn1: BatchNorm2D
    private var stages: [ResidualStage]

    init(
        _ description: ResNetDescription, bands: Int, baseWidth: Int,
        from initializer: inout ParameterInitializer
    ) {
        conv1 = Conv2D(
            bands, baseWidth, kernel: 7, stride: 2, bias: false, distribution: .heNormalFanOut,
            from: &initializer)
        bn1 = BatchNorm2D(baseWidth)
        stages = []
        var input = baseWidth
        for (index, count) in description.blocksPerStage.enumerated() {
            let stage = ResidualStage(
                description, input: input, inner: baseWidth << index, blocks: count,
                stride: index == 0 ? 1 : 2, from: &initializer)
            input = (baseWidth << index) * description.expansion
            stages.append(stage)
        }
    }

    /// Feature maps from fine to coarse.
    func features(_ x: Variable, in context: ForwardContext) -> [Variable] {
        var maps = [conv1([x], norm: bn1, relu: true, in: context)]
        var current = context.maxPool(maps[0], PoolingGeometry(window: 3, stride: 2, padding: 1))
        for stage in stages {
            current = stage(current, in: context)
            maps.append(current)
        }
        return maps
    }

    mutating func visitState(_ visitor: inout some StateVisitor) {
        visitor.child("conv1", &conv1)
        visitor.child("bn1", &bn1)
        for index in stages.indices { visitor.child("layer\(index + 1)", &stages[index]) }
    }
}

/// Residual blocks at one resolution; the first may halve it.
struct ResidualStage: Module {
    private var blocks: [ResidualBlock] = []

    init(
        _ description: ResNetDescription, input: Int, inner: Int, blocks count: Int, stride: Int,
        from initializer: inout ParameterInitializer
    ) {
        for index in 0..<count {
            blocks.append(
                ResidualBlock(
                    description.block, input: index == 0 ? input : inner * description.expansion,
                    inner: inner, stride: index == 0 ? stride : 1, from: &initializer))
        }
    }

    func callAsFunction(_ x: Variable, in context: ForwardContext) -> Variable {
        blocks.reduce(x) { $1($0, in: context) }
    }

    mutating func visitState(_ visitor: inout some StateVisitor) { visitor.children(&blocks) }
}
