import TensorCore

/// Group norm (Wu and He 2018), PyTorch's `GroupNorm`: every image's groups of channels are brought
/// to mean 0 and variance 1, then scaled and shifted by channel.
///
/// With as many groups as channels it is instance norm (Ulyanov et al. 2016). It knows no batch and
/// keeps no running statistics: training and inference do the same.
public struct GroupNorm2D: Module {
    public var weight: Parameter
    public var bias: Parameter
    public let groups: Int
    public let epsilon: Float

    /// - Parameter groups: a divisor of `channels`.
    public init(_ channels: Int, groups: Int, epsilon: Float = 1e-5) {
        precondition(groups > 0 && channels % groups == 0, "groups must divide channels")
        weight = Parameter(Tensor(repeating: 1, shape: [channels]))
        bias = Parameter(Tensor(zeros: [channels]))
        self.groups = groups
        self.epsilon = epsilon
    }

    /// - Parameter relu: ReLU of the result in the same pass.
    public func callAsFunction(
        _ x: Variable, relu: Bool = false, in context: ForwardContext
    ) -> Variable {
        context.groupNorm(
            x, weight: context.use(weight), bias: context.use(bias), groups: groups,
            epsilon: epsilon, relu: relu)
    }

    public mutating func visitState(_ visitor: inout some StateVisitor) {
        visitor.parameter("weight", &weight)
        visitor.parameter("bias", &bias)
    }
}
