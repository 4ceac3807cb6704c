import SegmentationModels

/// One leaf of a ResNet, taken apart, so that each dialect can name it.
struct EncoderLeaf: Hashable {
    enum Part: Hashable {
        case convolution(Int)
        case norm(Int)
        case shortcutConvolution
        case shortcutNorm
        /// Pre-activation family: the norm of the input, and the one after the last block.
        case dataNorm
        case lastNorm
    }

    /// From 1; nil for what lies outside the stages: the stem's convolution 1 and norm 1.
    var stage: Int?
    /// From 0.
    var block = 0
    var part: Part
    /// `weight`, `bias`, `running_mean` or `running_var`.
    var role: String

    /// From the path in Floe's own state.
    init?(_ path: [String]) {
        var rest = path[...]
        guard let last = rest.popLast() else { return nil }
        role = last
        if let first = rest.first, first.hasPrefix("layer"), let number = Int(first.dropFirst(5)) {
            stage = number
            rest = rest.dropFirst()
            guard let next = rest.popFirst(), let index = Int(next) else { return nil }
            block = index
        }
        switch (rest.first, rest.count) {
        case ("bn_data", 1): part = .dataNorm
        case ("bn_last", 1): part = .lastNorm
        case ("downsample", 2):
            part = rest.last == "0" ? .shortcutConvolution : .shortcutNorm
        case (let name?, 1) where name.hasPrefix("conv"):
            guard let number = Int(name.dropFirst(4)) else { return nil }
            part = .convolution(number)
        case (let name?, 1) where name.hasPrefix("bn"):
            guard let number = Int(name.dropFirst(2)) else { return nil }
            part = .norm(number)
        default: return nil
        }
    }

    init(stage: Int?, block: Int = 0, part: Part, role: String) {
        self.stage = stage
        self.block = block
        self.part = part
        self.role = role
    }

    var isNorm: Bool {
        switch part {
        case .norm, .shortcutNorm, .dataNorm, .lastNorm: true
        case .convolution, .shortcutConvolution: false
        }
    }
}

extension EncoderDialect {
    /// How this dialect names a leaf; nil for a leaf that its graph does not have.
    func name(of leaf: EncoderLeaf) -> String? {
        switch self {
        case .torchvision: return torchName(leaf)
        case .keras: return layer(kerasLayer(leaf), leaf)
        case .fchollet: return layer(fcholletLayer(leaf), leaf)
        case .classificationModels: return layer(classificationLayer(leaf), leaf)
        }
    }

    private func layer(_ layer: String?, _ leaf: EncoderLeaf) -> String? {
        let roles =
            leaf.isNorm
            ? [
                "weight": "gamma", "bias": "beta", "running_mean": "moving_mean",
                "running_var": "moving_variance",
            ] : ["weight": "kernel", "bias": "bias"]
        guard let layer, let role = roles[leaf.role] else { return nil }
        return "\(layer)/\(role)"
    }

    private func torchName(_ leaf: EncoderLeaf) -> String? {
        let part: String
        switch leaf.part {
        case .convolution(let number): part = "conv\(number)"
        case .norm(let number): part = "bn\(number)"
        case .shortcutConvolution: part = "downsample.0"
        case .shortcutNorm: part = "downsample.1"
        case .dataNorm, .lastNorm: return nil
        }
        let place = leaf.stage.map { "layer\($0).\(leaf.block)." } ?? ""
        return "\(place)\(part).\(leaf.role)"
    }

    private func kerasLayer(_ leaf: EncoderLeaf) -> String? {
        let place = leaf.stage.map { "conv\($0 + 1)_block\(leaf.block + 1)_" } ?? ""
        switch (leaf.part, leaf.stage) {
        case (.convolution, nil): return "conv1_conv"
        case (.norm, nil): return "conv1_bn"
        case (.convolution(let number), _?): return "\(place)\(number)_conv"
        case (.norm(let number), _?): return "\(place)\(number)_bn"
        case (.shortcutConvolution, _): return "\(place)0_conv"
        case (.shortcutNorm, _): return "\(place)0_bn"
        case (.dataNorm, _), (.lastNorm, _): return nil
        }
    }

    private func fcholletLayer(_ leaf: EncoderLeaf) -> String? {
        let letters = Array("abcdefghijklmnopqrstuvwxyz")
        guard leaf.block < letters.count else { return nil }
        let place = leaf.stage.map { "\($0 + 1)\(letters[leaf.block])_branch" } ?? ""
        switch (leaf.part, leaf.stage) {
        case (.convolution, nil): return "conv1"
        case (.norm, nil): return "bn_conv1"
        case (.convolution(let number), _?) where (1...3).contains(number):
            return "res\(place)2\(letters[number - 1])"
        case (.norm(let number), _?) where (1...3).contains(number):
            return "bn\(place)2\(letters[number - 1])"
        case (.shortcutConvolution, _): return "res\(place)1"
        case (.shortcutNorm, _): return "bn\(place)1"
        default: return nil
        }
    }

    private func classificationLayer(_ leaf: EncoderLeaf) -> String? {
        let place = leaf.stage.map { "stage\($0)_unit\(leaf.block + 1)_" } ?? ""
        switch (leaf.part, leaf.stage) {
        case (.dataNorm, _): return "bn_data"
        case (.lastNorm, _): return "bn1"
        case (.convolution, nil): return "conv0"
        case (.norm, nil): return "bn0"
        case (.convolution(let number), _?): return "\(place)conv\(number)"
        case (.norm(let number), _?): return "\(place)bn\(number)"
        case (.shortcutConvolution, _): return "\(place)sc"
        case (.shortcutNorm, _): return nil
        }
    }
}

extension EncoderDialect {
    /// Whether a Keras layer is called as those of this dialect's encoders are.
    func owns(layerOf name: String) -> Bool {
        let layer = name.split(separator: "/").first.map(String.init) ?? name
        let beginnings: [String] =
            switch self {
            case .keras: ["conv1_", "conv2_", "conv3_", "conv4_", "conv5_"]
            case .fchollet: ["res", "bn_conv1", "bn2", "bn3", "bn4", "bn5"]
            case .classificationModels: ["bn_data", "stage"]
            case .torchvision: []
            }
        return beginnings.contains { layer.hasPrefix($0) }
    }

    /// One leaf of every layer that has weights, in the order of a Keras model's layers.
    ///
    /// Keras sorts by depth in the graph: the shortcut stands before the last convolution of a
    /// block in Keras Applications (`Add([shortcut, x])`), after it in classification_models
    /// (`Add([x, shortcut])`).
    func layers(_ encoder: ModelConfiguration.Encoder) -> [EncoderLeaf] {
        let description = ResNetDescription.of(encoder)
        let isPre = graph.family == .preActivation
        var parts: [(Int?, Int, EncoderLeaf.Part)] =
            (isPre ? [(nil, 0, .dataNorm)] : [])
            + [(nil, 0, .convolution(1)), (nil, 0, .norm(1))]
        for (index, count) in description.blocksPerStage.enumerated() {
            for block in 0..<count {
                let stage = index + 1
                let last = description.convolutionsPerBlock
                for number in 1...last {
                    let pair: [EncoderLeaf.Part] =
                        isPre
                        ? [.norm(number), .convolution(number)]
                        : number < last || block > 0
                            ? [.convolution(number), .norm(number)]
                            : [
                                .shortcutConvolution, .convolution(number), .shortcutNorm,
                                .norm(number),
                            ]
                    parts += pair.map { (stage, block, $0) }
                }
                if isPre, block == 0 { parts.append((stage, block, .shortcutConvolution)) }
            }
        }
        if isPre { parts.append((nil, 0, .lastNorm)) }
        return parts.map { EncoderLeaf(stage: $0, block: $1, part: $2, role: "bias") }
    }

    /// What a Keras layer is called.
    func layerName(_ leaf: EncoderLeaf) -> String? {
        name(of: leaf)?.split(separator: "/").first.map(String.init)
    }

    /// Names of the convolutions and of the norms in order, for files that give numbers only.
    func layerOrder(
        _ encoder: ModelConfiguration.Encoder
    ) -> (convolutions: [String], norms: [String]) {
        let leaves = layers(encoder)
        return (
            leaves.filter { !$0.isNorm }.compactMap(layerName),
            leaves.filter(\.isNorm).compactMap(layerName)
        )
    }
}
