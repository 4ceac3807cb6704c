import TensorCore

extension Tensor {
    /// A kernel `[height, width, in, out]` as `[out, in, height, width]`.
    func fromKeras() -> Tensor {
        rearranged(to: [shape[3], shape[2], shape[0], shape[1]], toKeras: false)
    }

    /// A kernel `[out, in, height, width]` as `[height, width, in, out]`.
    func toKeras() -> Tensor {
        rearranged(to: [shape[2], shape[3], shape[1], shape[0]], toKeras: true)
    }

    private func rearranged(to target: Shape, toKeras: Bool) -> Tensor {
        let plain = toKeras ? shape : target
        let (outputs, inputs, taps) = (plain[0], plain[1], plain[2] * plain[3])
        var result = Tensor(uninitialized: target)
        withUnsafeElements { source in
            result.withUnsafeMutableElements { target in
                for tap in 0..<taps {
                    for input in 0..<inputs {
                        let row = (tap * inputs + input) * outputs
                        for output in 0..<outputs {
                            let place = (output * inputs + input) * taps + tap
                            if toKeras {
                                target[row + output] = source[place]
                            } else {
                                target[place] = source[row + output]
                            }
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
