import TensorCore

extension ForwardContext {
    /// Sum of two maps, then ReLU where asked for: the end of a residual block.
    public func add(_ a: Variable, _ b: Variable, relu: Bool = false) -> Variable {
        let backend = backend
        let output = backend.add(a.tensor, b.tensor, relu: relu)
        return record(output, from: [a, b]) { gradient in
            let share = relu ? backend.reluGradient(gradient, output: output) : gradient
            return [share, share]
        }
    }

    public func relu(_ x: Variable) -> Variable {
        let backend = backend
        let output = backend.relu(x.tensor)
        return record(output, from: [x]) { [backend.reluGradient($0, output: output)] }
    }

    /// Zeroes values with `probability` and scales the rest up, in training only.
    public func dropout(_ x: Variable, probability: Double) -> Variable {
        guard mode == .training, probability > 0 else { return x }
        let backend = backend
        var stream = nextDropoutStream()
        let scale = Float(1 / (1 - probability))
        var mask = Tensor(uninitialized: x.shape)
        mask.withUnsafeMutableElements { elements in
            for index in elements.indices {
                elements[index] = stream.chance(probability) ? 0 : scale
            }
        }
        let matching = backend.convert(mask, to: x.tensor.layout)
        return record(backend.multiply(x.tensor, matching), from: [x]) {
            [backend.multiply($0, matching)]
        }
    }

    /// Logistic function of every value.
    public func sigmoid(_ x: Variable) -> Variable {
        let output = Probabilities.sigmoid(x.tensor)
        return record(output, from: [x]) { gradient in
            [Probabilities.sigmoidGradient(gradient.converted(to: .plain), output: output)]
        }
    }

    /// Softmax over the channel axis.
    public func softmax(_ x: Variable) -> Variable {
        let output = Probabilities.softmax(x.tensor)
        return record(output, from: [x]) { gradient in
            [Probabilities.softmaxGradient(gradient.converted(to: .plain), output: output)]
        }
    }
}
