import NeuralNetworks

/// The attention of a block: a gate by channel, or one by channel and one by pixel.
enum BlockAttention: Module {
    case squeezeExcitation(SqueezeExcitation)
    /// One name further down, as in segmentation_models.pytorch.
    case concurrent(ConcurrentSqueezeExcitation)

    /// Nil where the options have none.
    init?(
        _ options: BlockOptions?, channels: Int,
        distribution: ParameterInitializer.Distribution = .torchDefault, zeroBias: Bool = false,
        from initializer: inout ParameterInitializer
    ) {
        guard let options, let attention = options.attention,
            let reduction = options.attentionReduction
        else { return nil }
        switch attention {
        case .squeezeExcitation:
            self = .squeezeExcitation(
                SqueezeExcitation(
                    channels, reduction: reduction, distribution: distribution, zeroBias: zeroBias,
                    from: &initializer))
        case .concurrent:
            self = .concurrent(
                ConcurrentSqueezeExcitation(
                    channels, reduction: reduction, distribution: distribution, zeroBias: zeroBias,
                    from: &initializer))
        }
    }

    func callAsFunction(_ x: Variable, in context: ForwardContext) -> Variable {
        switch self {
        case .squeezeExcitation(let gate): gate(x, in: context)
        case .concurrent(let gate): gate(x, in: context)
        }
    }

    mutating func visitState(_ visitor: inout some StateVisitor) {
        switch self {
        case .squeezeExcitation(var gate):
            gate.visitState(&visitor)
            self = .squeezeExcitation(gate)
        case .concurrent(var gate):
            visitor.child("attention", &gate)
            self = .concurrent(gate)
        }
    }
}
