import TensorCore

/// Squeeze and excitation (Hu et al. 2018): the means of all channels decide by what each is
/// multiplied. Names are those of torchvision's `SqueezeExcitation`.
public struct SqueezeExcitation: Module {
    private var gate: ChannelGate

    /// - Parameter reduction: channels per value in between, of which there is at least one.
    public init(
        _ channels: Int, reduction: Int,
        distribution: ParameterInitializer.Distribution = .torchDefault, zeroBias: Bool = false,
        from initializer: inout ParameterInitializer
    ) {
        gate = ChannelGate(
            channels, reduction: reduction, distribution: distribution, zeroBias: zeroBias,
            from: &initializer)
    }

    public func callAsFunction(_ x: Variable, in context: ForwardContext) -> Variable {
        context.gate(x, channel: gate(x, in: context))
    }

    public mutating func visitState(_ visitor: inout some StateVisitor) {
        visitor.child("fc1", &gate.squeeze)
        visitor.child("fc2", &gate.excite)
    }
}

/// From a map to a gate of 0 to 1 for every channel, `[batch, channels, 1, 1]`.
struct ChannelGate: Sendable {
    var squeeze: Conv2D
    var excite: Conv2D

    init(
        _ channels: Int, reduction: Int, distribution: ParameterInitializer.Distribution,
        zeroBias: Bool, from initializer: inout ParameterInitializer
    ) {
        precondition(reduction > 0, "a reduction is at least 1")
        let inner = max(1, channels / reduction)
        squeeze = Conv2D(
            channels, inner, kernel: 1, distribution: distribution, zeroBias: zeroBias,
            from: &initializer)
        excite = Conv2D(
            inner, channels, kernel: 1, distribution: distribution, zeroBias: zeroBias,
            from: &initializer)
    }

    func callAsFunction(_ x: Variable, in context: ForwardContext) -> Variable {
        let inner = context.relu(squeeze(context.mapMeans(x), in: context))
        return context.sigmoid(excite(inner, in: context))
    }
}
