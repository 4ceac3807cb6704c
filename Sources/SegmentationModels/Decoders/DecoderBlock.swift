import NeuralNetworks

/// Upsample, join with the skip connections (upsampled map first), convolve twice; attention on the
/// joined map and on the output where the options have it.
struct DecoderBlock: Module {
    private var conv1: ConvNormReLU
    private var conv2: ConvNormReLU
    /// On the joined map: scSE only.
    private var before: BlockAttention?
    private var after: BlockAttention?
    private let afterName: String

    init(
        _ input: Int, skip: Int, _ output: Int, epsilon: Float, options: BlockOptions? = nil,
        from initializer: inout ParameterInitializer
    ) {
        let norm = options?.norm ?? .batch
        conv1 = ConvNormReLU(
            input + skip, output, norm: norm, distribution: .heUniform, epsilon: epsilon,
            from: &initializer)
        conv2 = ConvNormReLU(
            output, output, norm: norm, distribution: .heUniform, epsilon: epsilon,
            from: &initializer)
        let isConcurrent = options?.attention == .concurrent
        // Without a skip connection segmentation_models.pytorch stores one too, and never uses it.
        if isConcurrent, skip > 0 {
            before = BlockAttention(
                options, channels: input + skip, distribution: .heUniform, zeroBias: true,
                from: &initializer)
        }
        after = BlockAttention(
            options, channels: output, distribution: .heUniform, zeroBias: true, from: &initializer)
        afterName = isConcurrent ? "attention2" : "attention"
    }

    /// Grows to the size of the skip connections, of which there is at least one.
    func callAsFunction(
        _ x: Variable, skips: [Variable], in context: ForwardContext
    ) -> Variable {
        self(x, skips: skips, height: skips[0].shape[2], width: skips[0].shape[3], in: context)
    }

    func callAsFunction(
        _ x: Variable, skips: [Variable], height: Int, width: Int, in context: ForwardContext
    ) -> Variable {
        var inputs = [context.resize(x, height: height, width: width, rule: .nearest)] + skips
        if let before { inputs = [before(context.concatenate(inputs), in: context)] }
        let output = conv2([conv1(inputs, in: context)], in: context)
        return after.map { $0(output, in: context) } ?? output
    }

    mutating func visitState(_ visitor: inout some StateVisitor) {
        visitor.child("conv1", &conv1)
        visitor.child("conv2", &conv2)
        visitor.child("attention1", &before)
        visitor.child(afterName, &after)
    }
}
