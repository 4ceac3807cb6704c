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

extension ForwardContext {
    /// Group norm by the statistics of each image, with ReLU in the same pass where asked for.
    func groupNorm(
        _ x: Variable, weight: Variable, bias: Variable, groups: Int, epsilon: Float, relu: Bool
    ) -> Variable {
        let backend = backend
        let forward = backend.groupNorm(
            x.tensor, weight: weight.tensor, bias: bias.tensor, groups: groups, epsilon: epsilon,
            relu: relu)
        return record(forward.output, from: [x, weight, bias]) { gradient in
            let result = backend.groupNormGradient(
                gradient, input: x.tensor, forward: forward, weight: weight.tensor, relu: relu)
            return [result.input, result.weight, result.bias]
        }
    }

    /// `a x + b y` with learned scalars `[1]`, with ReLU in the same pass where asked for.
    func blend(_ x: Variable, _ y: Variable, a: Variable, b: Variable, relu: Bool) -> Variable {
        let backend = backend
        let weights = (a.tensor.values[0], b.tensor.values[0])
        let output = backend.blend(x.tensor, y.tensor, weights: weights, relu: relu)
        return record(output, from: [x, y, a, b]) { gradient in
            let result = backend.blendGradient(
                gradient, x.tensor, y.tensor, weights: weights, output: relu ? output : nil)
            return [
                result.a, result.b, Tensor([result.weights.0], shape: [1]),
                Tensor([result.weights.1], shape: [1]),
            ]
        }
    }
}
