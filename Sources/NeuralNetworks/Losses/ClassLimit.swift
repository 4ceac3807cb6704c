import TensorCore

/// What an image's classes have together beyond `limit`: max(0, sum of s_c - limit), s_c being the mean
/// of the highest `share` of class c's probabilities in the image, rounded up to whole pixels; mean over
/// the images with a label that counts. Adds `weight` times its gradient.
///
/// System D speaks of a penalty for more than two classes in an image and gives no formula; this is
/// our reading. Probabilities that tie for the last places share its slope.
func classLimit(
    _ input: LossInput, _ limit: Double, _ share: Double, _ weight: Double,
    _ gradient: UnsafeMutableBufferPointer<Float>?
) -> Double? {
    let counted = input.countedLabels()
    var peaks = [HighestShare?](repeating: nil, count: input.planes)
    peaks.withUnsafeMutableBufferPointer { peaks in
        parallelForPlanes(peaks) { planes, peaks in
            var bins = [Int32](repeating: 0, count: 1 << 16)
            for plane in planes {
                let count = counted[input.labelSet(ofPlane: plane)]
                guard count > 0 else { continue }
                let taken = min(count, max(1, Int((share * Double(count)).rounded(.up))))
                peaks[plane] = HighestShare(
                    input.probabilities(ofPlane: plane), input.labels(ofPlane: plane),
                    taken: taken, &bins)
            }
        }
    }
    let c = input.classes
    let sums = (0..<input.batch).map { image -> Double? in
        let own = peaks[image * c..<(image + 1) * c].compactMap { $0?.mean }
        return own.isEmpty ? nil : own.reduce(0, +)
    }
    let images = sums.count { $0 != nil }
    guard images > 0 else { return nil }
    if let gradient, sums.contains(where: { ($0 ?? 0) > limit }) {
        var slopes = Tensor(zeros: [input.logits.count])
        let out = slopes.writePointer()
        parallelFor(input.planes) { planes in
            for plane in planes {
                guard let peak = peaks[plane], (sums[plane / c] ?? 0) > limit else { continue }
                peak.addSlopes(
                    input.probabilities(ofPlane: plane), input.labels(ofPlane: plane),
                    to: out + plane * input.pixels)
            }
        }
        input.addGradient(slopes, scale: weight / Double(images), to: gradient)
    }
    // A sum that is not a number must show.
    let total = sums.reduce(0) { $0 + ($1.map { $0 <= limit ? 0 : $0 - limit } ?? 0) }
    return total / Double(images)
}

/// The highest of a plane's probabilities, found by their bits in two passes.
private struct HighestShare {
    let mean: Double
    /// The lowest of them; the slope of the mean by those above it and by those equal to it.
    private let lowest: UInt32
    private let slopeAbove: Float
    private let slopeAt: Float

    init(
        _ p: UnsafePointer<Float>, _ labels: UnsafeBufferPointer<UInt8>, taken: Int,
        _ bins: inout [Int32]
    ) {
        var above = 0
        var (high, low) = (0, 0)
        bins.withUnsafeMutableBufferPointer { bins in
            /// The bin that holds the last of those taken, from above.
            func last() -> Int {
                var bin = bins.count - 1
                while above + Int(bins[bin]) < taken, bin > 0 {
                    above += Int(bins[bin])
                    bin -= 1
                }
                return bin
            }
            bins.update(repeating: 0)
            for pixel in labels.indices where labels[pixel] != LabelMap.ignore {
                bins[Int(p[pixel].bitPattern >> 16)] += 1
            }
            high = last()
            bins.update(repeating: 0)
            for pixel in labels.indices where labels[pixel] != LabelMap.ignore {
                let bits = p[pixel].bitPattern
                if Int(bits >> 16) == high { bins[Int(bits & 0xFFFF)] += 1 }
            }
            low = last()
        }
        lowest = UInt32(high) << 16 | UInt32(low)
        var sum = 0.0
        var equal = 0
        for pixel in labels.indices where labels[pixel] != LabelMap.ignore {
            let bits = p[pixel].bitPattern
            if bits > lowest { sum += Double(p[pixel]) }
            equal += bits == lowest ? 1 : 0
        }
        let rest = taken - above
        sum += Double(rest) * Double(Float(bitPattern: lowest))
        mean = sum / Double(taken)
        slopeAbove = Float(1 / Double(taken))
        slopeAt = Float(Double(rest) / Double(equal) / Double(taken))
    }

    func addSlopes(
        _ p: UnsafePointer<Float>, _ labels: UnsafeBufferPointer<UInt8>,
        to slopes: UnsafeMutablePointer<Float>
    ) {
        for pixel in labels.indices where labels[pixel] != LabelMap.ignore {
            let bits = p[pixel].bitPattern
            if bits >= lowest { slopes[pixel] = bits == lowest ? slopeAt : slopeAbove }
        }
    }
}
