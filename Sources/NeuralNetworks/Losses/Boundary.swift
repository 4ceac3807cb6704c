import TensorCore

/// Mean of p times the signed distance to the truth's boundary (Kervadec et al. 2019), over the pixels
/// that count of every image's every class that has a boundary there; adds `weight` times its gradient.
///
/// Distances are in pixels and between pixels' centres: to the nearest pixel of the class outside it;
/// inside, 1 less than to the nearest pixel of something else, and negative. Ignored pixels are neither,
/// so that no boundary runs along them. A class that an image lacks or that fills it gives no term.
func boundary(
    _ input: LossInput, _ weight: Double, _ gradient: UnsafeMutableBufferPointer<Float>?
) -> Double? {
    let pixels = input.pixels
    var slopes: Tensor? = gradient == nil ? nil : Tensor(uninitialized: [input.logits.count])
    let out = slopes?.writePointer()
    /// Sum of p times distance, labels that count, and those of planes with a boundary.
    var planes = [(sum: Double, counted: Int, taken: Int)](
        repeating: (0, 0, 0), count: input.planes)
    planes.withUnsafeMutableBufferPointer { results in
        parallelForPlanes(results) { range, results in
            var map = SignedDistanceMap(height: input.height, width: input.width)
            for plane in range {
                results[plane] = map.sum(
                    input.probabilities(ofPlane: plane), input.labels(ofPlane: plane),
                    present: input.presentLabel(ofPlane: plane),
                    slopes: out.map { $0 + plane * pixels })
            }
        }
    }
    guard planes.contains(where: { $0.counted > 0 }) else { return nil }
    let taken = planes.reduce(0) { $0 + $1.taken }
    guard taken > 0 else { return 0 }
    if let gradient, let slopes {
        input.addGradient(slopes, scale: weight / Double(taken), to: gradient)
    }
    return planes.reduce(0) { $0 + $1.sum } / Double(taken)
}

/// The signed distances of one plane, and the memory that they take.
private struct SignedDistanceMap: ~Copyable {
    private let inside: UnsafeMutableBufferPointer<UInt8>
    private let outside: UnsafeMutableBufferPointer<UInt8>
    private let toInside: UnsafeMutableBufferPointer<Float>
    private let toOutside: UnsafeMutableBufferPointer<Float>
    private var transform: DistanceTransform

    init(height: Int, width: Int) {
        inside = .allocate(capacity: height * width)
        outside = .allocate(capacity: height * width)
        toInside = .allocate(capacity: height * width)
        toOutside = .allocate(capacity: height * width)
        transform = DistanceTransform(height: height, width: width)
    }

    deinit {
        inside.deallocate()
        outside.deallocate()
        toInside.deallocate()
        toOutside.deallocate()
    }

    /// Sum of p times distance, labels that count, and those of a plane with a boundary.
    ///
    /// - Parameter slopes: takes the distances, 0 where ignored or without a boundary.
    mutating func sum(
        _ p: UnsafePointer<Float>, _ labels: UnsafeBufferPointer<UInt8>, present: UInt8,
        slopes: UnsafeMutablePointer<Float>?
    ) -> (sum: Double, counted: Int, taken: Int) {
        var (ofClass, ofOthers) = (0, 0)
        for pixel in labels.indices {
            let label = labels[pixel]
            let isInside: UInt8 = label == present ? 1 : 0
            let isOutside: UInt8 = label == LabelMap.ignore ? 0 : 1 - isInside
            inside[pixel] = isInside
            outside[pixel] = isOutside
            ofClass += Int(isInside)
            ofOthers += Int(isOutside)
        }
        guard ofClass > 0, ofOthers > 0 else {
            slopes?.update(repeating: 0, count: labels.count)
            return (0, ofClass + ofOthers, 0)
        }
        transform.distances(to: UnsafeBufferPointer(inside), into: toInside)
        transform.distances(to: UnsafeBufferPointer(outside), into: toOutside)
        var sum = 0.0
        for pixel in labels.indices {
            var distance: Float = 0
            if inside[pixel] | outside[pixel] != 0 {
                distance = inside[pixel] != 0 ? 1 - toOutside[pixel] : toInside[pixel]
                sum += Double(distance * p[pixel])
            }
            slopes?[pixel] = distance
        }
        return (sum, ofClass + ofOthers, ofClass + ofOthers)
    }
}
