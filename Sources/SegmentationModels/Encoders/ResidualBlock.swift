import NeuralNetworks

/// Basic block (two 3x3) or bottleneck (1x1, 3x3, 1x1), ReLU after the addition.
struct ResidualBlock: Module {
    private var convolutions: [Conv2D] = []
    private var norms: [BatchNorm2D] = []
    private var downsample: Shortcut?

    init(
        _ description: ResNetDescription, _ graph: EncoderGraph, input: Int, inner: Int,
        stride: Int, from initializer: inout ParameterInitializer
    ) {
        let plan = description.convolutions(input: input, inner: inner, stride: stride, graph)
        for step in plan {
            convolutions.append(
                Conv2D(
                    step.input, step.output, kernel: step.kernel, stride: step.stride,
                    bias: graph.convolutionBias, distribution: .heNormalFanOut, zeroBias: true,
                    from: &initializer))
            norms.append(BatchNorm2D(step.output, epsilon: Float(graph.epsilon)))
        }
        let output = plan[plan.count - 1].output
        if stride != 1 || input != output {
            downsample = Shortcut(input, output, stride: stride, graph, from: &initializer)
        }
    }

    func callAsFunction(_ x: Variable, in context: ForwardContext) -> Variable {
        let shortcut = downsample.map { $0(x, in: context) } ?? x
        var current = x
        for index in convolutions.indices {
            let isLast = index == convolutions.count - 1
            current = convolutions[index](
                [current], norm: norms[index], residual: isLast ? shortcut : nil, relu: true,
                in: context)
        }
        return current
    }

    mutating func visitState(_ visitor: inout some StateVisitor) {
        for index in convolutions.indices {
            visitor.child("conv\(index + 1)", &convolutions[index])
            visitor.child("bn\(index + 1)", &norms[index])
        }
        visitor.child("downsample", &downsample)
    }
}

/// 1x1 convolution and batch norm beside a block that changes resolution or channels.
struct Shortcut: Module {
    private var conv: Conv2D
    private var norm: BatchNorm2D

    init(
        _ input: Int, _ output: Int, stride: Int, _ graph: EncoderGraph,
        from initializer: inout ParameterInitializer
    ) {
        conv = Conv2D(
            input, output, kernel: 1, stride: stride, bias: graph.convolutionBias,
            distribution: .heNormalFanOut, zeroBias: true, from: &initializer)
        norm = BatchNorm2D(output, epsilon: Float(graph.epsilon))
    }

    func callAsFunction(_ x: Variable, in context: ForwardContext) -> Variable {
        conv([x], norm: norm, relu: false, in: context)
    }

    mutating func visitState(_ visitor: inout some StateVisitor) {
        visitor.child("0", &conv)
        visitor.child("1", &norm)
    }
}
