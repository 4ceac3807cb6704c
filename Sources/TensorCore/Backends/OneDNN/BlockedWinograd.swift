import CKernels

/// Our own Winograd convolution (`CKernels/blocked`): one pass of a 3x3 convolution that moves by
/// one and keeps the size, between tensors in blocks.
struct BlockedWinograd {
    /// Which loop is outside: tiles suit large maps, panels many channels.
    enum Order { case tiles, panels }

    private let extents: floe_winograd
    private let order: Order
    private let isWeightGradient: Bool
    private let layout: Layout

    /// Nil where the kernels do not exist: other geometries, channels that do not fill blocks,
    /// processors without AVX2.
    init?(_ key: ConvolutionKey, block: Int) {
        switch key.algorithm {
        case .winogradByTiles: order = .tiles
        case .winogradByPanels: order = .panels
        case .direct, .winograd: return nil
        }
        guard key.mayUseWinograd, key.geometry.padding == 1 else { return nil }
        let isTurned = key.pass == .inputGradient
        isWeightGradient = key.pass == .weightGradient
        layout = .channelBlocked(block)
        extents = floe_winograd(
            images: key.input[0], inputs: key.weight[isTurned ? 0 : 1],
            outputs: key.weight[isTurned ? 1 : 0], height: key.input[2], width: key.input[3],
            block: block)
        guard floe_winograd_exists(extents) != 0,
            4 * scratchCount <= Self.largestScratchBytes
        else { return nil }
    }

    /// Tiles outside keep the points of all weights, or sums for them on every thread: with very many
    /// channels that is slow, and memory that the network could use.
    private static let largestScratchBytes = 128 << 20

    private var scratchCount: Int {
        floe_winograd_scratch(
            extents, isWeightGradient ? 1 : 0, isPanelsOuter, floe_max_threads())
    }

    /// What is fastest on the processors that were measured (decision 0014): tiles outside while there
    /// are many of them, panels outside where the weights are what fills the cache.
    static func algorithmByShape(_ key: ConvolutionKey, block: Int) -> KernelTable.Algorithm {
        let (images, _, height, width) = key.input.nchw
        let tiles = images * ((height + 3) / 4) * ((width + 3) / 4)
        // Where most of every tile lies outside the map, its products are wasted.
        guard 5 * images * height * width >= 2 * 16 * tiles else { return .direct }
        let (outputs, inputs) =
            key.pass == .inputGradient
            ? (key.weight[1], key.weight[0]) : (key.weight[0], key.weight[1])
        // Panels outside read the points of all tiles again and again: they must stay in the cache.
        let pointBytes = 36 * 4 * tiles * inputs
        let panelsFirst =
            key.pass == .weightGradient
            ? inputs * outputs >= 1 << 14 : tiles < 2 * outputs && pointBytes <= 32 << 20
        let order: [KernelTable.Algorithm] =
            panelsFirst
            ? [.winogradByPanels, .winogradByTiles] : [.winogradByTiles, .winogradByPanels]
        return order.first { algorithm in
            var trial = key
            trial.algorithm = algorithm
            return BlockedWinograd(trial, block: block) != nil
        } ?? .direct
    }

    /// Forward: convolution, bias, residual, ReLU.
    func forward(
        _ inputs: [Tensor], weight: Tensor, bias: Tensor?, residual: Tensor?, relu: Bool,
        _ backend: OneDNNBackend
    ) -> Tensor {
        let sources = sources(inputs, backend)
        precondition(
            residual.map { $0.shape == outputShape } ?? true, "a residual of another shape")
        let residual = residual.map { backend.convert($0, to: layout) }
        var output = Tensor(uninitialized: outputShape, layout: layout)
        withExtendedLifetime((sources, weight, bias, residual)) {
            floe_winograd_forward(
                planes([(output.writePointer(), extents.outputs)]),
                planes(sources.map { ($0.readPointer, $0.shape[1]) }), weight.readPointer, 0,
                bias?.readPointer, residual?.readPointer, relu ? 1 : 0, extents, isPanelsOuter,
                scratch(backend))
        }
        return output
    }

    /// The gradient of every input that lay side by side.
    func inputGradient(
        _ gradient: Tensor, weight: Tensor, inputShapes: [Shape], _ backend: OneDNNBackend
    ) -> [Tensor] {
        guard takesApart(inputShapes) else {
            let whole = inputGradient(
                gradient, weight: weight, inputShapes: [.sideBySide(inputShapes)], backend)
            return backend.parted(whole[0], inputShapes)
        }
        let gradient = backend.convert(gradient, to: layout)
        var results = inputShapes.map { Tensor(uninitialized: $0, layout: layout) }
        var targets: [(UnsafeMutablePointer<Float>, Int)] = []
        for index in results.indices {
            targets.append((results[index].writePointer(), inputShapes[index][1]))
        }
        withExtendedLifetime((gradient, weight, results)) {
            floe_winograd_forward(
                planes(targets), planes([(gradient.readPointer, gradient.shape[1])]),
                weight.readPointer, 1, nil, nil, 0, extents, isPanelsOuter, scratch(backend))
        }
        return results
    }

    func weightGradient(
        _ gradient: Tensor, inputs: [Tensor], _ backend: OneDNNBackend
    ) -> Tensor {
        let gradient = backend.convert(gradient, to: layout)
        let sources = sources(inputs, backend)
        var result = Tensor(uninitialized: [extents.outputs, extents.inputs, 3, 3])
        withExtendedLifetime((gradient, sources)) {
            floe_winograd_weight_gradient(
                result.writePointer(), planes(sources.map { ($0.readPointer, $0.shape[1]) }),
                gradient.readPointer, extents, isPanelsOuter, floe_max_threads(), scratch(backend))
        }
        return result
    }

    private var outputShape: Shape {
        [extents.images, extents.outputs, extents.height, extents.width]
    }

    /// Runs on buffers of its own, to be timed.
    func trial(_ key: ConvolutionKey, _ backend: OneDNNBackend) -> () -> Void {
        let input = Tensor(zeros: key.input, layout: layout)
        let output = Tensor(
            zeros: key.geometry.outputShape(input: key.input, weight: key.weight), layout: layout)
        let weight = Tensor(zeros: key.weight)
        return {
            switch key.pass {
            case .forward:
                _ = forward(
                    [input], weight: weight, bias: nil, residual: nil, relu: key.relu, backend)
            case .inputGradient:
                _ = inputGradient(output, weight: weight, inputShapes: [key.input], backend)
            case .weightGradient: _ = weightGradient(output, inputs: [input], backend)
            }
        }
    }

    /// Whether tensors that lie side by side need no concatenation.
    private func takesApart(_ parts: [Shape]) -> Bool {
        parts.count <= 2 && parts.allSatisfy { $0[1] % extents.block == 0 }
    }

    /// One or two blocked tensors that hold the inputs.
    private func sources(_ inputs: [Tensor], _ backend: OneDNNBackend) -> [Tensor] {
        precondition(
            Shape.sideBySide(inputs.map(\.shape))[1] == extents.inputs,
            "inputs \(inputs.map(\.shape)) for \(extents.inputs) channels")
        let parts =
            takesApart(inputs.map(\.shape)) ? inputs : [backend.concatenate(inputs)]
        return parts.map { backend.convert($0, to: layout) }
    }

    private var isPanelsOuter: Int32 { order == .panels ? 1 : 0 }

    private func scratch(_ backend: OneDNNBackend) -> UnsafeMutablePointer<Float> {
        backend.runtime.scratchpad(bytes: 4 * scratchCount)
    }

    private func planes(_ parts: [(data: UnsafeMutablePointer<Float>, channels: Int)])
        -> floe_planes
    {
        var result = floe_planes()
        result.data.0 = parts[0].data
        result.blocks.0 = parts[0].channels / extents.block
        if parts.count > 1 {
            result.data.1 = parts[1].data
            result.blocks.1 = parts[1].channels / extents.block
        }
        return result
    }
}

extension OneDNNBackend {
    /// Our own kernel for a pass, where the table names it.
    func blockedWinograd(_ key: ConvolutionKey) -> BlockedWinograd? {
        guard key.mayUseWinograd, key.geometry.padding == 1 else { return nil }
        return BlockedWinograd(chosen(key), block: block)
    }
}
