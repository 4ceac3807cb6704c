import TensorCore

/// Affine map of a vector per image, with a weight `[out, in]` and a bias `[out]`: PyTorch's
/// `Linear`, started like segmentation_models.pytorch's heads (Glorot and Bengio 2010, bias zero).
public struct Linear: Module {
    public var weight: Parameter
    public var bias: Parameter

    public init(_ input: Int, _ output: Int, from initializer: inout ParameterInitializer) {
        weight = Parameter(
            initializer.tensor([output, input], .xavierUniform, fanIn: input, fanOut: output))
        bias = Parameter(Tensor(zeros: [output]))
    }

    /// - Parameter x: `[batch, in, 1, 1]`.
    /// - Returns: `[batch, out, 1, 1]`.
    public func callAsFunction(_ x: Variable, in context: ForwardContext) -> Variable {
        context.affineMap(x, weight: context.use(weight), bias: context.use(bias))
    }

    public mutating func visitState(_ visitor: inout some StateVisitor) {
        visitor.parameter("weight", &weight)
        visitor.parameter("bias", &bias)
    }
}
