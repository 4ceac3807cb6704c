import TensorCore

/// 3x3 convolution, norm, ReLU: children `0` and `1`, as in PyTorch's `Sequential`. The convolution
/// has a bias only where no norm follows.
public struct ConvNormReLU: Module {
    public var conv: Conv2D
    public var norm: Norm2D

    public init(
        _ input: Int, _ output: Int, norm kind: Norm2D.Kind = .batch,
        distribution: ParameterInitializer.Distribution = .torchDefault, epsilon: Float = 1e-5,
        from initializer: inout ParameterInitializer
    ) {
        conv = Conv2D(
            input, output, kernel: 3, bias: kind == .none, distribution: distribution,
            zeroBias: true, from: &initializer)
        norm = Norm2D(kind, output, epsilon: epsilon)
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
