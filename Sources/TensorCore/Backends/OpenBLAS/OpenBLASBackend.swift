/// The portable back end: im2col and sgemm, plain layouts, loops that a newcomer can read.
///
/// It is the reference that the fast back end is tested against and what runs where oneDNN has no
/// fast kernels.
public final class OpenBLASBackend: ComputeBackend {
    public init() {}

    public var name: String { "openblas \(OpenBLASLibrary.coreName ?? "unavailable")" }
}

// MARK: - Convolution

extension OpenBLASBackend {
    public func convolution(
        _ inputs: [Tensor], weight: Tensor, bias: Tensor?, residual: Tensor?,
        _ geometry: ConvolutionGeometry, relu: Bool
    ) -> Tensor {
        let input = joined(inputs)
        let shape = geometry.outputShape(input: input.shape, weight: weight.shape)
        let columns = Im2Col(input: input.shape, weight: weight.shape, geometry, output: shape)
        let source = input.converted(to: .plain)
        var output = Tensor(uninitialized: shape)
        let strips = columns.strips(parts: ComputePolicy.threads)
        output.fill(from: source) { out, input, _ in
            weight.withUnsafeElements { weight in
                guard let weight = weight.baseAddress else { return }
                parallelFor(shape[0] * strips.count) { range in
                    let scratch = columns.scratch(strips)
                    defer { withExtendedLifetime(scratch) {} }
                    for index in range {
                        let (image, rows) = (index / strips.count, strips[index % strips.count])
                        let matrix = columns.unfold(
                            input + image * columns.inputCount, rows, into: scratch)
                        let first = rows.lowerBound * shape[3]
                        OpenBLASLibrary.multiply(
                            shape[1], rows.count * shape[3], columns.rows, weight, matrix.data,
                            rowB: matrix.row, out + image * shape[1] * columns.pixels + first,
                            rowC: columns.pixels)
                    }
                }
            }
        }
        let shifted = bias.map { addBias(output, bias: $0) } ?? output
        if let residual { return add(shifted, residual, relu: relu) }
        return relu ? self.relu(shifted) : shifted
    }

    public func convolutionInputGradient(
        _ outputGradient: Tensor, weight: Tensor, inputShapes: [Shape],
        _ geometry: ConvolutionGeometry
    ) -> [Tensor] {
        let inputShape = Shape.sideBySide(inputShapes)
        let shape = outputGradient.shape
        let columns = Im2Col(input: inputShape, weight: weight.shape, geometry, output: shape)
        let gradient = outputGradient.converted(to: .plain)
        var result = Tensor(zeros: inputShape)
        result.fill(from: gradient) { out, gradient, _ in
            weight.withUnsafeElements { weight in
                guard let weight = weight.baseAddress else { return }
                // Channels never share a pixel.
                parallelFor(shape[0] * inputShape[1]) { range in
                    var scratch = Tensor(uninitialized: [columns.taps, columns.pixels])
                    let target = scratch.writePointer()
                    defer { withExtendedLifetime(scratch) {} }
                    for index in range {
                        let (image, channel) = (index / inputShape[1], index % inputShape[1])
                        OpenBLASLibrary.multiply(
                            columns.taps, columns.pixels, shape[1],
                            weight + channel * columns.taps, transposeA: true, rowA: columns.rows,
                            gradient + image * shape[1] * columns.pixels, target)
                        columns.fold(
                            target, channel: channel, into: out + image * columns.inputCount)
                    }
                }
            }
        }
        return parted(result, inputShapes)
    }

    public func convolutionWeightGradient(
        _ outputGradient: Tensor, inputs: [Tensor], weightShape: Shape, needsBias: Bool,
        _ geometry: ConvolutionGeometry
    ) -> (weight: Tensor, bias: Tensor?) {
        let input = joined(inputs)
        let shape = outputGradient.shape
        let columns = Im2Col(input: input.shape, weight: weightShape, geometry, output: shape)
        let gradient = outputGradient.converted(to: .plain)
        let source = input.converted(to: .plain)
        var result = Tensor(zeros: weightShape)
        let strips = columns.strips(parts: 1)
        result.fill(from: gradient) { out, gradient, _ in
            source.withUnsafeElements { source in
                guard let source = source.baseAddress else { return }
                // Every thread sums up the weights of its own input channels.
                parallelFor(input.shape[1]) { channels in
                    let own = channels.count * columns.taps
                    let scratch = columns.scratch(strips)
                    defer { withExtendedLifetime(scratch) {} }
                    for image in 0..<shape[0] {
                        for rows in strips {
                            let matrix = columns.unfold(
                                source + image * columns.inputCount, rows, channels, into: scratch)
                            let first = rows.lowerBound * shape[3]
                            OpenBLASLibrary.multiply(
                                shape[1], own, rows.count * shape[3],
                                gradient + image * shape[1] * columns.pixels + first,
                                rowA: columns.pixels, matrix.data, transposeB: true,
                                rowB: matrix.row, beta: 1,
                                out + channels.lowerBound * columns.taps, rowC: columns.rows)
                        }
                    }
                }
            }
        }
        return (result, needsBias ? channelSums(gradient) : nil)
    }
}
