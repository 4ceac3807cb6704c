import NeuralNetworks

/// segmentation_models.pytorch's Unet decoder: nearest upsampling, skip connection, two
/// convolutions, five times.
struct UNetDecoder: Module {
    private var blocks: [DecoderBlock] = []

    /// - Parameter features: channels of the encoder's maps, fine to coarse.
    init(
        features: [Int], channels: [Int], epsilon: Float,
        from initializer: inout ParameterInitializer
    ) {
        let coarseFirst = Array(features.reversed())
        var input = coarseFirst[0]
        let skips = Array(coarseFirst.dropFirst()) + [0]
        for (output, skip) in zip(channels, skips) {
            blocks.append(
                DecoderBlock(input, skip: skip, output, epsilon: epsilon, from: &initializer))
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
            current = block(current, skips: [skip], in: context)
        }
        if blocks.count >= features.count {
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

/// Upsample, join with the skip connections (upsampled map first), convolve twice.
struct DecoderBlock: Module {
    private var conv1: ConvBNReLU
    private var conv2: ConvBNReLU

    init(
        _ input: Int, skip: Int, _ output: Int, epsilon: Float,
        from initializer: inout ParameterInitializer
    ) {
        conv1 = ConvBNReLU(
            input + skip, output, distribution: .heUniform, epsilon: epsilon, from: &initializer)
        conv2 = ConvBNReLU(
            output, output, distribution: .heUniform, epsilon: epsilon, from: &initializer)
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
        let grown = context.resize(x, height: height, width: width, rule: .nearest)
        return conv2([conv1([grown] + skips, in: context)], in: context)
    }

    mutating func visitState(_ visitor: inout some StateVisitor) {
        visitor.child("conv1", &conv1)
        visitor.child("conv2", &conv2)
    }
}
