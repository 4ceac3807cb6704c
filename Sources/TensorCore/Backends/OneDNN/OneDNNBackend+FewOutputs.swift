import CKernels

/// Convolutions with a few outputs: a network's head. oneDNN fills a block of outputs up with zeros,
/// which costs sixteen times the work for one class; these are direct convolutions of our own.
struct FewOutputs {
    static let largestOutputs = 4
    static let largestInputs = 128

    private let extents: floe_few
    private let input: Shape
    private let weight: Shape
    private let layout: Layout

    /// Nil where oneDNN does better: many outputs, strides, inputs that do not fill blocks,
    /// processors without AVX2.
    init?(input: Shape, weight: Shape, _ geometry: ConvolutionGeometry, block: Int) {
        let kernel = weight[2]
        guard weight[0] <= Self.largestOutputs, input[1] % block == 0,
            input[1] <= Self.largestInputs, kernel == weight[3],
            geometry.stride == 1, geometry.dilation == 1, geometry.padding == kernel / 2
        else { return nil }
        self.input = input
        self.weight = weight
        layout = .channelBlocked(block)
        extents = floe_few(
            images: input[0], blocks: input[1] / block, height: input[2], width: input[3],
            block: block, outputs: weight[0], kernel: kernel)
        guard floe_few_exists(extents) != 0 else { return nil }
    }

    func forward(
        _ source: Tensor, weight: Tensor, bias: Tensor?, _ backend: OneDNNBackend
    ) -> Tensor {
        let source = backend.convert(source, to: layout)
        let kernel = blocked(weight)
        var output = Tensor(uninitialized: [input[0], self.weight[0], input[2], input[3]])
        withExtendedLifetime((source, kernel, bias)) {
            floe_few_forward(
                output.writePointer(), source.readPointer, kernel.readPointer, bias?.readPointer,
                extents)
        }
        return output
    }

    func inputGradient(_ gradient: Tensor, weight: Tensor, _ backend: OneDNNBackend) -> Tensor {
        let gradient = backend.convert(gradient, to: .plain)
        let kernel = blocked(weight)
        var result = Tensor(uninitialized: input, layout: layout)
        withExtendedLifetime((gradient, kernel)) {
            floe_few_input_gradient(
                result.writePointer(), gradient.readPointer, kernel.readPointer, extents)
        }
        return result
    }

    func weightGradient(
        _ gradient: Tensor, input source: Tensor, needsBias: Bool, _ backend: OneDNNBackend
    ) -> (weight: Tensor, bias: Tensor?) {
        let gradient = backend.convert(gradient, to: .plain)
        let source = backend.convert(source, to: layout)
        let rows = input[0] * input[2]
        var sums = Tensor(uninitialized: [rows, weight.count])
        withExtendedLifetime((gradient, source)) {
            floe_few_weight_gradient(
                sums.writePointer(), source.readPointer, gradient.readPointer, extents)
        }
        var total = [Double](repeating: 0, count: weight.count)
        sums.withUnsafeElements { sums in
            total.withUnsafeMutableBufferPointer { total in
                for row in 0..<rows {
                    for index in total.indices {
                        total[index] += Double(sums[row * total.count + index])
                    }
                }
            }
        }
        return (
            unblocked(total.map { Float($0) }), needsBias ? backend.channelSums(gradient) : nil
        )
    }

    // MARK: Weights: plain `[out, in, k, k]`, in the kernel `[out, in / block, k, k, block]`

    private func blocked(_ weight: Tensor) -> Tensor {
        var result = Tensor(uninitialized: [weight.count])
        weight.withUnsafeElements { plain in
            result.withUnsafeMutableElements { out in
                forEachPosition { plainIndex, index in out[index] = plain[plainIndex] }
            }
        }
        return result
    }

    private func unblocked(_ values: [Float]) -> Tensor {
        var result = Tensor(uninitialized: weight)
        result.withUnsafeMutableElements { out in
            forEachPosition { plainIndex, index in out[plainIndex] = values[index] }
        }
        return result
    }

    private func forEachPosition(_ body: (_ plain: Int, _ blocked: Int) -> Void) {
        let taps = weight[2] * weight[3]
        let block = extents.block
        for output in 0..<weight[0] {
            for channel in 0..<weight[1] {
                for tap in 0..<taps {
                    let plain = (output * weight[1] + channel) * taps + tap
                    let line = (output * extents.blocks + channel / block) * taps + tap
                    body(plain, line * block + channel % block)
                }
            }
        }
    }
}
