import TensorCore

extension Reference {
    public static func convolution(
        _ input: ReferenceTensor, weight: ReferenceTensor, bias: ReferenceTensor?,
        _ geometry: ConvolutionGeometry
    ) -> ReferenceTensor {
        var output = ReferenceTensor(
            zeros: geometry.outputShape(input: input.shape, weight: weight.shape))
        forEachProduct(input.shape, weight.shape, output.shape, geometry) { from, by, to in
            output.values[to] += input.values[from] * weight.values[by]
        }
        return bias.map { addBias(output, bias: $0) } ?? output
    }

    /// Gradients with respect to input, weight and bias.
    public static func convolutionGradient(
        _ outputGradient: ReferenceTensor, input: ReferenceTensor, weight: ReferenceTensor,
        _ geometry: ConvolutionGeometry
    ) -> (input: ReferenceTensor, weight: ReferenceTensor, bias: ReferenceTensor) {
        var inputGradient = ReferenceTensor(zeros: input.shape)
        var weightGradient = ReferenceTensor(zeros: weight.shape)
        forEachProduct(input.shape, weight.shape, outputGradient.shape, geometry) { from, by, to in
            inputGradient.values[from] += outputGradient.values[to] * weight.values[by]
            weightGradient.values[by] += outputGradient.values[to] * input.values[from]
        }
        return (inputGradient, weightGradient, channelSums(outputGradient))
    }

    /// Every product of a convolution as three flat positions: of the input, of the weight that it
    /// is multiplied by, and of the output that it is added to.
    @inline(__always)
    private static func forEachProduct(
        _ input: Shape, _ weight: Shape, _ output: Shape, _ geometry: ConvolutionGeometry,
        _ body: (_ from: Int, _ by: Int, _ to: Int) -> Void
    ) {
        let (n, c, h, w) = input.nchw
        let (o, _, kernelHeight, kernelWidth) = weight.nchw
        let (_, _, outputHeight, outputWidth) = output.nchw
        for image in 0..<n {
            for out in 0..<o {
                for y in 0..<outputHeight {
                    for x in 0..<outputWidth {
                        let to = ((image * o + out) * outputHeight + y) * outputWidth + x
                        for channel in 0..<c {
                            for i in 0..<kernelHeight {
                                let row =
                                    y * geometry.stride + i * geometry.dilation - geometry.padding
                                guard 0 <= row, row < h else { continue }
                                for j in 0..<kernelWidth {
                                    let column =
                                        x * geometry.stride + j * geometry.dilation
                                        - geometry.padding
                                    guard 0 <= column, column < w else { continue }
                                    let from = ((image * c + channel) * h + row) * w + column
                                    let by =
                                        ((out * c + channel) * kernelHeight + i) * kernelWidth + j
                                    body(from, by, to)
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
