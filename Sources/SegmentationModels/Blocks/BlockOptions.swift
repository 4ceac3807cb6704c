import NeuralNetworks

/// What the blocks of a network have besides what was published: nil is as published.
///
/// Blocks are a plain U-Net's double convolutions, and the decoder's blocks of a network with an
/// encoder, which stays as it is.
public struct BlockOptions: Codable, Hashable, Sendable {
    public enum Attention: String, Codable, CaseIterable, Sendable {
        /// Squeeze and excitation (Hu et al. 2018) after each block.
        case squeezeExcitation = "se"
        /// Concurrent spatial and channel squeeze and excitation (Roy et al. 2018); in decoders as
        /// in segmentation_models.pytorch, before each block's convolutions too.
        case concurrent = "scse"
    }

    public enum Normalisation: String, Codable, CaseIterable, Sendable {
        case instance, group, adaptive, none
    }

    public enum Initialisation: String, Codable, CaseIterable, Sendable {
        /// Normal, by fan-in (He et al. 2015).
        case he
        /// Uniform, by fan-in and fan-out (Glorot and Bengio 2010).
        case xavier
    }

    public var attention: Attention?
    /// Channels per value in the middle of a channel gate; given with an attention and only then.
    public var attentionReduction: Int?
    /// Of the deepest double convolution of a plain U-Net (Yu and Koltun 2016); nil for 1.
    public var dilation: Int?
    /// Nil for batch norm.
    public var normalisation: Normalisation?
    /// Groups of channels; given with group norm and only then.
    public var groups: Int?
    /// Probability of spatial dropout, after the deepest map and every decoder block but the last.
    public var dropout: Double?
    /// Of every kernel of the network, biases starting at 0; nil for what each was published with.
    public var initialisation: Initialisation?

    public init() {}

    /// The norm that stands in the blocks.
    var norm: Norm2D.Kind {
        switch normalisation {
        case nil: .batch
        case .instance: .instance
        case .group: .group(groups ?? 1)
        case .adaptive: .adaptive
        case .some(.none): .none
        }
    }

    var kernelDistribution: ParameterInitializer.Distribution? {
        switch initialisation {
        case nil: nil
        case .he: .heNormal
        case .xavier: .xavierUniform
        }
    }
}

extension BlockOptions {
    /// - Throws: `ModelConfigurationError` naming the first value that is out of its range or does
    ///   not apply.
    func validate(for configuration: ModelConfiguration) throws {
        func require(_ condition: Bool, _ problem: String) throws {
            guard condition else { throw ModelConfigurationError(description: problem) }
        }
        try require(
            (attention == nil) == (attentionReduction == nil),
            "an attention reduction belongs to an attention, and the other way round")
        if let attentionReduction {
            try require(
                (1...1024).contains(attentionReduction),
                "attention reduction out of range, expected 1 to 1024, got \(attentionReduction)")
        }
        if let dilation {
            try require(
                (1...64).contains(dilation),
                "dilation out of range, expected 1 to 64, got \(dilation)")
            try require(
                dilation == 1 || !configuration.architecture.hasEncoder,
                "dilation is for plain U-Nets, got \(configuration.name)")
        }
        try require(
            (normalisation == .group) == (groups != nil),
            "groups belong to group norm, and the other way round")
        if let groups {
            try require(groups >= 1, "groups out of range, expected at least 1, got \(groups)")
            for channels in configuration.normalisedChannels {
                try require(
                    channels % groups == 0,
                    "groups must divide the channels of every block, expected a divisor of "
                        + "\(channels), got \(groups)")
            }
        }
        if let dropout {
            try require(
                dropout >= 0 && dropout < 1,
                "dropout out of range, expected 0 to below 1, got \(dropout)")
        }
    }
}

extension ModelConfiguration {
    /// Channels that all others that blocks normalise are multiples of.
    fileprivate var normalisedChannels: [Int] {
        switch architecture {
        case .unet: [baseWidth]
        case .dualUNet: dual.map { [$0.global.width, $0.local.width] } ?? []
        case .encoderUNet: decoderChannels
        // The blocks along the skip connections have the encoder's channels.
        case .unetPlusPlus: [baseWidth] + decoderChannels
        }
    }

    /// The norm of a plain U-Net's blocks, in words, or batch norm, which every encoder has.
    public var normName: String {
        guard !architecture.hasEncoder else { return "batch norm" }
        return switch blocks?.normalisation {
        case nil, .adaptive: "batch norm"
        case .instance: "instance norm"
        case .group: "group norm"
        case .some(.none): "no norm"
        }
    }

    /// Whether the norm of a plain U-Net's blocks, or an encoder's, takes its mean over a whole batch;
    /// if not, over one image, however large the batch.
    public var normCountsBatch: Bool {
        architecture.hasEncoder || [nil, .adaptive].contains(blocks?.normalisation)
    }

    /// A norm of a single value is always 0: says so before training starts.
    ///
    /// - Parameters:
    ///   - height: rows of the image, a multiple of `inputMultiple`.
    ///   - width: columns of the image.
    /// - Throws: `ModelConfigurationError`.
    public func validateTraining(batch: Int, height: Int, width: Int) throws {
        if let dual {
            for part in [dual.global, dual.local] {
                try branch(part, bands: bands).validateTraining(
                    batch: batch, height: height, width: width)
            }
            return
        }
        let pixels = (height / inputMultiple) * (width / inputMultiple)
        var (values, place, remedy) = (batch * pixels, "channel", "batch or image")
        if !architecture.hasEncoder, let blocks {
            switch blocks.normalisation {
            case nil, .adaptive: break
            case .instance: (values, place, remedy) = (pixels, "image and channel", "image")
            case .group:
                let bottom = (baseWidth << levels) / (upsampling == .bilinear ? 2 : 1)
                values = pixels * bottom / (blocks.groups ?? 1)
                (place, remedy) = ("image and group", "image")
            case .some(.none): return
            }
        }
        guard values > 1 else {
            throw ModelConfigurationError(
                description:
                    "\(normName) needs more than one value per \(place) at the network's bottom, "
                    + "expected a larger \(remedy), got batch \(batch) of \(height)x\(width)")
        }
    }
}
