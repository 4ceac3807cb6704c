import CKernels

/// Our own direct convolution (`CKernels/blocked/direct`) between tensors in blocks: 1x1 kernels, and
/// kernels that skip pixels, with bias, residual and ReLU in the same pass.
struct BlockedDirect {
    private let extents: floe_direct
    private let isTransposed: Bool
    private let layout: Layout

    /// Nil where the kernels do not exist or oneDNN's are as good: kernels larger than 1x1 that skip
    /// nothing, channels that do not fill blocks, input gradients of kernels that skip pixels,
    /// processors without AVX2.
    init?(
        _ pass: ConvolutionKey.Pass, input: Shape, weight: Shape, _ geometry: ConvolutionGeometry,
        block: Int
    ) {
        let isPointwise = weight[2] == 1 && weight[3] == 1 && geometry.padding == 0
        guard weight[2] == weight[3], isPointwise || geometry.stride > 1 else { return nil }
        switch pass {
        case .forward: isTransposed = false
        case .inputGradient:
            guard isPointwise, geometry.stride == 1 else { return nil }
            isTransposed = true
        case .weightGradient: return nil
        }
        layout = .channelBlocked(block)
        let output = geometry.outputShape(input: input, weight: weight)
        extents = floe_direct(
            images: input[0], inputs: weight[isTransposed ? 0 : 1],
            outputs: weight[isTransposed ? 1 : 0], height: input[2], width: input[3],
            out_height: output[2], out_width: output[3], kernel: weight[2],
            stride: geometry.stride, padding: geometry.padding, dilation: geometry.dilation,
            block: block)
        guard floe_direct_exists(extents) != 0 else { return nil }
    }

    /// The convolution; or, of an output's gradient, the input's.
    func run(
        _ input: Tensor, weight: Tensor, bias: Tensor? = nil, residual: Tensor? = nil,
        relu: Bool = false, _ backend: OneDNNBackend
    ) -> Tensor {
        let input = backend.convert(input, to: layout)
        let residual = residual.map { backend.convert($0, to: layout) }
        let packed = packed(weight)
        var output = Tensor(
            uninitialized: [
                extents.images, extents.outputs, extents.out_height, extents.out_width,
            ], layout: layout)
        precondition(residual.map { $0.shape == output.shape } ?? true, "a residual's shape")
        withExtendedLifetime((input, packed, bias, residual)) {
            floe_direct_forward(
                output.writePointer(), input.readPointer, packed.pointer, bias?.readPointer,
                residual?.readPointer, relu ? 1 : 0, extents,
                backend.runtime.scratchpad(
                    bytes: 4 * floe_direct_scratch(extents, floe_max_threads())))
        }
        return output
    }

    /// The weight in the order of the product, kept beside it until it is written to.
    private func packed(_ weight: Tensor) -> TensorStorage {
        // Below zero, since oneDNN's formats are numbered from there up.
        weight.derived(for: -2 * extents.block - (isTransposed ? 1 : 0)) {
            let storage = TensorStorage(count: floe_direct_weight_count(extents))
            floe_direct_pack(
                storage.pointer, weight.readPointer, isTransposed ? 1 : 0, extents)
            return storage
        }
    }
}
