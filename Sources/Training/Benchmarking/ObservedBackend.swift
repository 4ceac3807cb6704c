import TensorCore

/// A back end that does what another does, and counts its operations and their time.
///
/// Running a network on it walks the network as it is, whatever its architecture, so that neither
/// the count nor the profile needs a second description of it.
final class ObservedBackend: ComputeBackend, @unchecked Sendable {
    let inner: any ComputeBackend
    private let clock = ContinuousClock()
    /// Everything since the start or the last `reset`; touched on `ComputeThread` only.
    private(set) var operations: [String: OperationProfile] = [:]

    init(_ inner: any ComputeBackend) { self.inner = inner }

    var name: String { inner.name }

    func reset() { operations = [:] }

    /// Multiplications and additions of all convolutions.
    var convolutionOperations: Double { operations.values.reduce(0) { $0 + $1.operations } }

    /// Runs and counts something under a name.
    func observe<Result>(
        _ name: String, operations count: Int = 0, _ body: () -> Result
    ) -> Result {
        let start = clock.now
        let result = body()
        operations[name, default: OperationProfile(name: name)]
            .add(seconds: (clock.now - start) / .seconds(1), operations: Double(count))
        return result
    }

    private func observe<Result>(
        _ name: String, output: Shape, weight: Shape, _ geometry: ConvolutionGeometry,
        _ body: () -> Result
    ) -> Result {
        let text =
            "\(name) \(weight[2])x\(weight[3]) s\(geometry.stride) "
            + "\(weight[1])-\(weight[0]) to \(output[2])x\(output[3])"
        return observe(
            text, operations: 2 * output.count * weight[1] * weight[2] * weight[3], body)
    }

    // MARK: Convolution

    func convolution(
        _ inputs: [Tensor], weight: Tensor, bias: Tensor?, residual: Tensor?,
        _ geometry: ConvolutionGeometry, relu: Bool
    ) -> Tensor {
        let shape: Shape = [
            inputs[0].shape[0], weight.shape[0],
            geometry.outputExtent(of: inputs[0].shape[2], kernel: weight.shape[2]),
            geometry.outputExtent(of: inputs[0].shape[3], kernel: weight.shape[3]),
        ]
        return observe("convolution", output: shape, weight: weight.shape, geometry) {
            inner.convolution(
                inputs, weight: weight, bias: bias, residual: residual, geometry, relu: relu)
        }
    }

    func transposedConvolution(
        _ input: Tensor, weight: Tensor, bias: Tensor?, outputShape: Shape,
        _ geometry: ConvolutionGeometry
    ) -> Tensor {
        observe("transposed convolution", output: input.shape, weight: weight.shape, geometry) {
            inner.transposedConvolution(
                input, weight: weight, bias: bias, outputShape: outputShape, geometry)
        }
    }

    func convolutionInputGradient(
        _ outputGradient: Tensor, weight: Tensor, inputShapes: [Shape],
        _ geometry: ConvolutionGeometry
    ) -> [Tensor] {
        observe("input gradient", output: outputGradient.shape, weight: weight.shape, geometry) {
            inner.convolutionInputGradient(
                outputGradient, weight: weight, inputShapes: inputShapes, geometry)
        }
    }

    func convolutionWeightGradient(
        _ outputGradient: Tensor, inputs: [Tensor], weightShape: Shape, needsBias: Bool,
        _ geometry: ConvolutionGeometry
    ) -> (weight: Tensor, bias: Tensor?) {
        observe("weight gradient", output: outputGradient.shape, weight: weightShape, geometry) {
            inner.convolutionWeightGradient(
                outputGradient, inputs: inputs, weightShape: weightShape, needsBias: needsBias,
                geometry)
        }
    }

    // MARK: Batch norm

    func batchNormTraining(
        _ input: Tensor, weight: Tensor, bias: Tensor, epsilon: Float, relu: Bool
    ) -> BatchNormOutput {
        observe("batch norm") {
            inner.batchNormTraining(input, weight: weight, bias: bias, epsilon: epsilon, relu: relu)
        }
    }

    func batchNormGradient(
        _ outputGradient: Tensor, input: Tensor, forward: BatchNormOutput, weight: Tensor,
        bias: Tensor, epsilon: Float, relu: Bool
    ) -> (input: Tensor, weight: Tensor, bias: Tensor) {
        observe("batch norm gradient") {
            inner.batchNormGradient(
                outputGradient, input: input, forward: forward, weight: weight, bias: bias,
                epsilon: epsilon, relu: relu)
        }
    }

    func batchNormInference(
        _ input: Tensor, mean: Tensor, variance: Tensor, weight: Tensor, bias: Tensor,
        epsilon: Float, relu: Bool
    ) -> Tensor {
        observe("batch norm") {
            inner.batchNormInference(
                input, mean: mean, variance: variance, weight: weight, bias: bias,
                epsilon: epsilon, relu: relu)
        }
    }

    // MARK: Pooling

    func maxPool(_ input: Tensor, _ geometry: PoolingGeometry) -> MaxPoolOutput {
        observe("max pool") { inner.maxPool(input, geometry) }
    }

    func maxPoolGradient(
        _ outputGradient: Tensor, input: Tensor, forward: MaxPoolOutput, _ geometry: PoolingGeometry
    ) -> Tensor {
        observe("max pool gradient") {
            inner.maxPoolGradient(outputGradient, input: input, forward: forward, geometry)
        }
    }

    func averagePool(_ input: Tensor, _ geometry: PoolingGeometry) -> Tensor {
        observe("average pool") { inner.averagePool(input, geometry) }
    }

    func averagePoolGradient(
        _ outputGradient: Tensor, inputShape: Shape, _ geometry: PoolingGeometry
    ) -> Tensor {
        observe("average pool gradient") {
            inner.averagePoolGradient(outputGradient, inputShape: inputShape, geometry)
        }
    }

    // MARK: Gates and norms of one image

    func mapMeans(_ input: Tensor) -> Tensor { observe("map means") { inner.mapMeans(input) } }

    func mapMeansGradient(
        _ outputGradient: Tensor, inputShape: Shape, layout: Layout
    ) -> Tensor {
        observe("map means gradient") {
            inner.mapMeansGradient(outputGradient, inputShape: inputShape, layout: layout)
        }
    }

    func gate(_ input: Tensor, channel: Tensor, spatial: Tensor?) -> Tensor {
        observe("gate") { inner.gate(input, channel: channel, spatial: spatial) }
    }

    func gateGradient(
        _ outputGradient: Tensor, input: Tensor, channel: Tensor, spatial: Tensor?
    ) -> (input: Tensor, channel: Tensor, spatial: Tensor?) {
        observe("gate gradient") {
            inner.gateGradient(outputGradient, input: input, channel: channel, spatial: spatial)
        }
    }

    func groupNorm(
        _ input: Tensor, weight: Tensor, bias: Tensor, groups: Int, epsilon: Float, relu: Bool
    ) -> GroupNormOutput {
        observe("group norm") {
            inner.groupNorm(
                input, weight: weight, bias: bias, groups: groups, epsilon: epsilon, relu: relu)
        }
    }

    func groupNormGradient(
        _ outputGradient: Tensor, input: Tensor, forward: GroupNormOutput, weight: Tensor,
        relu: Bool
    ) -> (input: Tensor, weight: Tensor, bias: Tensor) {
        observe("group norm gradient") {
            inner.groupNormGradient(
                outputGradient, input: input, forward: forward, weight: weight, relu: relu)
        }
    }

    func blend(_ a: Tensor, _ b: Tensor, weights: (Float, Float), relu: Bool) -> Tensor {
        observe("blend") { inner.blend(a, b, weights: weights, relu: relu) }
    }

    func blendGradient(
        _ outputGradient: Tensor, _ a: Tensor, _ b: Tensor, weights: (Float, Float),
        output: Tensor?
    ) -> (a: Tensor, b: Tensor, weights: (Float, Float)) {
        observe("blend gradient") {
            inner.blendGradient(outputGradient, a, b, weights: weights, output: output)
        }
    }

    // MARK: Everything else

    func add(_ a: Tensor, _ b: Tensor, relu: Bool) -> Tensor {
        observe("add") { inner.add(a, b, relu: relu) }
    }

    func multiply(_ a: Tensor, _ b: Tensor) -> Tensor {
        observe("multiply") { inner.multiply(a, b) }
    }

    func relu(_ input: Tensor) -> Tensor { observe("relu") { inner.relu(input) } }

    func reluGradient(_ outputGradient: Tensor, output: Tensor) -> Tensor {
        observe("relu gradient") { inner.reluGradient(outputGradient, output: output) }
    }

    func resize(_ input: Tensor, height: Int, width: Int, rule: ResizeRule) -> Tensor {
        observe("resize") { inner.resize(input, height: height, width: width, rule: rule) }
    }

    func resizeGradient(
        _ outputGradient: Tensor, inputShape: Shape, rule: ResizeRule
    ) -> Tensor {
        observe("resize gradient") {
            inner.resizeGradient(outputGradient, inputShape: inputShape, rule: rule)
        }
    }

    func concatenate(_ inputs: [Tensor]) -> Tensor {
        observe("concatenate") { inner.concatenate(inputs) }
    }

    func channels(_ range: Range<Int>, of input: Tensor) -> Tensor {
        observe("channels") { inner.channels(range, of: input) }
    }

    func addBias(_ input: Tensor, bias: Tensor) -> Tensor {
        observe("add bias") { inner.addBias(input, bias: bias) }
    }

    func channelSums(_ input: Tensor) -> Tensor {
        observe("channel sums") { inner.channelSums(input) }
    }

    func convert(_ input: Tensor, to layout: Layout) -> Tensor {
        observe("convert layout") { inner.convert(input, to: layout) }
    }
}
