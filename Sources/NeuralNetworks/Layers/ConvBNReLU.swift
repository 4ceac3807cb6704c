import TensorCore

/// 3x3 convolution without bias, batch norm, ReLU: children `0` and `1`, as in PyTorch's
/// `Sequential`.
public struct ConvBNReLU: Module {
    public var conv: Conv2D
    public var norm: BatchNorm2D

    public init(
        _ input: Int, _ output: Int,
        distribution: ParameterInitializer.Distribution = .torchDefault, epsilon: Float = 1e-5,
        from initializer: inout ParameterInitializer
    ) {
        conv = Conv2D(
            input, output, kernel: 3, bias: false, distribution: distribution, from: &initializer)
        norm = BatchNorm2D(output, epsilon: epsilon)
    }

    /// - Parameter inputs: maps side by side along the channels.
    public func callAsFunction(_ inputs: [Variable], in context: ForwardContext) -> Variable {
        conv(inputs, norm: norm, relu: true, in: context)
    }

    public mutating func visitState(_ visitor: inout some StateVisitor) {
        visitor.child("0", &conv)
        visitor.child("1", &norm)
    }
}
