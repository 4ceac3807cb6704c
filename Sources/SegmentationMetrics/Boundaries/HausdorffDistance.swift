import TensorCore

/// How far the contours of truth and prediction lie apart: a percentile of the Hausdorff distance.
///
/// A contour are the pixels of a mask with a side neighbour outside it; beyond the image is outside.
/// The distances of every pixel of one contour to the nearest of the other, centre to centre, have a
/// 95th percentile (linear between order statistics); the larger of the two directions' is the value
/// (HD95; Huttenlocher et al. 1993, MONAI's `compute_hausdorff_distance(percentile=95)`). Unknown
/// pixels are neither inside nor outside, and no contour runs along them.
public enum HausdorffDistance: Hashable, Sendable {
    /// Both have a contour; in pixels.
    case pixels(Double)
    /// Only one of the two has a contour, so that there is no distance. It is a miss that no mean
    /// of distances shows: say how often it happened.
    case undefined
    /// Neither has a contour.
    case absent

    /// The distance in pixels, or nil where there is none.
    public var value: Double? {
        if case .pixels(let value) = self { value } else { nil }
    }

    public static let usualPercentile = 95.0

    /// The distance of one class.
    ///
    /// - Parameters:
    ///   - truth: `[height, width]`, 0 or 1, or 255 for an ignored pixel.
    ///   - prediction: the same shape; 255 where nothing was predicted.
    ///   - ignore: non-zero for a pixel to leave out.
    ///   - percentile: 0 to 100; 100 is the Hausdorff distance itself.
    public static func between(
        truth: [UInt8], prediction: [UInt8], height: Int, width: Int, ignore: [UInt8]? = nil,
        percentile: Double = usualPercentile
    ) -> HausdorffDistance {
        perClass(
            truth: truth, prediction: prediction, classes: 1, height: height, width: width,
            ignore: ignore, percentile: percentile)[0]
    }

    /// The distances of overlapping classes, one per class in their order.
    ///
    /// - Parameters:
    ///   - truth: `[classes, height, width]`, 0, 1 or 255 as for one mask.
    ///   - prediction: the same shape.
    ///   - ignore: `[height, width]`, non-zero for a pixel to leave out of every class.
    public static func perClass(
        truth: [UInt8], prediction: [UInt8], classes: Int, height: Int, width: Int,
        ignore: [UInt8]? = nil, percentile: Double = usualPercentile
    ) -> [HausdorffDistance] {
        PairedPlanes.forEachClass(
            truth: truth, prediction: prediction, classes: classes, height: height, width: width,
            ignore: ignore
        ) { between($0, percentile: percentile) }
    }

    /// The distances of each class of two label maps, one per class in their order.
    ///
    /// - Parameters:
    ///   - truth: class indices, or 255 for an ignored pixel.
    ///   - prediction: the same; 255 where nothing was predicted.
    public static func perClass(
        truth: LabelMap, prediction: LabelMap, classes: Int, percentile: Double = usualPercentile
    ) -> [HausdorffDistance] {
        PairedPlanes.forEachClass(truth: truth, prediction: prediction, classes: classes) {
            between($0, percentile: percentile)
        }
    }

    private static func between(
        _ planes: PairedPlanes, percentile: Double
    ) -> HausdorffDistance {
        precondition((0...100).contains(percentile), "the \(percentile)th percentile")
        let truth = Contour(of: planes.truth, height: planes.height, width: planes.width)
        let prediction = Contour(of: planes.prediction, height: planes.height, width: planes.width)
        if truth.isEmpty && prediction.isEmpty { return .absent }
        if truth.isEmpty || prediction.isEmpty { return .undefined }
        // Nearest pixels of either contour lie in the box around both.
        let rows =
            min(
                truth.rows.lowerBound, prediction.rows.lowerBound)..<max(
                truth.rows.upperBound, prediction.rows.upperBound)
        let columns =
            min(
                truth.columns.lowerBound, prediction.columns.lowerBound)..<max(
                truth.columns.upperBound, prediction.columns.upperBound)
        var transform = DistanceTransform(height: rows.count, width: columns.count)
        let ways = [(truth, prediction), (prediction, truth)].map { own, other in
            own.percentile(percentile / 100, to: other, rows, columns, &transform)
        }
        return .pixels(max(ways[0], ways[1]))
    }
}

/// The pixels of a mask that have a side neighbour outside it.
private struct Contour {
    private(set) var places: [(row: Int32, column: Int32)] = []
    /// The box around them.
    private(set) var rows = 0..<0
    private(set) var columns = 0..<0

    var isEmpty: Bool { places.isEmpty }

    /// - Parameter plane: `[height, width]`, 0, 1, or 255 for a pixel that is neither.
    init(of plane: [UInt8], height: Int, width: Int) {
        var (top, bottom, left, right) = (height, -1, width, -1)
        plane.withUnsafeBufferPointer { plane in
            for row in 0..<height {
                let start = row * width
                let isBorder = row == 0 || row == height - 1
                for column in 0..<width where plane[start + column] == 1 {
                    let pixel = start + column
                    guard
                        isBorder || column == 0 || column == width - 1 || plane[pixel - 1] == 0
                            || plane[pixel + 1] == 0 || plane[pixel - width] == 0
                            || plane[pixel + width] == 0
                    else { continue }
                    places.append((Int32(row), Int32(column)))
                    (top, bottom) = (min(top, row), row)
                    (left, right) = (min(left, column), max(right, column))
                }
            }
        }
        guard !places.isEmpty else { return }
        (rows, columns) = (top..<bottom + 1, left..<right + 1)
    }

    /// A percentile (0...1) of the distances of these pixels to the nearest of another contour.
    func percentile(
        _ level: Double, to other: Contour, _ rows: Range<Int>, _ columns: Range<Int>,
        _ transform: inout DistanceTransform
    ) -> Double {
        let (top, left, width) = (rows.lowerBound, columns.lowerBound, columns.count)
        var set = [UInt8](repeating: 0, count: rows.count * width)
        for (row, column) in other.places {
            set[(Int(row) - top) * width + Int(column) - left] = 1
        }
        var distances = [Float](repeating: 0, count: set.count)
        set.withUnsafeBufferPointer { set in
            distances.withUnsafeMutableBufferPointer { transform.distances(to: set, into: $0) }
        }
        var own = places.map { distances[(Int($0.row) - top) * width + Int($0.column) - left] }
        own.sort()
        let position = level * Double(own.count - 1)
        let below = min(Int(position), own.count - 1)
        let above = min(below + 1, own.count - 1)
        let (low, high) = (Double(own[below]), Double(own[above]))
        return low + (high - low) * (position - Double(below))
    }
}
