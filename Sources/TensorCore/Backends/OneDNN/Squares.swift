import CKernels

/// Convolutions whose 2x2 kernel moves by two, and their transposes, by our own kernels: each pixel
/// of the coarse map belongs to one square of the fine map, so that every pass is one matrix product
/// (`CKernels/blocked/squares`). oneDNN reaches half of what a matrix product does here.
struct Squares {
    private let extents: floe_squares
    private let layout: Layout

    /// Nil where the kernels do not exist: other geometries, channels that do not fill blocks, odd
    /// fine maps, processors without AVX2.
    ///
    /// - Parameters:
    ///   - fine: shape of the map that has more pixels.
    ///   - weight: `[coarse, fine, 2, 2]`.
    init?(fine: Shape, weight: Shape, _ geometry: ConvolutionGeometry, block: Int) {
        guard weight[2] == 2, weight[3] == 2, geometry == ConvolutionGeometry(stride: 2),
            fine[2] % 2 == 0, fine[3] % 2 == 0, fine.count > 0
        else { return nil }
        layout = .channelBlocked(block)
        extents = floe_squares(
            images: fine[0], coarse: weight[0], fine: weight[1], height: fine[2] / 2,
            width: fine[3] / 2, block: block)
        guard floe_squares_exist(extents) != 0 else { return nil }
    }

    /// Every coarse pixel to its square: a transposed convolution, or an input gradient.
    func toFine(
        _ coarse: Tensor, weight: Tensor, bias: Tensor?, _ backend: OneDNNBackend
    ) -> Tensor {
        let coarse = backend.convert(coarse, to: layout)
        var result = Tensor(
            uninitialized: [extents.images, extents.fine, 2 * extents.height, 2 * extents.width],
            layout: layout)
        withExtendedLifetime((coarse, weight, bias)) {
            floe_squares_to_fine(
                result.writePointer(), coarse.readPointer, weight.readPointer, bias?.readPointer,
                extents, scratch(backend, threads: 1))
        }
        return result
    }

    /// Every square to its coarse pixel: a convolution, or a transposed one's input gradient.
    func toCoarse(
        _ fine: Tensor, weight: Tensor, bias: Tensor?, _ backend: OneDNNBackend
    ) -> Tensor {
        let fine = backend.convert(fine, to: layout)
        var result = Tensor(
            uninitialized: [extents.images, extents.coarse, extents.height, extents.width],
            layout: layout)
        withExtendedLifetime((fine, weight, bias)) {
            floe_squares_to_coarse(
                result.writePointer(), fine.readPointer, weight.readPointer, bias?.readPointer,
                extents, scratch(backend, threads: 1))
        }
        return result
    }

    func weightGradient(coarse: Tensor, fine: Tensor, _ backend: OneDNNBackend) -> Tensor {
        let coarse = backend.convert(coarse, to: layout)
        let fine = backend.convert(fine, to: layout)
        var result = Tensor(uninitialized: [extents.coarse, extents.fine, 2, 2])
        withExtendedLifetime((coarse, fine)) {
            floe_squares_weight_gradient(
                result.writePointer(), coarse.readPointer, fine.readPointer, extents,
                scratch(backend, threads: floe_max_threads()))
        }
        return result
    }

    private func scratch(_ backend: OneDNNBackend, threads: Int32) -> UnsafeMutablePointer<Float> {
        backend.runtime.scratchpad(bytes: 4 * floe_squares_scratch(extents, threads))
    }
}

extension OneDNNBackend {
    public func transposedConvolution(
        _ input: Tensor, weight: Tensor, bias: Tensor?, outputShape: Shape,
        _ geometry: ConvolutionGeometry
    ) -> Tensor {
        if let squares = Squares(fine: outputShape, weight: weight.shape, geometry, block: block) {
            return squares.toFine(input, weight: weight, bias: bias, self)
        }
        let output = convolutionInputGradient(
            input, weight: weight, inputShape: outputShape, geometry)
        return bias.map { addBias(output, bias: $0) } ?? output
    }
}
