import CKernels

extension OneDNNBackend {
    /// Where the stride is the kernel, every input pixel becomes a square of its own: a 1x1
    /// convolution to all positions of the square, which runs at the full speed of a matrix product,
    /// and one pass that spreads them out and adds the bias.
    public func transposedConvolution(
        _ input: Tensor, weight: Tensor, bias: Tensor?, outputShape: Shape,
        _ geometry: ConvolutionGeometry
    ) -> Tensor {
        let (n, outputs, height, width) = outputShape.nchw
        let stride = geometry.stride
        guard stride > 1, weight.shape[2] == stride, weight.shape[3] == stride,
            geometry.padding == 0, geometry.dilation == 1, outputs % block == 0,
            height == input.shape[2] * stride, width == input.shape[3] * stride
        else {
            let output = convolutionInputGradient(
                input, weight: weight, inputShape: outputShape, geometry)
            return bias.map { addBias(output, bias: $0) } ?? output
        }
        let layout = Layout.channelBlocked(block)
        let squares = convert(
            convolution(
                input, weight: squareWeight(weight), bias: nil, ConvolutionGeometry(), relu: false),
            to: layout)
        let bias = bias ?? Tensor(zeros: [outputs])
        var result = Tensor(uninitialized: outputShape, layout: layout)
        withExtendedLifetime((squares, bias)) {
            floe_spread_squares(
                result.writePointer(), squares.readPointer, bias.readPointer, n, outputs / block,
                input.shape[2], input.shape[3], stride, block)
        }
        return result
    }

    /// `[in, out, k, k]` as the weight `[k * k * out, in, 1, 1]` of a 1x1 convolution.
    private func squareWeight(_ weight: Tensor) -> Tensor {
        weight.companion { plain in
            let (inputs, outputs, k, _) = plain.shape.nchw
            let taps = k * k
            var result = Tensor(uninitialized: [taps * outputs, inputs, 1, 1])
            plain.withUnsafeElements { plain in
                result.withUnsafeMutableElements { out in
                    for input in 0..<inputs {
                        for output in 0..<outputs {
                            let from = (input * outputs + output) * taps
                            for tap in 0..<taps {
                                out[(tap * outputs + output) * inputs + input] = plain[from + tap]
                            }
                        }
                    }
                }
            }
            return [result]
        }[0]
    }
}
