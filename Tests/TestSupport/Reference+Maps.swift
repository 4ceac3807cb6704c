import TensorCore

extension Reference {
    /// Mean of every map: `[batch, channels, 1, 1]`.
    public static func mapMeans(_ x: ReferenceTensor) -> ReferenceTensor {
        var result = ReferenceTensor(zeros: [x.shape[0], x.shape[1], 1, 1])
        let count = Double(x.shape[2] * x.shape[3])
        forEachPosition(x.shape) { image, channel, row, column in
            result[image, channel, 0, 0] += x[image, channel, row, column] / count
        }
        return result
    }

    public static func mapMeansGradient(
        _ outputGradient: ReferenceTensor, inputShape: Shape
    ) -> ReferenceTensor {
        var result = ReferenceTensor(zeros: inputShape)
        let count = Double(inputShape[2] * inputShape[3])
        forEachPosition(inputShape) { image, channel, row, column in
            result[image, channel, row, column] = outputGradient[image, channel, 0, 0] / count
        }
        return result
    }

    /// Every value times the sum of its channel's and its pixel's gate.
    public static func gate(
        _ x: ReferenceTensor, channel gates: ReferenceTensor, spatial: ReferenceTensor?
    ) -> ReferenceTensor {
        var result = x
        forEachPosition(x.shape) { image, channel, row, column in
            result[image, channel, row, column] *=
                gates[image, channel, 0, 0] + (spatial?[image, 0, row, column] ?? 0)
        }
        return result
    }

    /// Gradients of map and gates, in the order of the arguments of `gate`.
    public static func gateGradient(
        _ outputGradient: ReferenceTensor, input x: ReferenceTensor,
        channel gates: ReferenceTensor, spatial: ReferenceTensor?
    ) -> [ReferenceTensor] {
        var channelGradient = ReferenceTensor(zeros: gates.shape)
        var spatialGradient = spatial.map { ReferenceTensor(zeros: $0.shape) }
        forEachPosition(x.shape) { image, channel, row, column in
            let product =
                outputGradient[image, channel, row, column] * x[image, channel, row, column]
            channelGradient[image, channel, 0, 0] += product
            spatialGradient?[image, 0, row, column] += product
        }
        return [gate(outputGradient, channel: gates, spatial: spatial), channelGradient]
            + (spatialGradient.map { [$0] } ?? [])
    }

    /// Every image's groups of channels as a batch norm with one channel sees them.
    private static func byGroup(
        _ shape: Shape, _ groups: Int, _ body: (_ image: Int, _ channels: Range<Int>) -> Void
    ) {
        let each = shape[1] / groups
        for image in 0..<shape[0] {
            for group in 0..<groups { body(image, group * each..<(group + 1) * each) }
        }
    }

    /// Mean and biased variance of some channels of an image.
    private static func statistics(
        _ x: ReferenceTensor, _ image: Int, _ channels: Range<Int>
    ) -> (mean: Double, variance: Double) {
        let plane = x.shape[2] * x.shape[3]
        let start = x.offset(image, channels.lowerBound, 0, 0)
        let values = x.values[start..<start + channels.count * plane]
        let mean = values.reduce(0, +) / Double(values.count)
        return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count))
    }

    public static func groupNorm(
        _ x: ReferenceTensor, weight: ReferenceTensor, bias: ReferenceTensor, groups: Int,
        epsilon: Double, relu: Bool
    ) -> ReferenceTensor {
        var result = x
        let plane = x.shape[2] * x.shape[3]
        byGroup(x.shape, groups) { image, channels in
            let (mean, variance) = statistics(x, image, channels)
            for channel in channels {
                let start = x.offset(image, channel, 0, 0)
                for index in start..<start + plane {
                    result.values[index] =
                        (x.values[index] - mean) / (variance + epsilon).squareRoot()
                        * weight.values[channel] + bias.values[channel]
                }
            }
        }
        return relu ? self.relu(result) : result
    }

    /// Gradients of input, weight and bias.
    public static func groupNormGradient(
        _ outputGradient: ReferenceTensor, input x: ReferenceTensor, weight: ReferenceTensor,
        bias: ReferenceTensor, groups: Int, epsilon: Double, relu: Bool
    ) -> [ReferenceTensor] {
        let ones = ReferenceTensor(weight.values.map { _ in 1 }, shape: weight.shape)
        let normal = groupNorm(
            x, weight: ones, bias: ReferenceTensor(zeros: bias.shape), groups: groups,
            epsilon: epsilon, relu: false)
        var gradient = outputGradient
        if relu {
            gradient = reluGradient(
                gradient,
                output: groupNorm(
                    x, weight: weight, bias: bias, groups: groups, epsilon: epsilon, relu: false))
        }
        var result = x
        let plane = x.shape[2] * x.shape[3]
        byGroup(x.shape, groups) { image, channels in
            let start = x.offset(image, channels.lowerBound, 0, 0)
            let range = start..<start + channels.count * plane
            func scaled(_ index: Int) -> Double {
                gradient.values[index] * weight.values[index / plane % x.shape[1]]
            }
            let count = Double(range.count)
            let plain = range.reduce(0) { $0 + scaled($1) } / count
            let product = range.reduce(0) { $0 + scaled($1) * normal.values[$1] } / count
            let deviation = (statistics(x, image, channels).variance + epsilon).squareRoot()
            for index in range {
                result.values[index] =
                    (scaled(index) - plain - normal.values[index] * product) / deviation
            }
        }
        return [result, channelSums(multiply(gradient, normal)), channelSums(gradient)]
    }

    /// `a x + b y` with one number each.
    public static func blend(
        _ x: ReferenceTensor, _ y: ReferenceTensor, a: ReferenceTensor, b: ReferenceTensor,
        relu: Bool
    ) -> ReferenceTensor {
        let values = zip(x.values, y.values).map { a.values[0] * $0 + b.values[0] * $1 }
        let result = ReferenceTensor(values, shape: x.shape)
        return relu ? self.relu(result) : result
    }

    /// Gradients in the order of the arguments of `blend`.
    public static func blendGradient(
        _ outputGradient: ReferenceTensor, _ x: ReferenceTensor, _ y: ReferenceTensor,
        a: ReferenceTensor, b: ReferenceTensor, relu: Bool
    ) -> [ReferenceTensor] {
        let gradient =
            relu
            ? reluGradient(outputGradient, output: blend(x, y, a: a, b: b, relu: false))
            : outputGradient
        func share(_ weight: Double) -> ReferenceTensor {
            ReferenceTensor(gradient.values.map { $0 * weight }, shape: x.shape)
        }
        func slope(_ z: ReferenceTensor) -> ReferenceTensor {
            ReferenceTensor([gradient.dot(z)], shape: [1])
        }
        return [share(a.values[0]), share(b.values[0]), slope(x), slope(y)]
    }
}
