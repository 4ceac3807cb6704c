/// What ResNets of the same depth do differently from one publisher to the next. Shapes do not tell:
/// weights in the wrong graph still run, only worse.
public struct EncoderGraph: Codable, Hashable, Sendable {
    public enum Family: String, Codable, CaseIterable, Sendable {
        /// Convolution, batch norm, ReLU; ReLU after the addition (He et al. 2016a).
        case postActivation = "post-activation"
        /// Batch norm, ReLU, convolution; nothing after the addition; the input is normalised by a
        /// batch norm of its own (He et al. 2016b, as MXNet published it).
        case preActivation = "pre-activation"
    }

    public var family: Family
    /// Whether a bottleneck halves the map in its first 1x1 convolution (as first published) or in
    /// its 3x3 convolution ("v1.5"). Basic blocks do it in their first convolution either way.
    public var strideInFirstConvolution: Bool
    /// Whether the convolutions have a bias, although a batch norm follows.
    public var convolutionBias: Bool
    /// Added to the variance by every batch norm of the encoder.
    public var epsilon: Double

    public init(
        family: Family, strideInFirstConvolution: Bool, convolutionBias: Bool, epsilon: Double
    ) {
        self.family = family
        self.strideInFirstConvolution = strideInFirstConvolution
        self.convolutionBias = convolutionBias
        self.epsilon = epsilon
    }

    /// torchvision, timm, segmentation_models.pytorch.
    public static let torchvision = EncoderGraph(
        family: .postActivation, strideInFirstConvolution: false, convolutionBias: false,
        epsilon: 1e-5)
    /// Keras Applications.
    public static let keras = EncoderGraph(
        family: .postActivation, strideInFirstConvolution: true, convolutionBias: true,
        epsilon: 1.001e-5)
    /// fchollet's deep-learning-models 0.2.
    public static let fchollet = EncoderGraph(
        family: .postActivation, strideInFirstConvolution: true, convolutionBias: true,
        epsilon: 1e-3)
    /// qubvel's classification_models and segmentation_models.
    public static let classificationModels = EncoderGraph(
        family: .preActivation, strideInFirstConvolution: false, convolutionBias: false,
        epsilon: 2e-5)
}
