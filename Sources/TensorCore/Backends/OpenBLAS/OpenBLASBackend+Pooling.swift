extension OpenBLASBackend {
    public func maxPool(_ input: Tensor, _ geometry: PoolingGeometry) -> MaxPoolOutput {
        let source = input.converted(to: .plain)
        let (n, c, h, w) = source.shape.nchw
        let shape = geometry.outputShape(input: source.shape)
        var output = Tensor(uninitialized: shape)
        // Where each maximum came from, as the bits of an index into its plane.
        var origin = Tensor(uninitialized: shape)
        let target = output.writePointer()
        let origins = origin.writePointer()
        let columnsOfOutput = (0..<shape[3]).map { geometry.window(at: $0, extent: w) }
        source.withUnsafeElements { values in
            guard let values = values.baseAddress else { return }
            parallelFor(n * c) { range in
                for plane in range {
                    let start = values + plane * h * w
                    for y in 0..<shape[2] {
                        let rows = geometry.window(at: y, extent: h)
                        for x in 0..<shape[3] {
                            let columns = columnsOfOutput[x]
                            var bestIndex = rows.lowerBound * w + columns.lowerBound
                            var best = start[bestIndex]
                            for row in rows {
                                for column in columns {
                                    let index = row * w + column
                                    let value = start[index]
                                    // A NaN wins and stays, as in PyTorch. At most one of the two is true;
                                    // without a branch, since nobody could guess it.
                                    let wins = (value > best) != value.isNaN
                                    best = wins ? value : best
                                    bestIndex = wins ? index : bestIndex
                                }
                            }
                            let index = (plane * shape[2] + y) * shape[3] + x
                            target[index] = best
                            origins[index] = Float(bitPattern: UInt32(bestIndex))
                        }
                    }
                }
            }
        }
        return MaxPoolOutput(output: output, workspace: origin)
    }

    public func maxPoolGradient(
        _ outputGradient: Tensor, input: Tensor, forward: MaxPoolOutput,
        _ geometry: PoolingGeometry
    ) -> Tensor {
        let gradient = outputGradient.converted(to: .plain)
        let (n, c, h, w) = input.shape.nchw
        var result = Tensor(zeros: input.shape)
        let target = result.writePointer()
        let pixels = gradient.shape[2] * gradient.shape[3]
        guard let workspace = forward.workspace else {
            preconditionFailure("the forward pass kept no record of its maxima")
        }
        gradient.withUnsafeElements { gradient in
            workspace.withUnsafeElements { origins in
                parallelFor(n * c) { range in
                    for plane in range {
                        for index in plane * pixels..<(plane + 1) * pixels {
                            target[plane * h * w + Int(origins[index].bitPattern)] +=
                                gradient[index]
                        }
                    }
                }
            }
        }
        return result
    }

    public func averagePool(_ input: Tensor, _ geometry: PoolingGeometry) -> Tensor {
        let source = input.converted(to: .plain)
        let (n, c, h, w) = source.shape.nchw
        let shape = geometry.outputShape(input: source.shape)
        var output = Tensor(uninitialized: shape)
        let target = output.writePointer()
        let scale = 1 / Float(geometry.window * geometry.window)
        source.withUnsafeElements { values in
            parallelFor(n * c) { range in
                for plane in range {
                    for y in 0..<shape[2] {
                        for x in 0..<shape[3] {
                            var sum: Float = 0
                            for row in geometry.window(at: y, extent: h) {
                                for column in geometry.window(at: x, extent: w) {
                                    sum += values[plane * h * w + row * w + column]
                                }
                            }
                            target[(plane * shape[2] + y) * shape[3] + x] = sum * scale
                        }
                    }
                }
            }
        }
        return output
    }

    public func averagePoolGradient(
        _ outputGradient: Tensor, inputShape: Shape, _ geometry: PoolingGeometry
    ) -> Tensor {
        let gradient = outputGradient.converted(to: .plain)
        let shape = gradient.shape
        let (n, c, h, w) = inputShape.nchw
        var result = Tensor(zeros: inputShape)
        let target = result.writePointer()
        let scale = 1 / Float(geometry.window * geometry.window)
        gradient.withUnsafeElements { gradient in
            parallelFor(n * c) { range in
                for plane in range {
                    for y in 0..<shape[2] {
                        for x in 0..<shape[3] {
                            let share = gradient[(plane * shape[2] + y) * shape[3] + x] * scale
                            for row in geometry.window(at: y, extent: h) {
                                for column in geometry.window(at: x, extent: w) {
                                    target[plane * h * w + row * w + column] += share
                                }
                            }
                        }
                    }
                }
            }
        }
        return result
    }
}

extension PoolingGeometry {
    /// The input positions that one output position sees, padding left out.
    fileprivate func window(at output: Int, extent: Int) -> Range<Int> {
        let start = output * stride - padding
        return max(0, start)..<min(extent, start + window)
    }
}
