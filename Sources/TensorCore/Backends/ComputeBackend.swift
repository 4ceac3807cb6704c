/// The seam between networks and the libraries that compute: about 30 coarse operations.
///
/// All calls are made on `ComputeThread`. Activations are `[batch, channels, height, width]` in
/// whichever layout the back end likes; weights are plain. Results are new tensors.
public protocol ComputeBackend: AnyObject, Sendable {
    /// Name and version for manifests and bug reports, such as `onednn 2.6.3 avx512_core`.
    var name: String { get }

    // MARK: Convolution, weight `[out, in, height, width]`

    /// Convolution of inputs that lie side by side along the channels, so that a back end need not
    /// copy a skip connection; plus `residual`, then ReLU where `relu` is set.
    func convolution(
        _ inputs: [Tensor], weight: Tensor, bias: Tensor?, residual: Tensor?,
        _ geometry: ConvolutionGeometry, relu: Bool
    ) -> Tensor
    /// Gradient with respect to every input.
    func convolutionInputGradient(
        _ outputGradient: Tensor, weight: Tensor, inputShapes: [Shape],
        _ geometry: ConvolutionGeometry
    ) -> [Tensor]
    /// Gradients with respect to weight and, if asked for, bias.
    func convolutionWeightGradient(
        _ outputGradient: Tensor, inputs: [Tensor], weightShape: Shape, needsBias: Bool,
        _ geometry: ConvolutionGeometry
    ) -> (weight: Tensor, bias: Tensor?)

    /// PyTorch's `ConvTranspose2d`, weight `[in, out, height, width]`: the input gradient of a
    /// convolution with the same weight, from `outputShape`.
    func transposedConvolution(
        _ input: Tensor, weight: Tensor, bias: Tensor?, outputShape: Shape,
        _ geometry: ConvolutionGeometry
    ) -> Tensor

    // MARK: Batch norm, statistics `[channels]`

    /// Normalises by the batch's own mean and biased variance, then ReLU where `relu` is set.
    func batchNormTraining(
        _ input: Tensor, weight: Tensor, bias: Tensor, epsilon: Float, relu: Bool
    ) -> BatchNormOutput
    func batchNormGradient(
        _ outputGradient: Tensor, input: Tensor, forward: BatchNormOutput, weight: Tensor,
        bias: Tensor, epsilon: Float, relu: Bool
    ) -> (input: Tensor, weight: Tensor, bias: Tensor)
    /// Normalises by given statistics.
    func batchNormInference(
        _ input: Tensor, mean: Tensor, variance: Tensor, weight: Tensor, bias: Tensor,
        epsilon: Float, relu: Bool
    ) -> Tensor

    // MARK: Pooling

    func maxPool(_ input: Tensor, _ geometry: PoolingGeometry) -> MaxPoolOutput
    func maxPoolGradient(
        _ outputGradient: Tensor, input: Tensor, forward: MaxPoolOutput, _ geometry: PoolingGeometry
    ) -> Tensor
    /// Mean over the window; zeros of the padding count, as in PyTorch's default.
    func averagePool(_ input: Tensor, _ geometry: PoolingGeometry) -> Tensor
    func averagePoolGradient(
        _ outputGradient: Tensor, inputShape: Shape, _ geometry: PoolingGeometry
    ) -> Tensor

    // MARK: Everything else has a shared implementation that a back end may replace

    /// Mean over height and width: plain `[batch, channels, 1, 1]`.
    func mapMeans(_ input: Tensor) -> Tensor
    /// Gradient of `inputShape`, in the layout asked for.
    func mapMeansGradient(_ outputGradient: Tensor, inputShape: Shape, layout: Layout) -> Tensor
    /// Every value times the sum of its channel's gate `[batch, channels, 1, 1]` and its pixel's
    /// `[batch, 1, height, width]`, or the first alone.
    func gate(_ input: Tensor, channel: Tensor, spatial: Tensor?) -> Tensor
    func gateGradient(
        _ outputGradient: Tensor, input: Tensor, channel: Tensor, spatial: Tensor?
    ) -> (input: Tensor, channel: Tensor, spatial: Tensor?)
    /// Normalises every image's groups of channels by their own mean and biased variance, then ReLU
    /// where `relu` is set.
    func groupNorm(
        _ input: Tensor, weight: Tensor, bias: Tensor, groups: Int, epsilon: Float, relu: Bool
    ) -> GroupNormOutput
    func groupNormGradient(
        _ outputGradient: Tensor, input: Tensor, forward: GroupNormOutput, weight: Tensor,
        relu: Bool
    ) -> (input: Tensor, weight: Tensor, bias: Tensor)
    /// A weighted sum of two maps, then ReLU where `relu` is set.
    func blend(_ a: Tensor, _ b: Tensor, weights: (Float, Float), relu: Bool) -> Tensor
    /// - Parameter output: that of the forward pass where it ended in ReLU.
    func blendGradient(
        _ outputGradient: Tensor, _ a: Tensor, _ b: Tensor, weights: (Float, Float),
        output: Tensor?
    ) -> (a: Tensor, b: Tensor, weights: (Float, Float))
    func add(_ a: Tensor, _ b: Tensor, relu: Bool) -> Tensor
    func multiply(_ a: Tensor, _ b: Tensor) -> Tensor
    func relu(_ input: Tensor) -> Tensor
    func reluGradient(_ outputGradient: Tensor, output: Tensor) -> Tensor
    func resize(_ input: Tensor, height: Int, width: Int, rule: ResizeRule) -> Tensor
    func resizeGradient(_ outputGradient: Tensor, inputShape: Shape, rule: ResizeRule) -> Tensor
    func concatenate(_ inputs: [Tensor]) -> Tensor
    /// A range of channels as a tensor of its own.
    func channels(_ range: Range<Int>, of input: Tensor) -> Tensor
    func addBias(_ input: Tensor, bias: Tensor) -> Tensor
    /// Sum over batch, height and width: `[channels]`.
    func channelSums(_ input: Tensor) -> Tensor
    func convert(_ input: Tensor, to layout: Layout) -> Tensor
}

extension ComputeBackend {
    /// Convolution of one input.
    public func convolution(
        _ input: Tensor, weight: Tensor, bias: Tensor?, _ geometry: ConvolutionGeometry,
        relu: Bool = false
    ) -> Tensor {
        convolution(
            [input], weight: weight, bias: bias, residual: nil, geometry, relu: relu)
    }

    /// Gradient with respect to the only input.
    public func convolutionInputGradient(
        _ outputGradient: Tensor, weight: Tensor, inputShape: Shape, _ geometry: ConvolutionGeometry
    ) -> Tensor {
        convolutionInputGradient(
            outputGradient, weight: weight, inputShapes: [inputShape], geometry)[0]
    }

    /// Gradients of a convolution of one input.
    public func convolutionWeightGradient(
        _ outputGradient: Tensor, input: Tensor, weightShape: Shape, needsBias: Bool,
        _ geometry: ConvolutionGeometry
    ) -> (weight: Tensor, bias: Tensor?) {
        convolutionWeightGradient(
            outputGradient, inputs: [input], weightShape: weightShape, needsBias: needsBias,
            geometry)
    }
}

/// What a batch norm's forward pass leaves for its backward pass.
public struct BatchNormOutput: Sendable {
    public var output: Tensor
    /// Mean of the batch, `[channels]`.
    public var mean: Tensor
    /// Biased variance of the batch, `[channels]`.
    public var variance: Tensor
    /// The back end's own record of where ReLU let values through.
    public var workspace: Tensor?
}

/// What a group norm's forward pass leaves for its backward pass.
public struct GroupNormOutput: Sendable {
    public var output: Tensor
    /// Mean of every image's groups, image by image.
    public var mean: [Double]
    /// One over their deviation, epsilon included.
    public var scale: [Double]
}

/// What a max pooling's forward pass leaves for its backward pass.
public struct MaxPoolOutput: Sendable {
    public var output: Tensor
    /// The back end's own record of where each maximum came from.
    public var workspace: Tensor?
}
