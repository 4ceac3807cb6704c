/// Everything needed to rebuild a network: what a recipe names and a member manifest carries.
public struct ModelConfiguration: Codable, Hashable, Sendable {
    public enum Architecture: String, Codable, CaseIterable, Sendable {
        /// milesial's U-Net.
        case unet
        /// segmentation_models.pytorch's Unet: a ResNet encoder and a nearest-neighbour decoder.
        case encoderUNet = "encoder-unet"
        /// segmentation_models.pytorch's UnetPlusPlus: the same with nested skip connections.
        case unetPlusPlus = "unet-plus-plus"
        /// Two plain U-Nets side by side.
        case dualUNet = "dual-unet"

        /// Whether an encoder is part of it.
        public var hasEncoder: Bool { self == .encoderUNet || self == .unetPlusPlus }
    }

    public enum Encoder: String, Codable, CaseIterable, Sendable {
        case resnet18, resnet34, resnet50, resnet101, resnet152
    }

    /// How a plain U-Net's decoder grows its maps.
    public enum Upsampling: String, Codable, CaseIterable, Sendable {
        case transposed
        case bilinear
    }

    public var architecture: Architecture
    /// Bands of the input image.
    public var bands: Int
    /// Channels of the logits.
    public var classes: Int
    /// Plain U-Net: channels of the first level. With an encoder: channels of its stem (64 as
    /// published).
    public var baseWidth: Int
    /// Plain U-Net: number of times the map is halved.
    public var levels: Int
    public var upsampling: Upsampling
    /// The encoder; plain U-Nets have none.
    public var encoder: Encoder?
    /// What the encoder does differently; nil for torchvision's graph.
    public var encoderGraph: EncoderGraph?
    /// Channels of the decoder's blocks, deepest first; plain U-Nets have none.
    public var decoderChannels: [Int]
    /// Added to the variance by the decoder's norms; nil for 1e-5.
    public var decoderEpsilon: Double?
    /// What the blocks have besides what was published; nil for nothing.
    public var blocks: BlockOptions?
    /// The two U-Nets of a dual U-Net; others have none.
    public var dual: Dual?
    /// A head for whole images beside the one for pixels; nil for none.
    public var imageHead: ImageHead?

    /// milesial's U-Net.
    public static func unet(
        bands: Int, classes: Int, baseWidth: Int = 64, levels: Int = 4,
        upsampling: Upsampling = .transposed
    ) -> ModelConfiguration {
        ModelConfiguration(
            architecture: .unet, bands: bands, classes: classes, baseWidth: baseWidth,
            levels: levels, upsampling: upsampling, encoder: nil, decoderChannels: [])
    }

    /// segmentation_models.pytorch's Unet.
    public static func encoderUNet(
        _ encoder: Encoder, bands: Int, classes: Int, baseWidth: Int = 64,
        decoderChannels: [Int] = [256, 128, 64, 32, 16]
    ) -> ModelConfiguration {
        ModelConfiguration(
            architecture: .encoderUNet, bands: bands, classes: classes, baseWidth: baseWidth,
            levels: 5, upsampling: .transposed, encoder: encoder, decoderChannels: decoderChannels)
    }

    /// segmentation_models.pytorch's UnetPlusPlus.
    public static func unetPlusPlus(
        _ encoder: Encoder, bands: Int, classes: Int, baseWidth: Int = 64,
        decoderChannels: [Int] = [256, 128, 64, 32, 16]
    ) -> ModelConfiguration {
        ModelConfiguration(
            architecture: .unetPlusPlus, bands: bands, classes: classes, baseWidth: baseWidth,
            levels: 5, upsampling: .transposed, encoder: encoder, decoderChannels: decoderChannels)
    }

    /// Height and width of the input must be multiples of this.
    public var inputMultiple: Int { 1 << levels }

    /// The name on tables and on the command line: `unet:32:4`, `unet-resnet18`.
    public var name: String {
        switch architecture {
        case .unet:
            "unet:\(baseWidth):\(levels)" + (upsampling == .bilinear ? ":bilinear" : "")
        case .encoderUNet: "unet-\(encoder?.rawValue ?? "")"
        case .unetPlusPlus: "unetplusplus-\(encoder?.rawValue ?? "")"
        case .dualUNet: dualName
        }
    }
}
