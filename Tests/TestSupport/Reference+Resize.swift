import Foundation
import TensorCore

extension Reference {
    public static func resize(
        _ x: ReferenceTensor, height: Int, width: Int, rule: ResizeRule
    ) -> ReferenceTensor {
        let (n, c, h, w) = x.shape.nchw
        let rows = weights(from: h, to: height, rule)
        let columns = weights(from: w, to: width, rule)
        var output = ReferenceTensor(zeros: [n, c, height, width])
        forEachPosition(output.shape) { image, channel, row, column in
            for (y, rowWeight) in rows[row] {
                for (x_, columnWeight) in columns[column] {
                    output[image, channel, row, column] +=
                        rowWeight * columnWeight * x[image, channel, y, x_]
                }
            }
        }
        return output
    }

    public static func resizeGradient(
        _ outputGradient: ReferenceTensor, inputShape: Shape, rule: ResizeRule
    ) -> ReferenceTensor {
        let (_, _, height, width) = outputGradient.shape.nchw
        let rows = weights(from: inputShape[2], to: height, rule)
        let columns = weights(from: inputShape[3], to: width, rule)
        var result = ReferenceTensor(zeros: inputShape)
        forEachPosition(outputGradient.shape) { image, channel, row, column in
            for (y, rowWeight) in rows[row] {
                for (x, columnWeight) in columns[column] {
                    result[image, channel, y, x] +=
                        rowWeight * columnWeight * outputGradient[image, channel, row, column]
                }
            }
        }
        return result
    }

    /// For every target index the source indices that it reads, and how much of each: a position
    /// along the source axis, and a tent of width one around it.
    private static func weights(
        from input: Int, to output: Int, _ rule: ResizeRule
    ) -> [[(index: Int, weight: Double)]] {
        (0..<output).map { target in
            let ratio = Double(input) / Double(output)
            let position: Double
            switch rule {
            case .nearest: return [((target * input) / output, 1)]
            case .bilinear: position = (Double(target) + 0.5) * ratio - 0.5
            case .bilinearAlignedCorners:
                position =
                    output == 1 ? 0 : Double(target) * Double(input - 1) / Double(output - 1)
            }
            let inside = min(max(position, 0), Double(input - 1))
            return (0..<input).compactMap { source in
                let weight = 1 - abs(inside - Double(source))
                return weight > 0 ? (source, weight) : nil
            }
        }
    }
}
