import TensorCore

extension ForwardContext {
    /// Convolution of `[batch, in, height, width]` with a weight `[out, in, height, width]`.
    func convolution(
        _ x: Variable, weight: Variable, bias: Variable?, _ geometry: ConvolutionGeometry
    ) -> Variable {
        let backend = backend
        let output = backend.convolution(
            x.tensor, weight: weight.tensor, bias: bias?.tensor, geometry)
        return record(output, from: [x, weight] + (bias.map { [$0] } ?? [])) { gradient in
            let input =
                x.node == nil
                ? nil
                : backend.convolutionInputGradient(
                    gradient, weight: weight.tensor, inputShape: x.shape, geometry)
            guard weight.node != nil else {
                return [input, nil, bias?.node == nil ? nil : backend.channelSums(gradient)]
            }
            let learned = backend.convolutionWeightGradient(
                gradient, input: x.tensor, weightShape: weight.shape, needsBias: bias != nil,
                geometry)
            return [input, learned.weight, learned.bias]
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
