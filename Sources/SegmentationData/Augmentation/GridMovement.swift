import TensorCore

/// A movement that maps the pixel grid onto itself: flips first, then turns counter-clockwise.
public struct GridMovement: Sendable, Hashable {
    public var flipsHorizontally: Bool
    public var flipsVertically: Bool
    /// Turns by 90 degrees counter-clockwise, as `numpy.rot90`: 0 to 3.
    public var quarterTurns: Int

    public init(
        flipsHorizontally: Bool = false, flipsVertically: Bool = false, quarterTurns: Int = 0
    ) {
        self.flipsHorizontally = flipsHorizontally
        self.flipsVertically = flipsVertically
        self.quarterTurns = ((quarterTurns % 4) + 4) % 4
    }

    public var isIdentity: Bool { !flipsHorizontally && !flipsVertically && quarterTurns == 0 }

    /// All eight movements of a square, the identity first: the set of test-time augmentation.
    public static let ofSquare: [GridMovement] = [false, true].flatMap { flip in
        (0..<4).map { GridMovement(flipsHorizontally: flip, quarterTurns: $0) }
    }

    /// The movement that undoes this one.
    public var inverse: GridMovement {
        // A mirrored turn goes the other way: undoing "flip, then turn" by one flip is again
        // "flip, then turn" in the same sense. Both flips together are half a turn and commute.
        let isMirrored = flipsHorizontally != flipsVertically
        return GridMovement(
            flipsHorizontally: flipsHorizontally, flipsVertically: flipsVertically,
            quarterTurns: isMirrored ? quarterTurns : -quarterTurns)
    }

    /// The size of a moved image.
    public func size(height: Int, width: Int) -> (height: Int, width: Int) {
        quarterTurns % 2 == 1 ? (width, height) : (height, width)
    }

    public func apply(to image: BandImage) -> BandImage {
        let places = places(height: image.height, width: image.width)
        let count = image.pixelCount
        let values = [Float](unsafeUninitializedCapacity: image.values.count) { target, filled in
            image.values.withUnsafeBufferPointer { source in
                places.withUnsafeBufferPointer { places in
                    for band in 0..<image.bands {
                        let base = band * count
                        for pixel in 0..<count {
                            target.initializeElement(
                                at: base + pixel, to: source[base + places[pixel]])
                        }
                    }
                }
            }
            filled = image.values.count
        }
        let size = size(height: image.height, width: image.width)
        return BandImage(
            bands: image.bands, height: size.height, width: size.width, values: values,
            nodata: image.nodata.map { Self.moved($0, places) })
    }

    public func apply(to target: SegmentationTarget) -> SegmentationTarget {
        let places = places(height: target.height, width: target.width)
        let size = size(height: target.height, width: target.width)
        switch target {
        case .labels(let map):
            return .labels(
                LabelMap(
                    height: size.height, width: size.width,
                    labels: Self.moved(map.labels, places)))
        case .planes(let planes):
            let values = (0..<planes.classes).flatMap {
                Self.moved(Array(planes.plane($0)), places)
            }
            return .planes(
                ClassPlanes(
                    classes: planes.classes, height: size.height, width: size.width,
                    values: values))
        }
    }

    private static func moved(_ plane: [UInt8], _ places: [Int]) -> [UInt8] {
        places.map { plane[$0] }
    }

    /// For each pixel of the moved image, in row order, the pixel that it comes from.
    private func places(height: Int, width: Int) -> [Int] {
        let moved = size(height: height, width: width)
        var places: [Int] = []
        places.reserveCapacity(height * width)
        for row in 0..<moved.height {
            for column in 0..<moved.width {
                var (y, x): (Int, Int) =
                    switch quarterTurns {
                    case 1: (column, width - 1 - row)
                    case 2: (height - 1 - row, width - 1 - column)
                    case 3: (height - 1 - column, row)
                    default: (row, column)
                    }
                if flipsHorizontally { x = width - 1 - x }
                if flipsVertically { y = height - 1 - y }
                places.append(y * width + x)
            }
        }
        return places
    }
}
