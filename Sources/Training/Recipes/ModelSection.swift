import SegmentationModels

/// `model:` a name (`unet:16:3`, `unet-resnet18`) or a name with options.
public struct ModelSection: Codable, Hashable, Sendable {
    public var name = "unet:32"
    /// Channels of the decoder's blocks, deepest first; encoder U-Nets only.
    public var decoderChannels: [Int]?
    /// Channels of the encoder's stem; 64 as published.
    public var encoderWidth: Int?
    /// Written beside the keys above, not below one of their own.
    public var blocks = BlockSection()
    /// The two U-Nets of a dual U-Net, and what is made of them.
    public var global: Branch?
    public var local: Branch?
    public var fusion: ModelConfiguration.Dual.Fusion?

    public init() {}

    private enum CodingKeys: String, CodingKey {
        case name, global, local, fusion
        case decoderChannels = "decoder-channels"
        case encoderWidth = "encoder-width"
    }

    public init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            name = text
            return
        }
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        name = try keys.decodeIfPresent(String.self, forKey: .name) ?? name
        decoderChannels = try keys.decodeIfPresent([Int].self, forKey: .decoderChannels)
        encoderWidth = try keys.decodeIfPresent(Int.self, forKey: .encoderWidth)
        blocks = try BlockSection(from: decoder)
        global = try keys.decodeIfPresent(Branch.self, forKey: .global)
        local = try keys.decodeIfPresent(Branch.self, forKey: .local)
        fusion = try keys.decodeIfPresent(ModelConfiguration.Dual.Fusion.self, forKey: .fusion)
    }

    public func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(name, forKey: .name)
        try keys.encodeIfPresent(decoderChannels, forKey: .decoderChannels)
        try keys.encodeIfPresent(encoderWidth, forKey: .encoderWidth)
        try keys.encodeIfPresent(global, forKey: .global)
        try keys.encodeIfPresent(local, forKey: .local)
        try keys.encodeIfPresent(fusion, forKey: .fusion)
        try blocks.encode(to: encoder)
    }

    /// The network for a number of bands and classes.
    ///
    /// - Throws: `ModelConfigurationError` for an unknown name or values out of range.
    public func configuration(bands: Int, classes: Int) throws -> ModelConfiguration {
        var result = try ModelConfiguration(name: name, bands: bands, classes: classes)
        if !result.architecture.hasEncoder, decoderChannels != nil || encoderWidth != nil {
            throw ModelConfigurationError(
                description: "'\(name)' has no encoder, so decoder-channels and encoder-width "
                    + "do not apply")
        }
        if let decoderChannels { result.decoderChannels = decoderChannels }
        if let encoderWidth { result.baseWidth = encoderWidth }
        result.blocks = blocks.options
        try setDual(&result)
        try result.validate()
        return result
    }
}
