import NeuralNetworks
import TensorCore

/// Everything needed to rebuild an encoder by itself.
public struct EncoderConfiguration: Codable, Hashable, Sendable {
    public var encoder: ModelConfiguration.Encoder
    public var graph: EncoderGraph
    /// Bands of the input image.
    public var bands: Int
    /// Channels of the stem; 64 as published.
    public var baseWidth: Int

    public init(
        _ encoder: ModelConfiguration.Encoder, graph: EncoderGraph = .torchvision, bands: Int = 3,
        baseWidth: Int = 64
    ) {
        self.encoder = encoder
        self.graph = graph
        self.bands = bands
        self.baseWidth = baseWidth
    }

    /// Channels of the five feature maps, at strides 2, 4, 8, 16 and 32.
    public var featureChannels: [Int] {
        ResNetDescription.of(encoder).featureChannels(baseWidth: baseWidth)
    }

    /// Height and width of the input must be multiples of this.
    public static let inputMultiple = 32

    /// - Throws: `ModelConfigurationError` naming the first value that is out of its range.
    public func validate() throws {
        var network = ModelConfiguration.encoderUNet(
            encoder, bands: bands, classes: 1, baseWidth: baseWidth)
        network.encoderGraph = graph
        try network.validate()
    }
}

/// An encoder by itself: what pretrained weights are ported into and checked with.
public struct EncoderNetwork: Module {
    public let configuration: EncoderConfiguration
    private var encoder: ResNetEncoder

    /// Random weights: a pure function of configuration and seed.
    ///
    /// - Throws: `ModelConfigurationError` where the configuration contradicts itself.
    public init(_ configuration: EncoderConfiguration, seed: UInt64) throws {
        try self.init(configuration, from: ParameterInitializer(seed: seed))
    }

    /// The right shapes with nothing in them, for weights that are about to be loaded.
    ///
    /// - Throws: `ModelConfigurationError` where the configuration contradicts itself.
    public static func unfilled(_ configuration: EncoderConfiguration) throws -> EncoderNetwork {
        try EncoderNetwork(configuration, from: .unfilled)
    }

    private init(
        _ configuration: EncoderConfiguration, from initializer: ParameterInitializer
    ) throws {
        try configuration.validate()
        self.configuration = configuration
        var initializer = initializer
        encoder = ResNetEncoder(
            ResNetDescription.of(configuration.encoder), configuration.graph,
            bands: configuration.bands, baseWidth: configuration.baseWidth, from: &initializer)
    }

    /// The five feature maps of an image `[batch, bands, height, width]`, fine to coarse, plain, by
    /// running statistics.
    public func features(_ image: Tensor, backend: any ComputeBackend) -> [Tensor] {
        let context = ForwardContext.inference(backend)
        return encoder.features(Variable(image), in: context).map {
            backend.convert($0.tensor, to: .plain)
        }
    }

    /// Names are those of a network's encoder without their prefix.
    public mutating func visitState(_ visitor: inout some StateVisitor) {
        encoder.visitState(&visitor)
    }
}
