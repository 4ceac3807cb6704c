import NeuralNetworks

/// segmentation_models.pytorch's Unet decoder: nearest upsampling, skip connection, two
/// convolutions, five times.
struct UNetDecoder: Module {
    private var blocks: [DecoderBlock] = []
    private let dropout: Double

    /// - Parameter features: channels of the encoder's maps, fine to coarse.
    init(
        features: [Int], channels: [Int], epsilon: Float, options: BlockOptions? = nil,
        from initializer: inout ParameterInitializer
    ) {
        dropout = options?.dropout ?? 0
        let coarseFirst = Array(features.reversed())
        var input = coarseFirst[0]
        let skips = Array(coarseFirst.dropFirst()) + [0]
        for (output, skip) in zip(channels, skips) {
            blocks.append(
                DecoderBlock(
                    input, skip: skip, output, epsilon: epsilon, options: options,
                    from: &initializer))
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
        for (block, skip) in zip(blocks, features.dropLast().reversed()) {
            current = context.spatialDropout(current, probability: dropout)
            current = block(current, skips: [skip], in: context)
        }
        if blocks.count >= features.count {
            current = context.spatialDropout(current, probability: dropout)
            current = blocks[features.count - 1](
                current, skips: [], height: height, width: width, in: context)
        }
        return current
    }

    mutating func visitState(_ visitor: inout some StateVisitor) {
        visitor.enter("blocks")
        visitor.children(&blocks)
        visitor.leave()
    }
}
