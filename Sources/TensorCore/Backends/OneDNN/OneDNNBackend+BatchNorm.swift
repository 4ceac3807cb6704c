import COneDNN

extension OneDNNBackend {
    public func batchNormTraining(
        _ input: Tensor, weight: Tensor, bias: Tensor, epsilon: Float, relu: Bool
    ) -> BatchNormOutput {
        let compiled = batchNorm(input, epsilon: epsilon, relu: relu, .training)
        let channels = input.shape[1]
        var output = Tensor(uninitialized: input.shape, layout: input.layout)
        var mean = Tensor(uninitialized: [channels])
        var variance = Tensor(uninitialized: [channels])
        var workspace: Tensor?
        var arguments = [
            (Argument.source, input.readPointer), (Argument.target, output.writePointer()),
            (Argument.mean, mean.writePointer()), (Argument.variance, variance.writePointer()),
            (Argument.scale, weight.readPointer), (Argument.shift, bias.readPointer),
        ]
        if relu {
            let bytes = compiled.descriptor(Argument.workspace).byteCount
            var space = Tensor(uninitialized: [(bytes + 3) / 4])
            arguments.append((Argument.workspace, space.writePointer()))
            workspace = space
        }
        withExtendedLifetime((input, weight, bias, workspace)) { compiled.execute(arguments) }
        if relu, ![mean, variance, weight, bias].allSatisfy(\.isAllFinite) {
            // oneDNN's ReLU turns NaN into zero, which would hide a broken network from its loss.
            let linear = batchNormTraining(
                input, weight: weight, bias: bias, epsilon: epsilon, relu: false)
            output = self.relu(linear.output)
        }
        return BatchNormOutput(
            output: output, mean: mean, variance: variance, workspace: workspace)
    }

    public func batchNormGradient(
        _ outputGradient: Tensor, input: Tensor, forward: BatchNormOutput, weight: Tensor,
        bias: Tensor, epsilon: Float, relu: Bool
    ) -> (input: Tensor, weight: Tensor, bias: Tensor) {
        let compiled = batchNorm(input, epsilon: epsilon, relu: relu, .gradient)
        let gradient = convert(outputGradient, to: input.layout)
        var inputGradient = Tensor(uninitialized: input.shape, layout: input.layout)
        var weightGradient = Tensor(uninitialized: weight.shape)
        var biasGradient = Tensor(uninitialized: bias.shape)
        var arguments = [
            (Argument.source, input.readPointer), (Argument.mean, forward.mean.readPointer),
            (Argument.variance, forward.variance.readPointer),
            (Argument.scale, weight.readPointer), (Argument.shift, bias.readPointer),
            (Argument.targetGradient, gradient.readPointer),
            (Argument.sourceGradient, inputGradient.writePointer()),
            (Argument.scaleGradient, weightGradient.writePointer()),
            (Argument.shiftGradient, biasGradient.writePointer()),
        ]
        if let workspace = forward.workspace {
            arguments.append((Argument.workspace, workspace.readPointer))
        }
        withExtendedLifetime((input, forward, weight, bias, gradient)) {
            compiled.execute(arguments)
        }
        return (inputGradient, weightGradient, biasGradient)
    }

    public func batchNormInference(
        _ input: Tensor, mean: Tensor, variance: Tensor, weight: Tensor, bias: Tensor,
        epsilon: Float, relu: Bool
    ) -> Tensor {
        if relu, ![mean, variance, weight, bias].allSatisfy(\.isAllFinite) {
            let linear = batchNormInference(
                input, mean: mean, variance: variance, weight: weight, bias: bias,
                epsilon: epsilon, relu: false)
            return self.relu(linear)
        }
        let compiled = batchNorm(input, epsilon: epsilon, relu: relu, .inference)
        var output = Tensor(uninitialized: input.shape, layout: input.layout)
        withExtendedLifetime((input, mean, variance, weight, bias)) {
            compiled.execute([
                (Argument.source, input.readPointer), (Argument.target, output.writePointer()),
                (Argument.mean, mean.readPointer), (Argument.variance, variance.readPointer),
                (Argument.scale, weight.readPointer), (Argument.shift, bias.readPointer),
            ])
        }
        return output
    }

    private func batchNorm(
        _ input: Tensor, epsilon: Float, relu: Bool, _ pass: BatchNormPass
    ) -> CompiledPrimitive {
        primitive(.batchNorm(input.shape, input.layout, epsilon: epsilon, relu: relu, pass)) {
            var data = dnnl_memory_desc_t.of(input.shape, input.layout)
            var flags = dnnl_use_scale.rawValue | dnnl_use_shift.rawValue
            if relu { flags |= dnnl_fuse_norm_relu.rawValue }
            if pass == .inference { flags |= dnnl_use_global_stats.rawValue }
            var operation = dnnl_batch_normalization_desc_t()
            OneDNNRuntime.must(
                dnnl_batch_normalization_forward_desc_init(
                    &operation,
                    pass == .inference ? dnnl_forward_inference : dnnl_forward_training, &data,
                    epsilon, flags), "describe a batch norm")
            guard let forward = describe(&operation) else {
                preconditionFailure("oneDNN has no batch norm for \(input.shape) \(input.layout)")
            }
            guard pass == .gradient else { return CompiledPrimitive(runtime, forward) }
            defer { dnnl_primitive_desc_destroy(forward) }
            var gradient = data
            OneDNNRuntime.must(
                dnnl_batch_normalization_backward_desc_init(
                    &operation, dnnl_backward, &gradient, &data, epsilon, flags),
                "describe a batch norm's gradient")
            guard let backward = describe(&operation, hint: forward) else {
                preconditionFailure("oneDNN has no batch norm gradient for \(input.shape)")
            }
            return CompiledPrimitive(runtime, backward)
        }
    }
}
