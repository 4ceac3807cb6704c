import TensorCore

/// Mean of |p - box(p)| over the labels that count, box(p) being the mean of p over those of the 3 x 3
/// pixels around that lie in the image and count; adds `weight` times its gradient.
///
/// System D speaks of a low-pass loss for smooth transitions and gives no formula; this is our reading.
func lowPass(
    _ input: LossInput, _ weight: Double, _ gradient: UnsafeMutableBufferPointer<Float>?
) -> Double? {
    let perSet = input.countedLabels()
    let counted = (0..<input.planes).reduce(0) { $0 + perSet[input.labelSet(ofPlane: $1)] }
    guard counted > 0 else { return nil }
    let pixels = input.pixels
    var slopes: Tensor? = gradient == nil ? nil : Tensor(uninitialized: [input.logits.count])
    let out = slopes?.writePointer()
    var sums = [Double](repeating: 0, count: input.planes)
    sums.withUnsafeMutableBufferPointer { sums in
        parallelForPlanes(sums) { planes, sums in
            let box = BoxDifference(height: input.height, width: input.width)
            for plane in planes {
                sums[plane] = box.sum(
                    input.probabilities(ofPlane: plane), input.labels(ofPlane: plane),
                    slopes: out.map { $0 + plane * pixels })
            }
        }
    }
    if let gradient, let slopes {
        input.addGradient(slopes, scale: weight / Double(counted), to: gradient)
    }
    return sums.reduce(0, +) / Double(counted)
}

/// Planes with a frame of zeros of one pixel, and the sums over 3 x 3 pixels of them.
private struct BoxDifference: ~Copyable {
    /// Smaller differences from the mean are rounding, and flat.
    private static let flat: Float = 1e-6

    private let height: Int
    private let width: Int
    /// Width of a framed row.
    private let stride: Int
    private let size: Int
    private let memory: UnsafeMutablePointer<Float>

    init(height: Int, width: Int) {
        self.height = height
        self.width = width
        stride = width + 2
        size = (height + 2) * (width + 2)
        memory = .allocate(capacity: 5 * size)
        memory.initialize(repeating: 0, count: 5 * size)
    }

    deinit { memory.deallocate() }

    /// Sum of the differences; writes its slope by every probability.
    func sum(
        _ p: UnsafePointer<Float>, _ labels: UnsafeBufferPointer<UInt8>,
        slopes: UnsafeMutablePointer<Float>?
    ) -> Double {
        let (values, counts, sums) = (memory, memory + size, memory + 2 * size)
        let neighbours = memory + 3 * size
        for row in 0..<height {
            let framed = (row + 1) * stride + 1
            for column in 0..<width {
                let isCounted = labels[row * width + column] != LabelMap.ignore
                values[framed + column] = isCounted ? p[row * width + column] : 0
                counts[framed + column] = isCounted ? 1 : 0
            }
        }
        box(values, sums)
        box(counts, neighbours)
        var total = 0.0
        // Values become the sign of the difference over the number of neighbours.
        for row in 0..<height {
            let framed = (row + 1) * stride + 1
            for column in framed..<framed + width {
                let isCounted = counts[column] > 0
                // An ignored pixel without neighbours would divide by nothing.
                let mean = sums[column] / max(neighbours[column], 1)
                let difference = isCounted ? values[column] - mean : 0
                total += Double(abs(difference))
                let sign: Float = difference > Self.flat ? 1 : (difference < -Self.flat ? -1 : 0)
                values[column] = sign / max(neighbours[column], 1)
            }
        }
        guard let slopes else { return total }
        box(values, sums)
        for row in 0..<height {
            let framed = (row + 1) * stride + 1
            for column in 0..<width {
                let value = values[framed + column]
                let sign: Float = value > 0 ? 1 : (value < 0 ? -1 : 0)
                slopes[row * width + column] =
                    counts[framed + column] > 0 ? sign - sums[framed + column] : 0
            }
        }
        return total
    }

    /// The sum over 3 x 3 places, in the frame.
    private func box(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) {
        let rows = memory + 4 * size
        for index in 1..<size - 1 {
            rows[index] = input[index - 1] + input[index] + input[index + 1]
        }
        for index in stride..<(height + 1) * stride {
            output[index] = rows[index - stride] + rows[index] + rows[index + stride]
        }
    }
}
