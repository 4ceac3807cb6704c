import TensorCore

extension Conv2D {
    /// Convolution of maps side by side, batch norm, a residual and ReLU. In prediction the norm is
    /// part of the weight and the rest of the convolution, so that all four are one pass.
    public func callAsFunction(
        _ inputs: [Variable], norm: BatchNorm2D, residual: Variable? = nil, relu: Bool,
        in context: ForwardContext
    ) -> Variable {
        if context.mode == .inference, let (weight, bias) = folded(norm) {
            return Variable(
                context.backend.convolution(
                    inputs.map(\.tensor), weight: weight, bias: bias, residual: residual?.tensor,
                    geometry, relu: relu))
        }
        let output = self(inputs, in: context)
        guard let residual else { return norm(output, relu: relu, in: context) }
        return context.add(norm(output, in: context), residual, relu: relu)
    }

    /// Convolution and a residual, without a norm.
    public func callAsFunction(
        _ inputs: [Variable], residual: Variable, in context: ForwardContext
    ) -> Variable {
        guard context.mode == .inference else {
            return context.add(self(inputs, in: context), residual, relu: false)
        }
        return Variable(
            context.backend.convolution(
                inputs.map(\.tensor), weight: weight.tensor, bias: bias?.tensor,
                residual: residual.tensor, geometry, relu: false))
    }

    /// Weight and bias that do what this convolution and a norm by running statistics do; nil where
    /// they are not finite, since ReLU inside a convolution would hide that.
    func folded(_ norm: BatchNorm2D) -> (weight: Tensor, bias: Tensor)? {
        let others = [
            norm.scale, norm.bias.tensor, norm.runningMean.tensor,
            norm.runningVariance.tensor,
        ]
        let made = weight.tensor.companion(of: others + (bias.map { [$0.tensor] } ?? [])) {
            weight in
            let values = others.map { $0.values.map(Double.init) }
            let own = bias?.tensor.values
            let scale = values[0].indices.map { k in
                values[0][k] / (values[3][k] + Double(norm.epsilon)).squareRoot()
            }
            let shift = scale.indices.map { k in
                Float(values[1][k] + (Double(own?[k] ?? 0) - values[2][k]) * scale[k])
            }
            var scaled = weight
            let length = weight.count / max(1, scale.count)
            scaled.withUnsafeMutableElements { elements in
                for (k, factor) in scale.enumerated() {
                    let factor = Float(factor)
                    for index in k * length..<(k + 1) * length { elements[index] *= factor }
                }
            }
            let bias = Tensor(shift, shape: [shift.count])
            return scaled.isAllFinite && bias.isAllFinite ? [scaled, bias] : []
        }
        return made.isEmpty ? nil : (made[0], made[1])
    }
}
