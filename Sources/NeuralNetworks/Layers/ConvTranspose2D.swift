import TensorCore

/// Transposed convolution, PyTorch's `ConvTranspose2d`: weight `[in, out, kernel, kernel]`, bias
/// `[out]`.
public struct ConvTranspose2D: Module {
    public var weight: Parameter
    public var bias: Parameter
    public let geometry: ConvolutionGeometry

    public init(
        _ input: Int, _ output: Int, kernel: Int, stride: Int, padding: Int = 0,
        from initializer: inout ParameterInitializer
    ) {
        // PyTorch counts the fan-in of a transposed weight over its second axis.
        let fanIn = output * kernel * kernel
        let fanOut = input * kernel * kernel
        weight = Parameter(
            initializer.tensor(
                [input, output, kernel, kernel], .torchDefault, fanIn: fanIn, fanOut: fanOut))
        bias = Parameter(
            initializer.tensor([output], .torchDefault, fanIn: fanIn, fanOut: fanOut))
        geometry = ConvolutionGeometry(stride: stride, padding: padding)
    }

    public func callAsFunction(_ x: Variable, in context: ForwardContext) -> Variable {
        context.transposedConvolution(
            x, weight: context.use(weight), bias: context.use(bias), geometry)
    }

    public mutating func visitState(_ visitor: inout some StateVisitor) {
        visitor.parameter("weight", &weight)
        visitor.parameter("bias", &bias)
    }
}
