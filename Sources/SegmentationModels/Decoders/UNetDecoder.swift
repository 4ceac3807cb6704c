import NeuralNetworks

/// segmentation_models.pytorch's Unet decoder: nearest upsampling, skip connection, two
/// convolutions, five times.
struct UNetDecoder: Module {
    private var blocks: [DecoderBlock] = []

    /// - Parameter features: channels of the encoder's maps, fine to coarse.
    init(features: [Int], channels: [Int], from initializer: inout ParameterInitializer) {
        let coarseFirst = Array(features.reversed())
        var input = coarseFirst[0]
        let skips = Array(coarseFirst.dropFirst()) + [0]
        for (output, skip) in zip(channels, skips) {
            blocks.append(DecoderBlock(input, skip: skip, output, from: &initializer))
            input = output
        }
    }

    /// - Parameters:
    ///   - features: the encoder's maps, fine to coarse.
    ///   - height: rows of the image, which the last block reaches.
    ///   - width: columns of the image.
    func callAsFunction(
        _ features: [Variable], height: Int, width: Int, in context: ForwardContext
    ) -> Variable {
        var current = features[features.count - 1]
        let skips = features.dropLast().reversed().map(Optional.some) + [nil]
        for (block, skip) in zip(blocks, skips) {
            current = block(
                current, skip: skip, height: skip?.shape[2] ?? height,
                width: skip?.shape[3] ?? width, in: context)
        }
        return current
    }

    mutating func visitState(_ visitor: inout some StateVisitor) {
        visitor.enter("blocks")
        visitor.children(&blocks)
        visitor.leave()
    }
}

/// Upsample, join with the skip connection (upsampled map first), convolve twice.
struct DecoderBlock: Module {
    private var conv1: ConvBNReLU
    private var conv2: ConvBNReLU

    init(
        _ input: Int, skip: Int, _ output: Int, from initializer: inout ParameterInitializer
    ) {
        conv1 = ConvBNReLU(input + skip, output, distribution: .heUniform, from: &initializer)
        conv2 = ConvBNReLU(output, output, distribution: .heUniform, from: &initializer)
    }

    func callAsFunction(
        _ x: Variable, skip: Variable?, height: Int, width: Int, in context: ForwardContext
    ) -> Variable {
        let grown = context.resize(x, height: height, width: width, rule: .nearest)
        let inner = conv1([grown] + (skip.map { [$0] } ?? []), in: context)
        return conv2([inner], in: context)
    }

    mutating func visitState(_ visitor: inout some StateVisitor) {
        visitor.child("conv1", &conv1)
        visitor.child("conv2", &conv2)
    }
}
