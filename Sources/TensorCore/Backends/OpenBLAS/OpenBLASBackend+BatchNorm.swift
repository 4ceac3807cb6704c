extension OpenBLASBackend {
    public func batchNormTraining(
        _ input: Tensor, weight: Tensor, bias: Tensor, epsilon: Float, relu: Bool
    ) -> BatchNormOutput {
        let source = input.converted(to: .plain)
        let (n, c, h, w) = source.shape.nchw
        var mean = Tensor(zeros: [c])
        var variance = Tensor(zeros: [c])
        let means = mean.writePointer()
        let variances = variance.writePointer()
        source.withUnsafeElements { values in
            parallelFor(c) { range in
                for channel in range {
                    let count = Double(n * h * w)
                    var sum = 0.0
                    for image in 0..<n {
                        for value in values.plane(image * c + channel, h * w) {
                            sum += Double(value)
                        }
                    }
                    let average = sum / count
                    var squares = 0.0
                    for image in 0..<n {
                        for value in values.plane(image * c + channel, h * w) {
                            let difference = Double(value) - average
                            squares += difference * difference
                        }
                    }
                    means[channel] = Float(average)
                    variances[channel] = Float(squares / count)
                }
            }
        }
        let output = batchNormInference(
            source, mean: mean, variance: variance, weight: weight, bias: bias, epsilon: epsilon,
            relu: relu)
        return BatchNormOutput(output: output, mean: mean, variance: variance, workspace: nil)
    }

    public func batchNormGradient(
        _ outputGradient: Tensor, input: Tensor, forward: BatchNormOutput, weight: Tensor,
        bias: Tensor, epsilon: Float, relu: Bool
    ) -> (input: Tensor, weight: Tensor, bias: Tensor) {
        var gradient = outputGradient.converted(to: .plain)
        if relu {
            gradient = reluGradient(gradient, output: forward.output.converted(to: .plain))
        }
        let source = input.converted(to: .plain)
        let (n, c, h, w) = source.shape.nchw
        var result = Tensor(uninitialized: source.shape)
        var weightGradient = Tensor(zeros: [c])
        var biasGradient = Tensor(zeros: [c])
        let target = result.writePointer()
        let weightTarget = weightGradient.writePointer()
        let biasTarget = biasGradient.writePointer()
        let means = forward.mean.values
        let variances = forward.variance.values
        let weights = weight.values
        gradient.withUnsafeElements { gradient in
            source.withUnsafeElements { values in
                parallelFor(c) { range in
                    for channel in range {
                        let mean = Double(means[channel])
                        let inverse =
                            1 / (Double(variances[channel]) + Double(epsilon)).squareRoot()
                        var sum = 0.0
                        var product = 0.0
                        for image in 0..<n {
                            let start = (image * c + channel) * h * w
                            for index in start..<start + h * w {
                                sum += Double(gradient[index])
                                product +=
                                    Double(gradient[index]) * (Double(values[index]) - mean)
                                    * inverse
                            }
                        }
                        weightTarget[channel] = Float(product)
                        biasTarget[channel] = Float(sum)
                        let count = Double(n * h * w)
                        let scale = Float(Double(weights[channel]) * inverse)
                        let meanGradient = Float(sum / count)
                        let slope = Float(product / count * inverse)
                        let center = Float(mean)
                        for image in 0..<n {
                            let start = (image * c + channel) * h * w
                            for index in start..<start + h * w {
                                target[index] =
                                    scale
                                    * (gradient[index] - meanGradient
                                        - (values[index] - center) * slope)
                            }
                        }
                    }
                }
            }
        }
        return (result, weightGradient, biasGradient)
    }

    public func batchNormInference(
        _ input: Tensor, mean: Tensor, variance: Tensor, weight: Tensor, bias: Tensor,
        epsilon: Float, relu: Bool
    ) -> Tensor {
        let source = input.converted(to: .plain)
        let (n, c, h, w) = source.shape.nchw
        var output = Tensor(uninitialized: source.shape)
        let target = output.writePointer()
        let means = mean.values
        let variances = variance.values
        let weights = weight.values
        let biases = bias.values
        source.withUnsafeElements { values in
            parallelFor(n * c) { range in
                for plane in range {
                    let channel = plane % c
                    let scale = weights[channel] / (variances[channel] + epsilon).squareRoot()
                    let center = means[channel]
                    let shift = biases[channel]
                    for index in plane * h * w..<(plane + 1) * h * w {
                        let value = (values[index] - center) * scale + shift
                        target[index] = relu && value < 0 ? 0 : value
                    }
                }
            }
        }
        return output
    }
}

extension UnsafeBufferPointer<Float> {
    fileprivate func plane(_ index: Int, _ count: Int) -> Slice<UnsafeBufferPointer<Float>> {
        self[index * count..<(index + 1) * count]
    }
}
