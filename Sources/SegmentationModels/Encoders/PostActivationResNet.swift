import NeuralNetworks
import TensorCore

/// torchvision's ResNet and its kin: ReLU follows every batch norm and every addition.
struct PostActivationResNet: Module {
    private var conv1: Conv2D
    private var bn1: BatchNorm2D
    private var stages: [ResidualStage]

    init(
        _ description: ResNetDescription, _ graph: EncoderGraph, bands: Int, baseWidth: Int,
        from initializer: inout ParameterInitializer
    ) {
        conv1 = Conv2D(
            bands, baseWidth, kernel: 7, stride: 2, bias: graph.convolutionBias,
            distribution: .heNormalFanOut, zeroBias: true, from: &initializer)
        bn1 = BatchNorm2D(baseWidth, epsilon: Float(graph.epsilon))
        stages = []
        var input = baseWidth
        for (index, count) in description.blocksPerStage.enumerated() {
            let stage = ResidualStage(
                description, graph, input: input, inner: baseWidth << index, blocks: count,
                stride: index == 0 ? 1 : 2, from: &initializer)
            input = (baseWidth << index) * description.expansion
            stages.append(stage)
        }
    }

    /// Feature maps from fine to coarse: after the stem's ReLU, then after every stage.
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
        _ description: ResNetDescription, _ graph: EncoderGraph, input: Int, inner: Int,
        blocks count: Int, stride: Int, from initializer: inout ParameterInitializer
    ) {
        for index in 0..<count {
            blocks.append(
                ResidualBlock(
                    description, graph, input: index == 0 ? input : inner * description.expansion,
                    inner: inner, stride: index == 0 ? stride : 1, from: &initializer))
        }
    }

    func callAsFunction(_ x: Variable, in context: ForwardContext) -> Variable {
        blocks.reduce(x) { $1($0, in: context) }
    }

    mutating func visitState(_ visitor: inout some StateVisitor) { visitor.children(&blocks) }
}
