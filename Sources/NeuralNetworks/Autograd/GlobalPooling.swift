import TensorCore

extension ForwardContext {
    /// The largest value of every channel, `[batch, channels, height, width]` to
    /// `[batch, channels, 1, 1]`; the first of equal ones gets the gradient.
    public func globalMaxPool(_ x: Variable) -> Variable {
        let shape = x.shape
        let (n, c, h, w) = shape.nchw
        let plane = h * w
        var output = Tensor(uninitialized: [n, c, 1, 1])
        var positions = [Int](repeating: 0, count: n * c)
        backend.convert(x.tensor, to: .plain).withUnsafeElements { values in
            output.withUnsafeMutableElements { largest in
                for channel in largest.indices {
                    var best = channel * plane
                    // A NaN is kept, so that it is seen.
                    for index in best..<best + plane
                    where values[index] > values[best] || values[index].isNaN { best = index }
                    positions[channel] = best
                    largest[channel] = values[best]
                }
            }
        }
        let backend = backend
        let places = positions
        return record(output, from: [x]) { gradient in
            var result = Tensor(zeros: shape)
            backend.convert(gradient, to: .plain).withUnsafeElements { gradient in
                result.withUnsafeMutableElements { out in
                    for channel in gradient.indices { out[places[channel]] = gradient[channel] }
                }
            }
            return [result]
        }
    }
}
