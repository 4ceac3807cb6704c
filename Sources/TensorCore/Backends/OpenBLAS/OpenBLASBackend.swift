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
        var scratch = Tensor(uninitialized: [columns.rows, columns.pixels])
        output.fill(from: source) { out, input, _ in
            weight.withUnsafeElements { weight in
                guard let weight = weight.baseAddress else { return }
                for image in 0..<shape[0] {
                    let matrix = columns.unfold(input + image * columns.inputCount, into: &scratch)
                    OpenBLASLibrary.multiply(
                        shape[1], columns.pixels, columns.rows, weight, matrix,
                        out + image * shape[1] * columns.pixels)
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
        var scratch = Tensor(uninitialized: [columns.rows, columns.pixels])
        result.fill(from: gradient) { out, gradient, _ in
            weight.withUnsafeElements { weight in
                guard let weight = weight.baseAddress else { return }
                for image in 0..<shape[0] {
                    let from = gradient + image * shape[1] * columns.pixels
                    let target = scratch.writePointer()
                    OpenBLASLibrary.multiply(
                        columns.rows, columns.pixels, shape[1], weight, transposeA: true, from,
                        target)
                    columns.fold(target, into: out + image * columns.inputCount)
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
        var scratch = Tensor(uninitialized: [columns.rows, columns.pixels])
        result.fill(from: gradient) { out, gradient, _ in
            source.withUnsafeElements { source in
                guard let source = source.baseAddress else { return }
                for image in 0..<shape[0] {
                    let matrix = columns.unfold(source + image * columns.inputCount, into: &scratch)
                    OpenBLASLibrary.multiply(
                        shape[1], columns.rows, columns.pixels,
                        gradient + image * shape[1] * columns.pixels, matrix, transposeB: true,
                        beta: 1, out)
                }
            }
        }
        return (result, needsBias ? channelSums(gradient) : nil)
    }
}

/// The matrix whose rows are weights' positions and whose columns are output pixels.
private struct Im2Col {
    let rows: Int
    let pixels: Int
    let inputCount: Int
    private let height: Int
    private let width: Int
    private let kernelHeight: Int
    private let kernelWidth: Int
    private let outputHeight: Int
    private let outputWidth: Int
    private let geometry: ConvolutionGeometry

    init(input: Shape, weight: Shape, _ geometry: ConvolutionGeometry, output: Shape) {
        rows = weight[1] * weight[2] * weight[3]
        pixels = output[2] * output[3]
        inputCount = input[1] * input[2] * input[3]
        (height, width) = (input[2], input[3])
        (kernelHeight, kernelWidth) = (weight[2], weight[3])
        (outputHeight, outputWidth) = (output[2], output[3])
        self.geometry = geometry
    }

    /// Fills the matrix for one image; a 1x1 convolution needs no copy.
    func unfold(_ image: UnsafePointer<Float>, into scratch: inout Tensor) -> UnsafePointer<Float> {
        if rows * height * width == inputCount, geometry.stride == 1, geometry.padding == 0 {
            return image
        }
        let matrix = scratch.writePointer()
        parallelFor(rows) { range in
            for row in range {
                let (channel, dy, dx) = position(row)
                let plane = image + channel * height * width
                for y in 0..<outputHeight {
                    let target = matrix + row * pixels + y * outputWidth
                    let sourceY = y * geometry.stride + dy
                    guard sourceY >= 0, sourceY < height else {
                        target.update(repeating: 0, count: outputWidth)
                        continue
                    }
                    let line = plane + sourceY * width
                    for x in 0..<outputWidth {
                        let sourceX = x * geometry.stride + dx
                        target[x] = sourceX >= 0 && sourceX < width ? line[sourceX] : 0
                    }
                }
            }
        }
        return UnsafePointer(matrix)
    }

    /// Adds the matrix back into one image's gradient; channels never share a pixel.
    func fold(_ matrix: UnsafePointer<Float>, into image: UnsafeMutablePointer<Float>) {
        let perChannel = kernelHeight * kernelWidth
        parallelFor(rows / perChannel) { range in
            for row in range.lowerBound * perChannel..<range.upperBound * perChannel {
                let (channel, dy, dx) = position(row)
                let plane = image + channel * height * width
                for y in 0..<outputHeight {
                    let sourceY = y * geometry.stride + dy
                    guard sourceY >= 0, sourceY < height else { continue }
                    let line = plane + sourceY * width
                    let from = matrix + row * pixels + y * outputWidth
                    for x in 0..<outputWidth {
                        let sourceX = x * geometry.stride + dx
                        if sourceX >= 0, sourceX < width { line[sourceX] += from[x] }
                    }
                }
            }
        }
    }

    private func position(_ row: Int) -> (channel: Int, dy: Int, dx: Int) {
        let kernel = row % (kernelHeight * kernelWidth)
        return (
            row / (kernelHeight * kernelWidth),
            kernel / kernelWidth * geometry.dilation - geometry.padding,
            kernel % kernelWidth * geometry.dilation - geometry.padding
        )
    }
}
