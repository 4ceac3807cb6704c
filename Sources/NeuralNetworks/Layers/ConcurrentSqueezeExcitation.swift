import TensorCore

/// Concurrent spatial and channel squeeze and excitation (Roy et al. 2018): the sum of the map gated
/// by channel and gated by pixel. Names are those of segmentation_models.pytorch's `SCSEModule`.
public struct ConcurrentSqueezeExcitation: Module {
    private var channelGate: ChannelGate
    private var spatialGate: Conv2D

    /// - Parameter reduction: channels per value in between, of which there is at least one.
    public init(
        _ channels: Int, reduction: Int,
        distribution: ParameterInitializer.Distribution = .torchDefault, zeroBias: Bool = false,
        from initializer: inout ParameterInitializer
    ) {
        channelGate = ChannelGate(
            channels, reduction: reduction, distribution: distribution, zeroBias: zeroBias,
            from: &initializer)
        spatialGate = Conv2D(
            channels, 1, kernel: 1, distribution: distribution, zeroBias: zeroBias,
            from: &initializer)
    }

    public func callAsFunction(_ x: Variable, in context: ForwardContext) -> Variable {
        // Both gates in one pass: x c + x s = x (c + s).
        context.gate(
            x, channel: channelGate(x, in: context),
            spatial: context.sigmoid(spatialGate(x, in: context)))
    }

    public mutating func visitState(_ visitor: inout some StateVisitor) {
        visitor.enter("cSE")
        visitor.child("1", &channelGate.squeeze)
        visitor.child("3", &channelGate.excite)
        visitor.leave()
        visitor.enter("sSE")
        visitor.child("0", &spatialGate)
        visitor.leave()
    }
}
