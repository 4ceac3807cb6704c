import NeuralNetworks
import TensorCore

/// U-Net with a ResNet encoder: segmentation_models.pytorch's `Unet`, names and all.
public struct EncoderUNet: SegmentationNetwork {
    public let configuration: ModelConfiguration
    private var encoder: ResNetEncoder
    private var decoder: UNetDecoder
    private var head: Conv2D

    init(
        _ configuration: ModelConfiguration, encoder name: ModelConfiguration.Encoder,
        from initializer: inout ParameterInitializer
    ) {
        self.configuration = configuration
        let description = ResNetDescription.of(name)
        encoder = ResNetEncoder(
            description, bands: configuration.bands, baseWidth: configuration.baseWidth,
            from: &initializer)
        decoder = UNetDecoder(
            features: description.featureChannels(baseWidth: configuration.baseWidth),
            channels: configuration.decoderChannels, from: &initializer)
        head = Conv2D(
            configuration.decoderChannels[configuration.decoderChannels.count - 1],
            configuration.classes, kernel: 3, distribution: .xavierUniform, zeroBias: true,
            from: &initializer)
    }

    public func logits(_ image: Variable, in context: ForwardContext) -> Variable {
        let features = encoder.features(image, in: context)
        let decoded = decoder(
            features, height: image.shape[2], width: image.shape[3], in: context)
        return head(decoded, in: context)
    }

    public mutating func visitState(_ visitor: inout some StateVisitor) {
        visitor.child("encoder", &encoder)
        visitor.child("decoder", &decoder)
        visitor.enter("segmentation_head")
        visitor.child("0", &head)
        visitor.leave()
    }
}
