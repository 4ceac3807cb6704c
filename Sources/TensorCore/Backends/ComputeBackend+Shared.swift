import CKernels

/// Memory-bound operations that every back end shares: they work in any layout, because all of them
/// are `[outer, height, width, inner]`.
extension ComputeBackend {
    public func transposedConvolution(
        _ input: Tensor, weight: Tensor, bias: Tensor?, outputShape: Shape,
        _ geometry: ConvolutionGeometry
    ) -> Tensor {
        let output = convolutionInputGradient(
            input, weight: weight, inputShape: outputShape, geometry)
        return bias.map { addBias(output, bias: $0) } ?? output
    }

    public func add(_ a: Tensor, _ b: Tensor, relu: Bool) -> Tensor {
        precondition(a.shape == b.shape, "cannot add \(a.shape) and \(b.shape)")
        return binary(a, b) { floe_add($0, $1, $2, $3, relu ? 1 : 0) }
    }

    public func multiply(_ a: Tensor, _ b: Tensor) -> Tensor {
        precondition(a.shape == b.shape, "cannot multiply \(a.shape) and \(b.shape)")
        return binary(a, b) { floe_multiply($0, $1, $2, $3) }
    }

    public func relu(_ input: Tensor) -> Tensor {
        var result = Tensor(uninitialized: input.shape, layout: input.layout)
        result.fill(from: input) { floe_relu($0, $1, $2) }
        return result
    }

    public func reluGradient(_ outputGradient: Tensor, output: Tensor) -> Tensor {
        binary(outputGradient, output) { floe_relu_gradient($0, $1, $2, $3) }
    }

    private func binary(
        _ a: Tensor, _ b: Tensor,
        _ kernel: (
            UnsafeMutablePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, Int
        ) -> Void
    ) -> Tensor {
        let second = convert(b, to: a.layout)
        var result = Tensor(uninitialized: a.shape, layout: a.layout)
        result.withUnsafeMutableElements { out in
            a.withUnsafeElements { first in
                second.withUnsafeElements { second in
                    guard let out = out.baseAddress, let a = first.baseAddress,
                        let b = second.baseAddress
                    else { return }
                    kernel(out, a, b, first.count)
                }
            }
        }
        return result
    }

    public func resize(_ input: Tensor, height: Int, width: Int, rule: ResizeRule) -> Tensor {
        let (n, c, h, w) = input.shape.nchw
        var result = Tensor(uninitialized: [n, c, height, width], layout: input.layout)
        let plan = ResizePlan(input.layout, [n, c, h, w], height: height, width: width, rule: rule)
        result.fill(from: input) { out, input, _ in plan.forward(out, input) }
        return result
    }

    public func resizeGradient(
        _ outputGradient: Tensor, inputShape: Shape, rule: ResizeRule
    ) -> Tensor {
        let (_, _, height, width) = outputGradient.shape.nchw
        var result = Tensor(uninitialized: inputShape, layout: outputGradient.layout)
        let plan = ResizePlan(
            outputGradient.layout, inputShape, height: height, width: width, rule: rule)
        result.fill(from: outputGradient) { out, input, _ in plan.backward(out, input) }
        return result
    }

    public func concatenate(_ inputs: [Tensor]) -> Tensor {
        precondition(!inputs.isEmpty, "nothing to concatenate")
        let (n, _, h, w) = inputs[0].shape.nchw
        let channels = inputs.reduce(0) { $0 + $1.shape[1] }
        let layout = commonLayout(inputs)
        var result = Tensor(uninitialized: [n, channels, h, w], layout: layout)
        let imageStride = result.layout.storageCount(of: [1, channels, h, w])
        var start = 0
        for input in inputs {
            precondition(
                input.shape[0] == n && input.shape[2] == h && input.shape[3] == w,
                "cannot concatenate \(inputs.map(\.shape))")
            let part = convert(input, to: layout)
            let length = part.shape[1] * h * w
            result.fill(from: part) { out, part, _ in
                for image in 0..<n {
                    floe_copy(out + image * imageStride + start, part + image * length, length)
                }
            }
            start += length
        }
        return result
    }

    /// The inputs side by side; the only one as it is.
    func joined(_ inputs: [Tensor]) -> Tensor {
        inputs.count == 1 ? inputs[0] : concatenate(inputs)
    }

    /// The parts that lie side by side in a tensor.
    func parted(_ tensor: Tensor, _ shapes: [Shape]) -> [Tensor] {
        guard shapes.count > 1 else { return [tensor] }
        var start = 0
        return shapes.map { shape in
            defer { start += shape[1] }
            return channels(start..<start + shape[1], of: tensor)
        }
    }

    public func channels(_ range: Range<Int>, of input: Tensor) -> Tensor {
        let (n, c, h, w) = input.shape.nchw
        precondition(range.lowerBound >= 0 && range.upperBound <= c, "no channels \(range) of \(c)")
        var source = input
        if case .channelBlocked(let block) = input.layout,
            range.lowerBound % block == 0, range.upperBound % block == 0 || range.upperBound == c
        {
            // Whole blocks lie side by side.
        } else {
            source = convert(input, to: .plain)
        }
        var result = Tensor(uninitialized: [n, range.count, h, w], layout: source.layout)
        let imageStride = source.layout.storageCount(of: [1, c, h, w])
        let length = result.layout.storageCount(of: [1, range.count, h, w])
        let start = range.lowerBound * h * w
        result.fill(from: source) { out, source, _ in
            for image in 0..<n {
                floe_copy(out + image * length, source + image * imageStride + start, length)
            }
        }
        return result
    }

    /// A layout in which every input's channels are one run of memory.
    private func commonLayout(_ inputs: [Tensor]) -> Layout {
        guard case .channelBlocked(let block) = inputs[0].layout,
            inputs.allSatisfy({ $0.shape[1] % block == 0 })
        else { return .plain }
        return inputs[0].layout
    }

    public func addBias(_ input: Tensor, bias: Tensor) -> Tensor {
        let (n, c, h, w) = input.shape.nchw
        let (blocks, inner) = input.layout.blocks(channels: c)
        let padded = bias.padded(to: blocks * inner)
        var result = input
        result.withUnsafeMutableElements { values in
            padded.withUnsafeElements { bias in
                guard let values = values.baseAddress, let bias = bias.baseAddress else { return }
                floe_add_bias(values, bias, n * blocks, blocks, h * w, inner)
            }
        }
        return result
    }

    public func channelSums(_ input: Tensor) -> Tensor {
        let (n, c, h, w) = input.shape.nchw
        let (blocks, inner) = input.layout.blocks(channels: c)
        var sums = [Double](repeating: 0, count: blocks * inner)
        input.withUnsafeElements { values in
            guard let values = values.baseAddress else { return }
            floe_channel_sums(&sums, values, n, blocks, h * w, inner)
        }
        return Tensor(sums[0..<c].map(Float.init), shape: [c])
    }

    public func convert(_ input: Tensor, to layout: Layout) -> Tensor {
        input.converted(to: layout)
    }
}

extension Layout {
    /// Runs of channels per image, and channels per run, as they lie in memory.
    func blocks(channels: Int) -> (blocks: Int, inner: Int) {
        switch self {
        case .plain: (channels, 1)
        case .channelsLast: (1, channels)
        case .channelBlocked(let block): ((channels + block - 1) / block, block)
        }
    }
}

extension Tensor {
    /// A vector extended by zeros.
    func padded(to count: Int) -> Tensor {
        guard shape.count < count else { return self }
        return Tensor(values + [Float](repeating: 0, count: count - shape.count), shape: [count])
    }

    /// Writes through pointers to the elements of two tensors.
    mutating func fill(
        from source: Tensor,
        _ kernel: (UnsafeMutablePointer<Float>, UnsafePointer<Float>, Int) -> Void
    ) {
        withUnsafeMutableElements { out in
            source.withUnsafeElements { input in
                guard let out = out.baseAddress, let base = input.baseAddress else { return }
                kernel(out, base, input.count)
            }
        }
    }
}

/// The tables of one resizing, forward and backward.
private struct ResizePlan {
    private var extents: floe_resize
    private let rows: AxisSampling
    private let columns: AxisSampling
    private let rule: ResizeRule

    init(_ layout: Layout, _ input: Shape, height: Int, width: Int, rule: ResizeRule) {
        let (n, c, h, w) = input.nchw
        let (blocks, inner) = layout.blocks(channels: c)
        extents = floe_resize(
            outer: n * blocks, in_height: h, in_width: w, out_height: height, out_width: width,
            inner: inner)
        rows = AxisSampling(from: h, to: height, rule: rule)
        columns = AxisSampling(from: w, to: width, rule: rule)
        self.rule = rule
    }

    func forward(_ out: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>) {
        if rule == .nearest {
            floe_resize_nearest(out, input, extents, rows.lower, columns.lower)
        } else {
            floe_resize_bilinear(
                out, input, extents, rows.lower, rows.upperWeight, columns.lower,
                columns.upperWeight)
        }
    }

    func backward(_ out: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>) {
        if rule == .nearest {
            floe_resize_nearest_gradient(out, input, extents, rows.lower, columns.lower)
        } else {
            floe_resize_bilinear_gradient(
                out, input, extents, rows.lower, rows.upperWeight, columns.lower,
                columns.upperWeight)
        }
    }
}
