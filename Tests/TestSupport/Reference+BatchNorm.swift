import TensorCore

extension Reference {
    /// Mean and biased variance of every channel.
    public static func statistics(
        _ x: ReferenceTensor
    ) -> (mean: ReferenceTensor, variance: ReferenceTensor) {
        let count = Double(x.shape.count / x.shape[1])
        let mean = ReferenceTensor(
            channelSums(x).values.map { $0 / count }, shape: [x.shape[1]])
        let centred = addBias(
            x, bias: ReferenceTensor(mean.values.map { -$0 }, shape: mean.shape))
        let variance = ReferenceTensor(
            channelSums(multiply(centred, centred)).values.map { $0 / count }, shape: mean.shape)
        return (mean, variance)
    }

    /// Normalises by given statistics.
    public static func batchNorm(
        _ x: ReferenceTensor, mean: ReferenceTensor, variance: ReferenceTensor,
        weight: ReferenceTensor, bias: ReferenceTensor, epsilon: Double, relu: Bool
    ) -> ReferenceTensor {
        var result = x
        forEachPosition(x.shape) { image, channel, row, column in
            let deviation = (variance.values[channel] + epsilon).squareRoot()
            let normal = (x[image, channel, row, column] - mean.values[channel]) / deviation
            result[image, channel, row, column] =
                normal * weight.values[channel] + bias.values[channel]
        }
        return relu ? self.relu(result) : result
    }

    /// Normalises by the batch's own statistics.
    public static func batchNormTraining(
        _ x: ReferenceTensor, weight: ReferenceTensor, bias: ReferenceTensor, epsilon: Double,
        relu: Bool
    ) -> ReferenceTensor {
        let (mean, variance) = statistics(x)
        return batchNorm(
            x, mean: mean, variance: variance, weight: weight, bias: bias, epsilon: epsilon,
            relu: relu)
    }

    /// Gradients with respect to input, weight and bias, through the batch's statistics.
    public static func batchNormGradient(
        _ outputGradient: ReferenceTensor, input x: ReferenceTensor, weight: ReferenceTensor,
        bias: ReferenceTensor, epsilon: Double, relu: Bool
    ) -> (input: ReferenceTensor, weight: ReferenceTensor, bias: ReferenceTensor) {
        let (mean, variance) = statistics(x)
        let channels = x.shape[1]
        let ones = ReferenceTensor([Double](repeating: 1, count: channels), shape: [channels])
        let zeros = ReferenceTensor(zeros: [channels])
        let normal = batchNorm(
            x, mean: mean, variance: variance, weight: ones, bias: zeros, epsilon: epsilon,
            relu: false)
        var gradient = outputGradient
        if relu {
            let output = batchNormTraining(
                x, weight: weight, bias: bias, epsilon: epsilon, relu: false)
            gradient = reluGradient(gradient, output: output)
        }
        let biasGradient = channelSums(gradient)
        let weightGradient = channelSums(multiply(gradient, normal))
        let count = Double(x.shape.count / channels)
        var result = x
        forEachPosition(x.shape) { image, channel, row, column in
            let deviation = (variance.values[channel] + epsilon).squareRoot()
            let direct = gradient[image, channel, row, column]
            let throughMean = biasGradient.values[channel] / count
            let throughVariance =
                normal[image, channel, row, column] * weightGradient.values[channel] / count
            result[image, channel, row, column] =
                weight.values[channel] / deviation * (direct - throughMean - throughVariance)
        }
        return (result, weightGradient, biasGradient)
    }
}
