/// Norms of single images, and the weighted sum of two maps. They work in any layout.
extension ComputeBackend {
    public func groupNorm(
        _ input: Tensor, weight: Tensor, bias: Tensor, groups: Int, epsilon: Float, relu: Bool
    ) -> GroupNormOutput {
        let map = MapGeometry(input)
        precondition(
            groups > 0 && map.channels % groups == 0, "\(groups) groups of \(map.channels) channels"
        )
        let each = map.channels / groups
        let count = Double(each * map.pixels)
        let sums = map.sums(input, input)
        var mean = [Double](repeating: 0, count: map.images * groups)
        var scale = mean
        for group in mean.indices {
            let members = group * each..<(group + 1) * each
            let average = members.reduce(0) { $0 + sums.plain[$1] } / count
            let square = members.reduce(0) { $0 + sums.product[$1] } / count
            let variance = square - average * average
            mean[group] = average
            // Rounding may leave a little less than nothing; a NaN stays one.
            scale[group] = 1 / ((variance < 0 ? 0 : variance) + Double(epsilon)).squareRoot()
        }
        let (weights, biases) = (weight.values, bias.values)
        func factor(_ image: Int, _ channel: Int) -> Double {
            Double(weights[channel]) * scale[image * groups + channel / each]
        }
        var output = Tensor(uninitialized: input.shape, layout: input.layout)
        map.affine(
            into: &output, input, map.coefficients(factor),
            constant: map.coefficients { image, channel in
                Double(biases[channel]) - mean[image * groups + channel / each]
                    * factor(image, channel)
            }, relu: relu)
        return GroupNormOutput(output: output, mean: mean, scale: scale)
    }

    public func groupNormGradient(
        _ outputGradient: Tensor, input: Tensor, forward: GroupNormOutput, weight: Tensor,
        relu: Bool
    ) -> (input: Tensor, weight: Tensor, bias: Tensor) {
        let map = MapGeometry(input)
        let groups = forward.mean.count / map.images
        let each = map.channels / groups
        let count = Double(each * map.pixels)
        let gradient = convert(outputGradient, to: input.layout)
        let mask = relu ? forward.output : nil
        let sums = map.sums(gradient, input, mask: mask)
        let weights = weight.values.map(Double.init)
        var weightGradient = [Double](repeating: 0, count: map.channels)
        var biasGradient = weightGradient
        // By group: means over it of the normalised values' gradient, and of its product with them.
        var plain = [Double](repeating: 0, count: map.images * groups)
        var product = plain
        for image in 0..<map.images {
            for channel in 0..<map.channels {
                let (place, group) = (
                    image * map.channels + channel, image * groups + channel / each
                )
                let sum = sums.plain[place]
                let normalized =
                    (sums.product[place] - forward.mean[group] * sum) * forward.scale[group]
                weightGradient[channel] += normalized
                biasGradient[channel] += sum
                plain[group] += weights[channel] * sum / count
                product[group] += weights[channel] * normalized / count
            }
        }
        // dx = scale (w dy - plain - x̂ product), x̂ = (x - mean) scale
        func group(_ image: Int, _ channel: Int) -> Int { image * groups + channel / each }
        func slope(_ group: Int) -> Double {
            -forward.scale[group] * forward.scale[group] * product[group]
        }
        var result = Tensor(uninitialized: input.shape, layout: input.layout)
        map.affine(
            into: &result, gradient,
            map.coefficients { weights[$1] * forward.scale[group($0, $1)] }, input,
            map.coefficients { slope(group($0, $1)) },
            constant: map.coefficients { image, channel in
                let group = group(image, channel)
                return -forward.scale[group] * plain[group] - slope(group) * forward.mean[group]
            }, mask: mask)
        return (
            result, Tensor(weightGradient.map(Float.init), shape: weight.shape),
            Tensor(biasGradient.map(Float.init), shape: weight.shape)
        )
    }

    public func blend(
        _ a: Tensor, _ b: Tensor, weights: (Float, Float), relu: Bool
    ) -> Tensor {
        precondition(a.shape == b.shape, "cannot blend \(a.shape) and \(b.shape)")
        let map = MapGeometry(a)
        var result = Tensor(uninitialized: a.shape, layout: a.layout)
        map.affine(
            into: &result, a, map.coefficients { _, _ in Double(weights.0) },
            convert(b, to: a.layout), map.coefficients { _, _ in Double(weights.1) }, relu: relu)
        return result
    }

    public func blendGradient(
        _ outputGradient: Tensor, _ a: Tensor, _ b: Tensor, weights: (Float, Float),
        output: Tensor?
    ) -> (a: Tensor, b: Tensor, weights: (Float, Float)) {
        let map = MapGeometry(a)
        let gradient = convert(outputGradient, to: a.layout)
        func share(_ weight: Float) -> Tensor {
            var result = Tensor(uninitialized: a.shape, layout: a.layout)
            map.affine(
                into: &result, gradient, map.coefficients { _, _ in Double(weight) }, mask: output)
            return result
        }
        func slope(_ x: Tensor) -> Float {
            Float(map.sums(gradient, convert(x, to: a.layout), mask: output).product.reduce(0, +))
        }
        return (share(weights.0), share(weights.1), (slope(a), slope(b)))
    }
}
