import TensorCore

extension ForwardContext {
    /// Affine map of a vector per image: `[batch, in, 1, 1]` with a weight `[out, in]` and a bias
    /// `[out]` to `[batch, out, 1, 1]`.
    ///
    /// A vector per image is so few values that a plain loop is as good as any library.
    func affineMap(_ x: Variable, weight: Variable, bias: Variable) -> Variable {
        let (batch, input) = (x.shape[0], weight.shape[1])
        let output = weight.shape[0]
        precondition(
            x.shape == [batch, input, 1, 1] && bias.shape == [output],
            "an affine map \(weight.shape) cannot take \(x.shape)")
        let backend = backend
        let vectors = backend.convert(x.tensor, to: .plain)
        var result = Tensor(uninitialized: [batch, output, 1, 1])
        result.withUnsafeMutableElements { out in
            vectors.withUnsafeElements { x in
                weight.tensor.withUnsafeElements { weight in
                    bias.tensor.withUnsafeElements { bias in
                        for index in out.indices {
                            let (image, row) = (index / output * input, index % output * input)
                            var sum = bias[index % output]
                            for k in 0..<input { sum += weight[row + k] * x[image + k] }
                            out[index] = sum
                        }
                    }
                }
            }
        }
        return record(result, from: [x, weight, bias]) { gradient in
            Self.affineMapGradients(
                backend.convert(gradient, to: .plain), vectors, weight: weight.tensor)
        }
    }

    /// Gradients of input, weight and bias.
    private static func affineMapGradients(
        _ gradient: Tensor, _ vectors: Tensor, weight: Tensor
    ) -> [Tensor?] {
        let (output, input) = (weight.shape[0], weight.shape[1])
        var given = Tensor(zeros: vectors.shape)
        var learned = Tensor(zeros: weight.shape)
        var bias = Tensor(zeros: [output])
        gradient.withUnsafeElements { gradient in
            given.withUnsafeMutableElements { given in
                weight.withUnsafeElements { weight in
                    for (index, slope) in gradient.enumerated() {
                        let (image, row) = (index / output * input, index % output * input)
                        for k in 0..<input { given[image + k] += slope * weight[row + k] }
                    }
                }
            }
            learned.withUnsafeMutableElements { learned in
                vectors.withUnsafeElements { x in
                    for (index, slope) in gradient.enumerated() {
                        let (image, row) = (index / output * input, index % output * input)
                        for k in 0..<input { learned[row + k] += slope * x[image + k] }
                    }
                }
            }
            bias.withUnsafeMutableElements { bias in
                for (index, slope) in gradient.enumerated() { bias[index % output] += slope }
            }
        }
        return [given, learned, bias]
    }
}
