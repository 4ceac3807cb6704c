import COneDNN

extension OneDNNBackend {
    public func maxPool(_ input: Tensor, _ geometry: PoolingGeometry) -> MaxPoolOutput {
        let compiled = pooling(input.shape, input.layout, geometry, .maximum)
        var output = Tensor(
            uninitialized: geometry.outputShape(input: input.shape), layout: input.layout)
        let bytes = compiled.descriptor(Argument.workspace).byteCount
        var workspace = Tensor(uninitialized: [(bytes + 3) / 4])
        withExtendedLifetime(input) {
            compiled.execute([
                (Argument.source, input.readPointer), (Argument.target, output.writePointer()),
                (Argument.workspace, workspace.writePointer()),
            ])
        }
        return MaxPoolOutput(output: output, workspace: workspace)
    }

    public func maxPoolGradient(
        _ outputGradient: Tensor, input: Tensor, forward: MaxPoolOutput,
        _ geometry: PoolingGeometry
    ) -> Tensor {
        let compiled = pooling(input.shape, input.layout, geometry, .maximumGradient)
        let gradient = convert(outputGradient, to: input.layout)
        var result = Tensor(uninitialized: input.shape, layout: input.layout)
        guard let workspace = forward.workspace else {
            preconditionFailure("the forward pass kept no record of its maxima")
        }
        withExtendedLifetime((gradient, workspace)) {
            compiled.execute([
                (Argument.targetGradient, gradient.readPointer),
                (Argument.sourceGradient, result.writePointer()),
                (Argument.workspace, workspace.readPointer),
            ])
        }
        return result
    }

    public func averagePool(_ input: Tensor, _ geometry: PoolingGeometry) -> Tensor {
        let compiled = pooling(input.shape, input.layout, geometry, .average)
        var output = Tensor(
            uninitialized: geometry.outputShape(input: input.shape), layout: input.layout)
        withExtendedLifetime(input) {
            compiled.execute([
                (Argument.source, input.readPointer), (Argument.target, output.writePointer()),
            ])
        }
        return output
    }

    public func averagePoolGradient(
        _ outputGradient: Tensor, inputShape: Shape, _ geometry: PoolingGeometry
    ) -> Tensor {
        let compiled = pooling(inputShape, outputGradient.layout, geometry, .averageGradient)
        var result = Tensor(uninitialized: inputShape, layout: outputGradient.layout)
        withExtendedLifetime(outputGradient) {
            compiled.execute([
                (Argument.targetGradient, outputGradient.readPointer),
                (Argument.sourceGradient, result.writePointer()),
            ])
        }
        return result
    }

    private func pooling(
        _ input: Shape, _ layout: Layout, _ geometry: PoolingGeometry, _ pass: PoolingPass
    ) -> CompiledPrimitive {
        primitive(.pooling(input, layout, geometry, pass)) {
            let output = geometry.outputShape(input: input)
            var source = dnnl_memory_desc_t.of(input, layout)
            var target = dnnl_memory_desc_t.of(output, layout)
            let maximum = pass == .maximum || pass == .maximumGradient
            let algorithm = maximum ? dnnl_pooling_max : dnnl_pooling_avg_include_padding
            let stride = [dnnl_dim_t](repeating: dnnl_dim_t(geometry.stride), count: 2)
            let window = [dnnl_dim_t](repeating: dnnl_dim_t(geometry.window), count: 2)
            let low = [dnnl_dim_t](repeating: dnnl_dim_t(geometry.padding), count: 2)
            let high = (0..<2).map { axis in
                dnnl_dim_t(
                    (output[2 + axis] - 1) * geometry.stride + geometry.window - input[2 + axis]
                        - geometry.padding)
            }
            var operation = dnnl_pooling_desc_t()
            OneDNNRuntime.must(
                dnnl_pooling_forward_desc_init(
                    &operation, dnnl_forward_training, algorithm, &source, &target, stride, window,
                    low, high), "describe a pooling")
            guard let forward = describe(&operation) else {
                preconditionFailure("oneDNN has no pooling for \(input) \(layout)")
            }
            guard pass == .maximumGradient || pass == .averageGradient else {
                return CompiledPrimitive(runtime, forward)
            }
            defer { dnnl_primitive_desc_destroy(forward) }
            OneDNNRuntime.must(
                dnnl_pooling_backward_desc_init(
                    &operation, algorithm, &source, &target, stride, window, low, high),
                "describe a pooling's gradient")
            guard let backward = describe(&operation, hint: forward) else {
                preconditionFailure("oneDNN has no pooling gradient for \(input)")
            }
            return CompiledPrimitive(runtime, backward)
        }
    }
}
