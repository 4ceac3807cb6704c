import COneDNN
import Foundation

extension OneDNNBackend {
    public func convolution(
        _ inputs: [Tensor], weight: Tensor, bias: Tensor?, residual: Tensor?,
        _ geometry: ConvolutionGeometry, relu: Bool
    ) -> Tensor {
        let ownKey = blockedKey(
            .forward, inputs.map(\.shape), weight.shape, relu: relu, geometry)
        if let own = blockedWinograd(ownKey) {
            return own.forward(
                inputs, weight: weight, bias: bias, residual: residual, relu: relu, self)
        }
        let input = joined(inputs)
        if let direct = blockedDirect(.forward, input, weight.shape, geometry) {
            return direct.run(
                input, weight: weight, bias: bias, residual: residual, relu: relu, self)
        }
        if let residual {
            let sum = convolution(
                [input], weight: weight, bias: bias, residual: nil, geometry, relu: false)
            return add(sum, residual, relu: relu)
        }
        if let few = fewOutputs(input, weight.shape, geometry) {
            let output = few.forward(input, weight: weight, bias: bias, self)
            return relu ? self.relu(output) : output
        }
        if let squares = Squares(fine: input.shape, weight: weight.shape, geometry, block: block) {
            let output = squares.toCoarse(input, weight: weight, bias: bias, self)
            return relu ? self.relu(output) : output
        }
        let (compiled, key) = compiledConvolution(
            .forward, input: input.shape, inputLayout: preferredLayout(input),
            weight: weight.shape, hasBias: bias != nil, relu: relu, geometry)
        let source = convert(input, to: key.inputLayout)
        let kernel = privateWeight(weight, compiled, key)
        var output = Tensor(
            uninitialized: geometry.outputShape(input: input.shape, weight: weight.shape),
            layout: key.outputLayout)
        var arguments = [
            (Argument.source, source.readPointer), (Argument.weights, kernel.pointer),
            (Argument.target, output.writePointer()),
        ]
        if let bias { arguments.append((Argument.bias, bias.readPointer)) }
        withExtendedLifetime((source, kernel, bias)) { compiled.execute(arguments) }
        return output
    }

    public func convolutionInputGradient(
        _ outputGradient: Tensor, weight: Tensor, inputShapes: [Shape],
        _ geometry: ConvolutionGeometry
    ) -> [Tensor] {
        let ownKey = blockedKey(.inputGradient, inputShapes, weight.shape, geometry)
        if let own = blockedWinograd(ownKey) {
            return own.inputGradient(
                outputGradient, weight: weight, inputShapes: inputShapes, self)
        }
        let inputShape = ownKey.input
        if let few = FewOutputs(input: inputShape, weight: weight.shape, geometry, block: block) {
            return parted(few.inputGradient(outputGradient, weight: weight, self), inputShapes)
        }
        if let direct = BlockedDirect(
            .inputGradient, input: inputShape, weight: weight.shape, geometry, block: block)
        {
            return parted(direct.run(outputGradient, weight: weight, self), inputShapes)
        }
        if let squares = Squares(fine: inputShape, weight: weight.shape, geometry, block: block) {
            return parted(
                squares.toFine(outputGradient, weight: weight, bias: nil, self), inputShapes)
        }
        let (compiled, key) = compiledConvolution(
            .inputGradient, input: inputShape, inputLayout: .channelBlocked(block),
            weight: weight.shape, hasBias: false, geometry)
        let gradient = convert(outputGradient, to: key.outputLayout)
        let kernel = privateWeight(weight, compiled, key)
        var result = Tensor(uninitialized: inputShape, layout: key.inputLayout)
        withExtendedLifetime((gradient, kernel)) {
            compiled.execute([
                (Argument.targetGradient, gradient.readPointer),
                (Argument.weights, kernel.pointer),
                (Argument.sourceGradient, result.writePointer()),
            ])
        }
        return parted(result, inputShapes)
    }

    public func convolutionWeightGradient(
        _ outputGradient: Tensor, inputs: [Tensor], weightShape: Shape, needsBias: Bool,
        _ geometry: ConvolutionGeometry
    ) -> (weight: Tensor, bias: Tensor?) {
        let ownKey = blockedKey(.weightGradient, inputs.map(\.shape), weightShape, geometry)
        if let own = blockedWinograd(ownKey) {
            return (
                own.weightGradient(outputGradient, inputs: inputs, self),
                needsBias ? channelSums(outputGradient) : nil
            )
        }
        let input = joined(inputs)
        if let few = fewOutputs(input, weightShape, geometry) {
            return few.weightGradient(outputGradient, input: input, needsBias: needsBias, self)
        }
        if let squares = Squares(fine: input.shape, weight: weightShape, geometry, block: block) {
            return (
                squares.weightGradient(coarse: outputGradient, fine: input, self),
                needsBias ? channelSums(outputGradient) : nil
            )
        }
        let (compiled, key) = compiledConvolution(
            .weightGradient, input: input.shape, inputLayout: preferredLayout(input),
            weight: weightShape, hasBias: needsBias, geometry)
        let gradient = convert(outputGradient, to: key.outputLayout)
        let source = convert(input, to: key.inputLayout)
        let descriptor = compiled.descriptor(Argument.weightsGradient)
        let privateGradient = TensorStorage(count: (descriptor.byteCount + 3) / 4)
        var bias = needsBias ? Tensor(uninitialized: [weightShape[0]]) : nil
        var arguments = [
            (Argument.targetGradient, gradient.readPointer),
            (Argument.source, source.readPointer),
            (Argument.weightsGradient, privateGradient.pointer),
        ]
        if let pointer = bias?.writePointer() {
            arguments.append((Argument.biasGradient, pointer))
        }
        withExtendedLifetime((gradient, source, privateGradient)) { compiled.execute(arguments) }

        var plain = Tensor(uninitialized: weightShape)
        let reordering = primitive(.weight(key, toPrivate: false)) {
            reorder(from: descriptor, to: .of(weightShape))
        }
        withExtendedLifetime(privateGradient) {
            reordering.execute([
                (Argument.source, privateGradient.pointer), (Argument.target, plain.writePointer()),
            ])
        }
        return (plain, bias)
    }

    /// The key of a pass between blocked tensors, its inputs side by side.
    private func blockedKey(
        _ pass: ConvolutionKey.Pass, _ inputs: [Shape], _ weight: Shape, relu: Bool = false,
        _ geometry: ConvolutionGeometry
    ) -> ConvolutionKey {
        let layout = Layout.channelBlocked(block)
        return ConvolutionKey(
            pass: pass, input: .sideBySide(inputs), weight: weight, geometry: geometry,
            hasBias: false, relu: relu, inputLayout: layout, outputLayout: layout)
    }

    /// Our own direct convolution; what 2x2 squares and heads have better kernels for is not for it.
    private func blockedDirect(
        _ pass: ConvolutionKey.Pass, _ input: Tensor, _ weight: Shape,
        _ geometry: ConvolutionGeometry
    ) -> BlockedDirect? {
        guard weight[2] != 2 else { return nil }
        return BlockedDirect(pass, input: input.shape, weight: weight, geometry, block: block)
    }

    /// Our own kernels for a head's few classes, where the input lies in blocks already.
    private func fewOutputs(
        _ input: Tensor, _ weight: Shape, _ geometry: ConvolutionGeometry
    ) -> FewOutputs? {
        guard input.layout == .channelBlocked(block) else { return nil }
        return FewOutputs(input: input.shape, weight: weight, geometry, block: block)
    }

    /// The weight in the format that a compiled convolution wants, kept beside the weight until it
    /// is written to.
    private func privateWeight(
        _ weight: Tensor, _ compiled: CompiledPrimitive, _ key: ConvolutionKey
    ) -> TensorStorage {
        let descriptor = compiled.descriptor(Argument.weights)
        if descriptor.equals(.of(weight.shape)) { return weight.storage }
        return weight.derived(for: Self.number(of: descriptor)) {
            let storage = TensorStorage(count: (descriptor.byteCount + 3) / 4)
            let reordering = primitive(.weight(key, toPrivate: true)) {
                reorder(from: .of(weight.shape), to: descriptor)
            }
            reordering.execute([
                (Argument.source, weight.readPointer), (Argument.target, storage.pointer),
            ])
            return storage
        }
    }

    // MARK: Choosing and compiling

    private func compiledConvolution(
        _ pass: ConvolutionKey.Pass, input: Shape, inputLayout: Layout, weight: Shape,
        hasBias: Bool, relu: Bool = false, _ geometry: ConvolutionGeometry
    ) -> (CompiledPrimitive, ConvolutionKey) {
        var key = ConvolutionKey(
            pass: pass, input: input, weight: weight, geometry: geometry, hasBias: hasBias,
            relu: relu, inputLayout: inputLayout, outputLayout: .channelBlocked(block))
        if let known = chosenConvolutions[key], let compiled = primitives[.convolution(known)] {
            return (compiled, known)
        }
        let asked = key
        key = chosen(key)
        var fallback: (CompiledPrimitive, ConvolutionKey)?
        for candidate in candidates(key) {
            guard let compiled = compile(candidate) else { continue }
            guard compiled.implementation.hasPrefix("ref") else {
                return remember(compiled, candidate, asked)
            }
            // oneDNN's reference kernels are a hundred times slower: only if nothing else exists.
            if fallback == nil { fallback = (compiled, candidate) }
        }
        guard let (compiled, candidate) = fallback else {
            preconditionFailure("oneDNN has no convolution for \(asked.name)")
        }
        return remember(compiled, candidate, asked)
    }

    private func remember(
        _ compiled: CompiledPrimitive, _ chosen: ConvolutionKey, _ asked: ConvolutionKey
    ) -> (CompiledPrimitive, ConvolutionKey) {
        boundCaches()
        primitives[.convolution(chosen)] = compiled
        chosenConvolutions[asked] = chosen
        return (compiled, chosen)
    }

    /// The key itself, then the same by direct convolution in every layout that kernels exist for.
    private func candidates(_ key: ConvolutionKey) -> [ConvolutionKey] {
        var result = key.algorithm == .winograd ? [key] : []
        var direct = key
        direct.algorithm = .direct
        result.append(direct)
        for layout in [Layout.channelsLast, .channelBlocked(block), .plain] {
            direct.inputLayout = layout
            direct.outputLayout = layout
            result.append(direct)
        }
        return result
    }

    private func compile(_ key: ConvolutionKey) -> CompiledPrimitive? {
        let output = key.geometry.outputShape(input: key.input, weight: key.weight)
        var source = dnnl_memory_desc_t.of(key.input, key.inputLayout)
        var kernel = dnnl_memory_desc_t.any(key.weight)
        var bias = dnnl_memory_desc_t.of([key.weight[0]])
        var target = dnnl_memory_desc_t.of(output, key.outputLayout)
        let stride = [dnnl_dim_t](repeating: dnnl_dim_t(key.geometry.stride), count: 2)
        let dilation = [dnnl_dim_t](repeating: dnnl_dim_t(key.geometry.dilation - 1), count: 2)
        let low = [dnnl_dim_t](repeating: dnnl_dim_t(key.geometry.padding), count: 2)
        // The far edge is padded by what the output really reads, which may be less.
        let high = (0..<2).map { axis in
            let reach =
                (output[2 + axis] - 1) * key.geometry.stride
                + (key.weight[2 + axis] - 1) * key.geometry.dilation + 1
            return dnnl_dim_t(reach - key.input[2 + axis] - key.geometry.padding)
        }
        let algorithm =
            key.algorithm == .winograd ? dnnl_convolution_winograd : dnnl_convolution_direct
        var operation = dnnl_convolution_desc_t()
        guard let forward = describeForward() else { return nil }
        if key.pass == .forward { return CompiledPrimitive(runtime, forward) }
        defer { dnnl_primitive_desc_destroy(forward) }
        let status =
            key.pass == .inputGradient
            ? dnnl_dilated_convolution_backward_data_desc_init(
                &operation, algorithm, &source, &kernel, &target, stride, dilation, low, high)
            : withUnsafePointer(to: &bias) { bias in
                dnnl_dilated_convolution_backward_weights_desc_init(
                    &operation, algorithm, &source, &kernel, key.hasBias ? bias : nil, &target,
                    stride, dilation, low, high)
            }
        guard status == dnnl_success, let description = describe(&operation, hint: forward) else {
            return nil
        }
        return CompiledPrimitive(runtime, description)

        func describeForward() -> dnnl_primitive_desc_t? {
            let status = withUnsafePointer(to: &bias) { bias in
                dnnl_dilated_convolution_forward_desc_init(
                    &operation, dnnl_forward_training, algorithm, &source, &kernel,
                    key.hasBias && key.pass == .forward ? bias : nil, &target, stride, dilation,
                    low, high)
            }
            guard status == dnnl_success else { return nil }
            if key.pass != .forward, key.algorithm == .winograd {
                // The hint may be any forward primitive; a direct one always exists.
                operation.alg_kind = dnnl_convolution_direct
            }
            return describe(&operation, relu: key.relu)
        }
    }

    /// The fastest of several runs on buffers of its own, or nil where the algorithm does not exist.
    func secondsOf(_ key: ConvolutionKey) -> Double? {
        switch key.algorithm {
        case .direct, .winograd: compile(key).map { fastest(trial($0, key)) }
        case .winogradByTiles, .winogradByPanels:
            BlockedWinograd(key, block: block).map { fastest($0.trial(key, self)) }
        }
    }

    /// Runs a compiled primitive on buffers of its own.
    private func trial(_ compiled: CompiledPrimitive, _ key: ConvolutionKey) -> () -> Void {
        let output = key.geometry.outputShape(input: key.input, weight: key.weight)
        var source = Tensor(zeros: key.input, layout: key.inputLayout)
        var target = Tensor(zeros: output, layout: key.outputLayout)
        let weightArgument =
            key.pass == .weightGradient ? Argument.weightsGradient : Argument.weights
        var kernel = Tensor(zeros: [(compiled.descriptor(weightArgument).byteCount + 3) / 4])
        var bias = Tensor(zeros: [key.weight[0]])
        var arguments: [(Int32, UnsafeMutablePointer<Float>)]
        switch key.pass {
        case .forward:
            arguments = [
                (Argument.source, source.writePointer()), (Argument.weights, kernel.writePointer()),
                (Argument.target, target.writePointer()),
            ]
            if key.hasBias { arguments.append((Argument.bias, bias.writePointer())) }
        case .inputGradient:
            arguments = [
                (Argument.sourceGradient, source.writePointer()),
                (Argument.weights, kernel.writePointer()),
                (Argument.targetGradient, target.writePointer()),
            ]
        case .weightGradient:
            arguments = [
                (Argument.source, source.writePointer()),
                (Argument.weightsGradient, kernel.writePointer()),
                (Argument.targetGradient, target.writePointer()),
            ]
            if key.hasBias { arguments.append((Argument.biasGradient, bias.writePointer())) }
        }
        return { [arguments] in
            withExtendedLifetime((source, target, kernel, bias)) { compiled.execute(arguments) }
        }
    }

    /// Seconds of the fastest of several runs: whatever else the machine does can only make a run
    /// slower.
    private func fastest(_ run: () -> Void) -> Double {
        run()
        let clock = ContinuousClock()
        var fastest = Double.infinity
        var total = 0.0
        // Short kernels are run more often: a single interruption is as long as they are.
        for number in 0..<20 where number < 4 || total < 0.02 {
            let seconds = clock.measure { run() } / .seconds(1)
            fastest = min(fastest, seconds)
            total += seconds
        }
        return fastest
    }
}
