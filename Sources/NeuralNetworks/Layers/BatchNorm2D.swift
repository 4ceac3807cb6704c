import TensorCore

/// Batch norm over batch, height and width (Ioffe and Szegedy 2015), with PyTorch's conventions:
/// biased variance to normalise, unbiased variance for the running estimate, momentum 0.1.
public struct BatchNorm2D: Module {
    /// Nil for a norm without scale.
    public var weight: Parameter?
    public var bias: Parameter
    public var runningMean: Buffer
    public var runningVariance: Buffer
    public let epsilon: Float
    public let momentum: Float
    /// What a norm without scale multiplies with.
    private let ones: Tensor

    public init(
        _ channels: Int, epsilon: Float = 1e-5, momentum: Float = 0.1, hasScale: Bool = true
    ) {
        ones = Tensor(repeating: 1, shape: [channels])
        weight = hasScale ? Parameter(ones) : nil
        bias = Parameter(Tensor(zeros: [channels]))
        runningMean = Buffer(Tensor(zeros: [channels]))
        runningVariance = Buffer(Tensor(repeating: 1, shape: [channels]))
        self.epsilon = epsilon
        self.momentum = momentum
    }

    /// - Parameter relu: ReLU of the result in the same pass.
    public func callAsFunction(
        _ x: Variable, relu: Bool = false, in context: ForwardContext
    ) -> Variable {
        switch context.mode {
        case .inference:
            return Variable(
                context.backend.batchNormInference(
                    x.tensor, mean: runningMean.tensor, variance: runningVariance.tensor,
                    weight: scale, bias: bias.tensor, epsilon: epsilon, relu: relu))
        case .training:
            let (n, _, h, w) = x.shape.nchw
            let count = n * h * w
            precondition(count > 1, "batch norm needs more than one value per channel")
            let result = context.batchNormTraining(
                x, weight: weight.map { context.use($0) } ?? Variable(ones),
                bias: context.use(bias), epsilon: epsilon, relu: relu)
            context.update(runningMean, to: blended(runningMean.tensor, result.mean, scale: 1))
            context.update(
                runningVariance,
                to: blended(
                    runningVariance.tensor, result.variance,
                    scale: Float(count) / Float(count - 1)))
            return result.output
        }
    }

    /// What the normalised values are multiplied with, by channel.
    var scale: Tensor { weight?.tensor ?? ones }

    private func blended(_ running: Tensor, _ batch: Tensor, scale: Float) -> Tensor {
        var result = running
        batch.withUnsafeElements { batch in
            result.withUnsafeMutableElements { running in
                for index in running.indices {
                    running[index] =
                        (1 - momentum) * running[index] + momentum * (batch[index] * scale)
                }
            }
        }
        return result
    }

    public mutating func visitState(_ visitor: inout some StateVisitor) {
        if var present = weight {
            weight = nil
            visitor.parameter("weight", &present)
            weight = present
        }
        visitor.parameter("bias", &bias)
        visitor.buffer("running_mean", &runningMean)
        visitor.buffer("running_var", &runningVariance)
    }
}
