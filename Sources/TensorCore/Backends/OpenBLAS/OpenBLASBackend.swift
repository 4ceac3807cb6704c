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
        let channelParts = columns.channelParts
        let added = residual?.converted(to: .plain)
        precondition(added.map { $0.shape == shape } ?? true, "a residual of another shape")
        let biases = bias?.values
        output.fill(from: source) { out, input, _ in
            weight.withUnsafeElements { weight in
                guard let weight = weight.baseAddress else { return }
                parallelFor(shape[0] * strips.count) { range in
                    let scratch = columns.scratch(strips, channels: channelParts[0].count)
                    defer { withExtendedLifetime((scratch, added)) {} }
                    for index in range {
                        let (image, rows) = (index / strips.count, strips[index % strips.count])
                        let first = image * shape[1] * columns.pixels + rows.lowerBound * shape[3]
                        let strip = OutputStrip(
                            start: out + first, channels: shape[1], pixels: rows.count * shape[3],
                            row: columns.pixels)
                        // The strip stays in the cache: what is added goes in before the products.
                        strip.begin(bias: biases, residual: added.map { $0.readPointer + first })
                        for part in channelParts {
                            let matrix = columns.unfold(
                                input + image * columns.inputCount, rows, part, into: scratch)
                            let column = part.lowerBound * columns.taps
                            OpenBLASLibrary.multiply(
                                strip.channels, strip.pixels, part.count * columns.taps,
                                weight + column, rowA: columns.rows, matrix.data,
                                rowB: matrix.row, beta: 1, strip.start, rowC: strip.row)
                        }
                        if relu { strip.relu() }
                    }
                }
            }
        }
        return output
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
                    let scratch = columns.scratch(strips, channels: channels.count)
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

/// Some rows of an output image, every channel's `pixels` of them `row` apart.
private struct OutputStrip {
    let start: UnsafeMutablePointer<Float>
    let channels: Int
    let pixels: Int
    let row: Int

    /// Bias and residual, or zeros.
    func begin(bias: [Float]?, residual: UnsafeMutablePointer<Float>?) {
        for channel in 0..<channels {
            let line = start + channel * row
            let value = bias?[channel] ?? 0
            if let residual {
                let added = residual + channel * row
                for pixel in 0..<pixels { line[pixel] = added[pixel] + value }
            } else {
                line.update(repeating: value, count: pixels)
            }
        }
    }

    func relu() {
        for channel in 0..<channels {
            let line = start + channel * row
            // A NaN stays, so that a broken network is noticed.
            for pixel in 0..<pixels { line[pixel] = line[pixel] < 0 ? 0 : line[pixel] }
        }
    }
}
