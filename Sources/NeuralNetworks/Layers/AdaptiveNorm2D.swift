import TensorCore

/// Adaptive norm (Chen, Xu and Koltun 2017, "Fast image processing with fully-convolutional
/// networks"): `a x + b BN(x)` with two learned numbers.
///
/// It starts at a = 1, b = 0, as in the authors' program: a network without norms that learns how much
/// of one it wants.
public struct AdaptiveNorm2D: Module {
    public var a: Parameter
    public var b: Parameter
    public var norm: BatchNorm2D

    public init(_ channels: Int, epsilon: Float = 1e-5) {
        a = Parameter(Tensor([1], shape: [1]))
        b = Parameter(Tensor([0], shape: [1]))
        norm = BatchNorm2D(channels, epsilon: epsilon)
    }

    /// - Parameter relu: ReLU of the result in the same pass.
    public func callAsFunction(
        _ x: Variable, relu: Bool = false, in context: ForwardContext
    ) -> Variable {
        context.blend(
            x, norm(x, in: context), a: context.use(a), b: context.use(b), relu: relu)
    }

    public mutating func visitState(_ visitor: inout some StateVisitor) {
        visitor.parameter("a", &a)
        visitor.parameter("b", &b)
        visitor.child("norm", &norm)
    }
}
