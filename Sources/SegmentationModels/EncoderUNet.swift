import NeuralNetworks
import TensorCore

/// U-Net or U-Net++ with a ResNet encoder: segmentation_models.pytorch's `Unet` and `UnetPlusPlus`,
/// names and all.
public struct EncoderUNet: SegmentationNetwork {
    public let configuration: ModelConfiguration
    public var isEncoderFrozen = false
    private var encoder: ResNetEncoder
    private var decoder: Decoder
    private var head: Conv2D
    private var classificationHead: ClassificationHead?

    private enum Decoder {
        case unet(UNetDecoder)
        case unetPlusPlus(UNetPlusPlusDecoder)
    }

    init(
        _ configuration: ModelConfiguration, encoder name: ModelConfiguration.Encoder,
        from initializer: inout ParameterInitializer
    ) {
        self.configuration = configuration
        let description = ResNetDescription.of(name)
        encoder = ResNetEncoder(
            description, configuration.encoderGraph ?? .torchvision, bands: configuration.bands,
            baseWidth: configuration.baseWidth, from: &initializer)
        let features = description.featureChannels(baseWidth: configuration.baseWidth)
        let channels = configuration.decoderChannels
        let epsilon = Float(configuration.decoderEpsilon ?? 1e-5)
        decoder =
            configuration.architecture == .unetPlusPlus
            ? .unetPlusPlus(
                UNetPlusPlusDecoder(
                    features: features, channels: channels, epsilon: epsilon,
                    options: configuration.blocks, from: &initializer))
            : .unet(
                UNetDecoder(
                    features: features, channels: channels, epsilon: epsilon,
                    options: configuration.blocks, from: &initializer))
        head = Conv2D(
            channels[channels.count - 1], configuration.classes, kernel: 3,
            distribution: .xavierUniform, zeroBias: true, from: &initializer)
        classificationHead = configuration.imageHead.map {
            ClassificationHead(
                $0, channels: features[features.count - 1], classes: configuration.classes,
                from: &initializer)
        }
    }

    public func output(_ image: Variable, in context: ForwardContext) -> NetworkOutput {
        // Frozen: running statistics, and no tape that would lead back into it.
        let features = encoder.features(
            image, in: isEncoderFrozen ? .inference(context.backend) : context)
        let (height, width) = (image.shape[2], image.shape[3])
        let decoded =
            switch decoder {
            case .unet(let decoder):
                decoder(features, height: height, width: width, in: context)
            case .unetPlusPlus(let decoder):
                decoder(features, height: height, width: width, in: context)
            }
        return NetworkOutput(
            logits: head(decoded, in: context),
            presence: classificationHead.map { $0(features[features.count - 1], in: context) })
    }

    public mutating func visitState(_ visitor: inout some StateVisitor) {
        visitor.child("encoder", &encoder)
        switch decoder {
        case .unet(var present):
            visitor.child("decoder", &present)
            decoder = .unet(present)
        case .unetPlusPlus(var present):
            visitor.child("decoder", &present)
            decoder = .unetPlusPlus(present)
        }
        visitor.enter("segmentation_head")
        visitor.child("0", &head)
        visitor.leave()
        visitor.child("classification_head", &classificationHead)
    }
}
