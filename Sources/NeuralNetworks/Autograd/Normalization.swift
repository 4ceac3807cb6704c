import TensorCore

extension ForwardContext {
    /// Batch norm by the batch's own statistics, with ReLU in the same pass where asked for; returns
    /// the batch's mean and biased variance too.
    func batchNormTraining(
        _ x: Variable, weight: Variable, bias: Variable, epsilon: Float, relu: Bool
    ) -> (output: Variable, mean: Tensor, variance: Tensor) {
        let backend = backend
        let forward = backend.batchNormTraining(
            x.tensor, weight: weight.tensor, bias: bias.tensor, epsilon: epsilon, relu: relu)
        let output = record(forward.output, from: [x, weight, bias]) { gradient in
            let result = backend.batchNormGradient(
                gradient, input: x.tensor, forward: forward, weight: weight.tensor,
                bias: bias.tensor, epsilon: epsilon, relu: relu)
            return [result.input, result.weight, result.bias]
        }
        return (output, forward.mean, forward.variance)
    }
}
