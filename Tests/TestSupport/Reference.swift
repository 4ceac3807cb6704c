import TensorCore

/// Every operation of `ComputeBackend` in Double, written for reading: loops over the definition and
/// nothing else. Its gradients are checked against central differences.
public enum Reference {}

// MARK: - Elementwise

extension Reference {
    public static func add(_ a: ReferenceTensor, _ b: ReferenceTensor) -> ReferenceTensor {
        ReferenceTensor(zip(a.values, b.values).map { $0 + $1 }, shape: a.shape)
    }

    public static func multiply(_ a: ReferenceTensor, _ b: ReferenceTensor) -> ReferenceTensor {
        ReferenceTensor(zip(a.values, b.values).map { $0 * $1 }, shape: a.shape)
    }

    public static func relu(_ x: ReferenceTensor) -> ReferenceTensor {
        ReferenceTensor(x.values.map { max($0, 0) }, shape: x.shape)
    }

    /// Gradient where the output is positive, else 0.
    public static func reluGradient(
        _ gradient: ReferenceTensor, output: ReferenceTensor
    ) -> ReferenceTensor {
        ReferenceTensor(
            zip(gradient.values, output.values).map { $1 > 0 ? $0 : 0 }, shape: gradient.shape)
    }
}

// MARK: - Channels

extension Reference {
    public static func concatenate(_ parts: [ReferenceTensor]) -> ReferenceTensor {
        let (n, _, h, w) = parts[0].shape.nchw
        let channels = parts.reduce(0) { $0 + $1.shape[1] }
        var result = ReferenceTensor(zeros: [n, channels, h, w])
        var first = 0
        for part in parts {
            forEachPosition(part.shape) { image, channel, row, column in
                result[image, first + channel, row, column] = part[image, channel, row, column]
            }
            first += part.shape[1]
        }
        return result
    }

    public static func channels(_ range: Range<Int>, of x: ReferenceTensor) -> ReferenceTensor {
        let (n, _, h, w) = x.shape.nchw
        var result = ReferenceTensor(zeros: [n, range.count, h, w])
        forEachPosition(result.shape) { image, channel, row, column in
            result[image, channel, row, column] =
                x[image, range.lowerBound + channel, row, column]
        }
        return result
    }

    public static func addBias(_ x: ReferenceTensor, bias: ReferenceTensor) -> ReferenceTensor {
        var result = x
        forEachPosition(x.shape) { image, channel, row, column in
            result[image, channel, row, column] += bias.values[channel]
        }
        return result
    }

    /// Sum over batch, height and width.
    public static func channelSums(_ x: ReferenceTensor) -> ReferenceTensor {
        var result = ReferenceTensor(zeros: [x.shape[1]])
        forEachPosition(x.shape) { image, channel, row, column in
            result.values[channel] += x[image, channel, row, column]
        }
        return result
    }

    @inline(__always)
    static func forEachPosition(_ shape: Shape, _ body: (Int, Int, Int, Int) -> Void) {
        let (n, c, h, w) = shape.nchw
        for image in 0..<n {
            for channel in 0..<c {
                for row in 0..<h {
                    for column in 0..<w { body(image, channel, row, column) }
                }
            }
        }
    }
}
