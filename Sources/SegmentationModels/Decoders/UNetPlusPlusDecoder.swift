import NeuralNetworks

/// U-Net++ (Zhou et al. 2018) as in segmentation_models.pytorch: every skip connection passes through
/// blocks that also see what lies below it.
///
/// Block `x_d_l` is the l-th along the skip connection that starts d levels above the deepest map's
/// first upsampling: `x_0_*` come from the deepest map, `x_d_d` are the first ones of each level.
struct UNetPlusPlusDecoder: Module {
    /// By depth and layer, in the order in which they are stored.
    private var blocks: [(name: String, block: DecoderBlock)] = []
    private let layers: Int
    private let dropout: Double

    /// - Parameters:
    ///   - features: channels of the encoder's maps, fine to coarse.
    ///   - channels: channels of the decoder's levels, deepest first.
    init(
        features: [Int], channels: [Int], epsilon: Float, options: BlockOptions? = nil,
        from initializer: inout ParameterInitializer
    ) {
        dropout = options?.dropout ?? 0
        let coarseFirst = Array(features.reversed())
        let inputs = [coarseFirst[0]] + channels.dropLast()
        let skips = Array(coarseFirst.dropFirst())
        layers = skips.count
        for layer in 0..<layers {
            for depth in 0...layer {
                let isDeepest = depth == 0
                blocks.append(
                    (
                        Self.name(depth, layer),
                        DecoderBlock(
                            isDeepest ? inputs[layer] : skips[layer - 1],
                            skip: skips[layer] * (layer + 1 - depth),
                            isDeepest ? channels[layer] : skips[layer], epsilon: epsilon,
                            options: options, from: &initializer)
                    ))
            }
        }
        blocks.append(
            (
                Self.name(0, layers),
                DecoderBlock(
                    inputs[layers], skip: 0, channels[layers], epsilon: epsilon, options: options,
                    from: &initializer)
            ))
    }

    /// - Parameters:
    ///   - features: the encoder's maps, fine to coarse.
    ///   - height: rows of the image, which the last block reaches.
    ///   - width: columns of the image.
    func callAsFunction(
        _ features: [Variable], height: Int, width: Int, in context: ForwardContext
    ) -> Variable {
        var maps = Array(features.reversed())
        maps[0] = context.spatialDropout(maps[0], probability: dropout)
        var made: [String: Variable] = [:]
        for length in 0..<layers {
            for depth in 0..<layers - length {
                let layer = depth + length
                let below = length == 0 ? maps[depth] : made[Self.name(depth, layer - 1)]
                // From the level below to the first block of this one, then the encoder's own map.
                let nested = (depth + 1..<layer + 1).compactMap { made[Self.name($0, layer)] }
                guard let below else { preconditionFailure("blocks are made in order") }
                made[Self.name(depth, layer)] = context.spatialDropout(
                    block(depth, layer)(
                        below, skips: nested + [maps[layer + 1]], in: context),
                    probability: dropout)
            }
        }
        guard let last = made[Self.name(0, layers - 1)] else {
            preconditionFailure("an encoder has two maps at least")
        }
        return block(0, layers)(last, skips: [], height: height, width: width, in: context)
    }

    private static func name(_ depth: Int, _ layer: Int) -> String { "x_\(depth)_\(layer)" }

    private func block(_ depth: Int, _ layer: Int) -> DecoderBlock {
        // Each layer stores its depths in order.
        layer == layers
            ? blocks[blocks.count - 1].block : blocks[layer * (layer + 1) / 2 + depth].block
    }

    mutating func visitState(_ visitor: inout some StateVisitor) {
        visitor.enter("blocks")
        for index in blocks.indices { visitor.child(blocks[index].name, &blocks[index].block) }
        visitor.leave()
    }
}
