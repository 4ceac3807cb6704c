import TensorCore

extension Tensor {
    /// A kernel `[height, width, in, out]` as `[out, in, height, width]`.
    func fromKeras() -> Tensor {
        let (height, width, inputs, outputs) = (shape[0], shape[1], shape[2], shape[3])
        var result = Tensor(uninitialized: [outputs, inputs, height, width])
        let taps = height * width
        withUnsafeElements { source in
            result.withUnsafeMutableElements { target in
                for tap in 0..<taps {
                    for input in 0..<inputs {
                        let row = (tap * inputs + input) * outputs
                        for output in 0..<outputs {
                            target[(output * inputs + input) * taps + tap] = source[row + output]
                        }
                    }
                }
            }
        }
        return result
    }

    /// A kernel `[out, in, height, width]` as `[height, width, in, out]`.
    func toKeras() -> Tensor {
        let (outputs, inputs, height, width) = (shape[0], shape[1], shape[2], shape[3])
        var result = Tensor(uninitialized: [height, width, inputs, outputs])
        let taps = height * width
        withUnsafeElements { source in
            result.withUnsafeMutableElements { target in
                for tap in 0..<taps {
                    for input in 0..<inputs {
                        let row = (tap * inputs + input) * outputs
                        for output in 0..<outputs {
                            target[row + output] = source[(output * inputs + input) * taps + tap]
                        }
                    }
                }
            }
        }
        return result
    }

    /// A kernel `[out, in, height, width]` with its inputs in the opposite order.
    func reversingInputs() -> Tensor {
        let (outputs, inputs) = (shape[0], shape[1])
        let taps = shape[2] * shape[3]
        var result = Tensor(uninitialized: shape)
        withUnsafeElements { source in
            result.withUnsafeMutableElements { target in
                for output in 0..<outputs {
                    for input in 0..<inputs {
                        let from = (output * inputs + inputs - 1 - input) * taps
                        let to = (output * inputs + input) * taps
                        for tap in 0..<taps { target[to + tap] = source[from + tap] }
                    }
                }
            }
        }
        return result
    }
}
