import TensorCore

/// Convolution with a weight `[out, in, kernel, kernel]` and an optional bias `[out]`.
public struct Conv2D: Module {
    public var weight: Parameter
    public var bias: Parameter?
    public let geometry: ConvolutionGeometry

    /// - Parameter padding: zeros on every side; nil keeps the extent at stride 1.
    public init(
        _ input: Int, _ output: Int, kernel: Int, stride: Int = 1, padding: Int? = nil,
        dilation: Int = 1, bias: Bool = true,
        distribution: ParameterInitializer.Distribution = .torchDefault, zeroBias: Bool = false,
        from initializer: inout ParameterInitializer
    ) {
        let fanIn = input * kernel * kernel
        let fanOut = output * kernel * kernel
        weight = Parameter(
            initializer.tensor(
                [output, input, kernel, kernel], distribution, fanIn: fanIn, fanOut: fanOut))
        if bias {
            self.bias = Parameter(
                zeroBias
                    ? Tensor(zeros: [output])
                    : initializer.tensor([output], .torchDefault, fanIn: fanIn, fanOut: fanOut))
        }
        geometry = ConvolutionGeometry(
            stride: stride, padding: padding ?? (kernel - 1) / 2 * dilation, dilation: dilation)
    }

    public func callAsFunction(_ x: Variable, in context: ForwardContext) -> Variable {
        self([x], in: context)
    }

    /// Convolution of maps side by side along the channels, such as a skip connection and what it
    /// joins.
    public func callAsFunction(_ inputs: [Variable], in context: ForwardContext) -> Variable {
        context.convolution(
            inputs, weight: context.use(weight), bias: bias.map { context.use($0) }, geometry)
    }

    public mutating func visitState(_ visitor: inout some StateVisitor) {
        visitor.parameter("weight", &weight)
        if var present = bias {
            bias = nil
            visitor.parameter("bias", &present)
            bias = present
        }
    }
}
