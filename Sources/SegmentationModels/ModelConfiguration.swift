/// Everything needed to rebuild a network: what a recipe names and a member manifest carries.
public struct ModelConfiguration: Codable, Hashable, Sendable {
    public enum Architecture: String, Codable, CaseIterable, Sendable {
        /// milesial's U-Net.
        case unet
        /// segmentation_models.pytorch's Unet: a torchvision ResNet encoder and a nearest-neighbour
        /// decoder.
        case encoderUNet = "encoder-unet"
    }

    public enum Encoder: String, Codable, CaseIterable, Sendable {
        case resnet18, resnet34, resnet50
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
    /// Plain U-Net: channels of the first level. Encoder U-Net: channels of the stem (64 as
    /// published).
    public var baseWidth: Int
    /// Plain U-Net: number of times the map is halved.
    public var levels: Int
    public var upsampling: Upsampling
    /// Encoder U-Net: the encoder.
    public var encoder: Encoder?
    /// Encoder U-Net: channels of the decoder's blocks, deepest first.
    public var decoderChannels: [Int]

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

    /// Height and width of the input must be multiples of this.
    public var inputMultiple: Int { 1 << levels }

    /// The name on tables and on the command line: `unet:32:4`, `unet-resnet18`.
    public var name: String {
        switch architecture {
        case .unet:
            "unet:\(baseWidth):\(levels)" + (upsampling == .bilinear ? ":bilinear" : "")
        case .encoderUNet: "unet-\(encoder?.rawValue ?? "")"
        }
    }
}
