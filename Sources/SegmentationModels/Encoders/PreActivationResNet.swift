import NeuralNetworks
import TensorCore

/// qubvel's classification_models ResNet (from MXNet): the input goes through a batch norm without
/// scale, batch norm and ReLU come before the convolutions, nothing follows the addition.
struct PreActivationResNet: Module {
    private var dataNorm: BatchNorm2D
    private var conv1: Conv2D
    private var bn1: BatchNorm2D
    private var stages: [PreActivationStage] = []
    private var lastNorm: BatchNorm2D

    init(
        _ description: ResNetDescription, _ graph: EncoderGraph, bands: Int, baseWidth: Int,
        from initializer: inout ParameterInitializer
    ) {
        let epsilon = Float(graph.epsilon)
        dataNorm = BatchNorm2D(bands, epsilon: epsilon, hasScale: false)
        conv1 = Conv2D(
            bands, baseWidth, kernel: 7, stride: 2, bias: graph.convolutionBias,
            distribution: .heNormalFanOut, zeroBias: true, from: &initializer)
        bn1 = BatchNorm2D(baseWidth, epsilon: epsilon)
        var input = baseWidth
        for (index, count) in description.blocksPerStage.enumerated() {
            stages.append(
                PreActivationStage(
                    description, graph, input: input, inner: baseWidth << index, blocks: count,
                    stride: index == 0 ? 1 : 2, from: &initializer))
            input = (baseWidth << index) * description.expansion
        }
        lastNorm = BatchNorm2D(input, epsilon: epsilon)
    }

    /// Feature maps from fine to coarse: after the stem's ReLU, after the first ReLU inside stages 2
    /// to 4 (what segmentation_models takes for its skip connections), and after the last ReLU.
    func features(_ x: Variable, in context: ForwardContext) -> [Variable] {
        let normalized = dataNorm(x, in: context)
        var maps = [conv1([normalized], norm: bn1, relu: true, in: context)]
        var current = context.maxPool(maps[0], PoolingGeometry(window: 3, stride: 2, padding: 1))
        for (index, stage) in stages.enumerated() {
            let (output, activated) = stage(current, in: context)
            if index > 0 { maps.append(activated) }
            current = output
        }
        return maps + [lastNorm(current, relu: true, in: context)]
    }

    mutating func visitState(_ visitor: inout some StateVisitor) {
        visitor.child("bn_data", &dataNorm)
        visitor.child("conv1", &conv1)
        visitor.child("bn1", &bn1)
        for index in stages.indices { visitor.child("layer\(index + 1)", &stages[index]) }
        visitor.child("bn_last", &lastNorm)
    }
}

/// Blocks at one resolution; the first may halve it.
struct PreActivationStage: Module {
    private var blocks: [PreActivationBlock] = []

    init(
        _ description: ResNetDescription, _ graph: EncoderGraph, input: Int, inner: Int,
        blocks count: Int, stride: Int, from initializer: inout ParameterInitializer
    ) {
        for index in 0..<count {
            blocks.append(
                PreActivationBlock(
                    description, graph, input: index == 0 ? input : inner * description.expansion,
                    inner: inner, stride: index == 0 ? stride : 1, isFirst: index == 0,
                    from: &initializer))
        }
    }

    /// - Returns: the stage's output, and its input after the first block's norm and ReLU.
    func callAsFunction(
        _ x: Variable, in context: ForwardContext
    ) -> (output: Variable, activated: Variable) {
        let activated = blocks[0].activated(x, in: context)
        let first = blocks[0](x, activated: activated, in: context)
        let output = blocks.dropFirst().reduce(first) { current, block in
            block(current, activated: block.activated(current, in: context), in: context)
        }
        return (output, activated)
    }

    mutating func visitState(_ visitor: inout some StateVisitor) { visitor.children(&blocks) }
}

/// Norm and ReLU before every convolution; the first block of a stage has a 1x1 shortcut that starts
/// from its first ReLU, the others add their raw input.
struct PreActivationBlock: Module {
    private var norms: [BatchNorm2D] = []
    private var convolutions: [Conv2D] = []
    private var shortcut: Conv2D?

    init(
        _ description: ResNetDescription, _ graph: EncoderGraph, input: Int, inner: Int,
        stride: Int, isFirst: Bool, from initializer: inout ParameterInitializer
    ) {
        let plan = description.convolutions(input: input, inner: inner, stride: stride, graph)
        for step in plan {
            norms.append(BatchNorm2D(step.input, epsilon: Float(graph.epsilon)))
            convolutions.append(
                Conv2D(
                    step.input, step.output, kernel: step.kernel, stride: step.stride,
                    bias: graph.convolutionBias, distribution: .heNormalFanOut, zeroBias: true,
                    from: &initializer))
        }
        if isFirst {
            shortcut = Conv2D(
                input, plan[plan.count - 1].output, kernel: 1, stride: stride,
                bias: graph.convolutionBias, distribution: .heNormalFanOut, zeroBias: true,
                from: &initializer)
        }
    }

    func activated(_ x: Variable, in context: ForwardContext) -> Variable {
        norms[0](x, relu: true, in: context)
    }

    func callAsFunction(
        _ x: Variable, activated: Variable, in context: ForwardContext
    ) -> Variable {
        let residual = shortcut.map { $0(activated, in: context) } ?? x
        var current = activated
        for index in convolutions.indices.dropLast() {
            current = convolutions[index](
                [current], norm: norms[index + 1], relu: true, in: context)
        }
        return convolutions[convolutions.count - 1](
            [current], residual: residual, in: context)
    }

    mutating func visitState(_ visitor: inout some StateVisitor) {
        for index in convolutions.indices {
            visitor.child("bn\(index + 1)", &norms[index])
            visitor.child("conv\(index + 1)", &convolutions[index])
        }
        guard var present = shortcut else { return }
        shortcut = nil
        visitor.enter("downsample")
        visitor.child("0", &present)
        visitor.leave()
        shortcut = present
    }
}
