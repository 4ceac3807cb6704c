import TensorCore

extension ForwardContext {
    /// Convolution of maps side by side, `[batch, in, height, width]` together, with a weight
    /// `[out, in, height, width]`.
    func convolution(
        _ inputs: [Variable], weight: Variable, bias: Variable?, _ geometry: ConvolutionGeometry
    ) -> Variable {
        let backend = backend
        let output = backend.convolution(
            inputs.map(\.tensor), weight: weight.tensor, bias: bias?.tensor, residual: nil,
            geometry, relu: false)
        return record(output, from: inputs + [weight] + (bias.map { [$0] } ?? [])) { gradient in
            // The first layer's input is an image, whose gradient nobody wants.
            let given: [Tensor?] =
                inputs.allSatisfy { $0.node == nil }
                ? inputs.map { _ in nil }
                : backend.convolutionInputGradient(
                    gradient, weight: weight.tensor, inputShapes: inputs.map(\.shape), geometry)
            guard weight.node != nil else {
                return given + [nil, bias?.node == nil ? nil : backend.channelSums(gradient)]
            }
            let learned = backend.convolutionWeightGradient(
                gradient, inputs: inputs.map(\.tensor), weightShape: weight.shape,
                needsBias: bias != nil, geometry)
            return given + [learned.weight, learned.bias]
        }
    }

    /// Transposed convolution of `[batch, in, height, width]` with a weight
    /// `[in, out, height, width]`, PyTorch's `ConvTranspose2d`: the input gradient of a convolution
    /// that has the same weight.
    func transposedConvolution(
        _ x: Variable, weight: Variable, bias: Variable?, _ geometry: ConvolutionGeometry
    ) -> Variable {
        let backend = backend
        let (n, _, h, w) = x.shape.nchw
        func grown(_ extent: Int, _ kernel: Int) -> Int {
            (extent - 1) * geometry.stride - 2 * geometry.padding
                + geometry.dilation * (kernel - 1) + 1
        }
        let shape: Shape = [
            n, weight.shape[1], grown(h, weight.shape[2]), grown(w, weight.shape[3]),
        ]
        let output = backend.transposedConvolution(
            x.tensor, weight: weight.tensor, bias: bias?.tensor, outputShape: shape, geometry)
        return record(output, from: [x, weight] + (bias.map { [$0] } ?? [])) { gradient in
            let input =
                x.node == nil
                ? nil
                : backend.convolution(gradient, weight: weight.tensor, bias: nil, geometry)
            let learned =
                weight.node == nil
                ? nil
                : backend.convolutionWeightGradient(
                    x.tensor, input: gradient, weightShape: weight.shape, needsBias: false,
                    geometry)
            return [
                input, learned?.weight, bias?.node == nil ? nil : backend.channelSums(gradient),
            ]
        }
    }
}
