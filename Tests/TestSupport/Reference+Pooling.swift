import TensorCore

extension Reference {
    /// The largest value of every window; padding never wins.
    public static func maxPool(
        _ x: ReferenceTensor, _ geometry: PoolingGeometry
    ) -> ReferenceTensor {
        var output = ReferenceTensor(zeros: geometry.outputShape(input: x.shape))
        forEachPosition(output.shape) { image, channel, row, column in
            output[image, channel, row, column] =
                window(x.shape, geometry, row, column)
                .map { x[image, channel, $0.row, $0.column] }.max() ?? 0
        }
        return output
    }

    /// Each gradient goes to the first largest value of its window.
    public static func maxPoolGradient(
        _ outputGradient: ReferenceTensor, input x: ReferenceTensor, _ geometry: PoolingGeometry
    ) -> ReferenceTensor {
        let output = maxPool(x, geometry)
        var result = ReferenceTensor(zeros: x.shape)
        forEachPosition(output.shape) { image, channel, row, column in
            let origin = window(x.shape, geometry, row, column).first {
                x[image, channel, $0.row, $0.column] == output[image, channel, row, column]
            }
            guard let origin else { return }
            result[image, channel, origin.row, origin.column] +=
                outputGradient[image, channel, row, column]
        }
        return result
    }

    /// Mean over the window; the padding's zeros count.
    public static func averagePool(
        _ x: ReferenceTensor, _ geometry: PoolingGeometry
    ) -> ReferenceTensor {
        var output = ReferenceTensor(zeros: geometry.outputShape(input: x.shape))
        let share = 1 / Double(geometry.window * geometry.window)
        forEachPosition(output.shape) { image, channel, row, column in
            for position in window(x.shape, geometry, row, column) {
                output[image, channel, row, column] +=
                    x[image, channel, position.row, position.column] * share
            }
        }
        return output
    }

    public static func averagePoolGradient(
        _ outputGradient: ReferenceTensor, inputShape: Shape, _ geometry: PoolingGeometry
    ) -> ReferenceTensor {
        var result = ReferenceTensor(zeros: inputShape)
        let share = 1 / Double(geometry.window * geometry.window)
        forEachPosition(outputGradient.shape) { image, channel, row, column in
            for position in window(inputShape, geometry, row, column) {
                result[image, channel, position.row, position.column] +=
                    outputGradient[image, channel, row, column] * share
            }
        }
        return result
    }

    /// Positions of the input that one output sees, row by row.
    private static func window(
        _ input: Shape, _ geometry: PoolingGeometry, _ row: Int, _ column: Int
    ) -> [(row: Int, column: Int)] {
        var result: [(row: Int, column: Int)] = []
        for i in 0..<geometry.window {
            for j in 0..<geometry.window {
                let position = (
                    row: row * geometry.stride + i - geometry.padding,
                    column: column * geometry.stride + j - geometry.padding
                )
                if 0..<input[2] ~= position.row, 0..<input[3] ~= position.column {
                    result.append(position)
                }
            }
        }
        return result
    }
}
