import TensorCore

/// What a network shall answer for each pixel.
public enum SegmentationTarget: Sendable, Hashable {
    /// One class a pixel (softmax); 255 is ignored.
    case labels(LabelMap)
    /// One plane a class (sigmoid); 255 is ignored.
    case planes(ClassPlanes)

    public var height: Int {
        switch self {
        case .labels(let map): map.height
        case .planes(let planes): planes.height
        }
    }

    public var width: Int {
        switch self {
        case .labels(let map): map.width
        case .planes(let planes): planes.width
        }
    }

    /// A target of which nothing is known.
    public static func unknown(
        _ kind: OutputKind, classes: Int, height: Int, width: Int
    ) -> SegmentationTarget {
        switch kind {
        case .softmax:
            .labels(LabelMap(height: height, width: width, repeating: LabelMap.ignore))
        case .sigmoid:
            .planes(
                ClassPlanes(
                    classes: classes, height: height, width: width, repeating: LabelMap.ignore))
        }
    }

    /// Resized by nearest neighbour with half-pixel centres.
    public func resizedNearest(height: Int, width: Int) -> SegmentationTarget {
        if height == self.height && width == self.width { return self }
        return mapPlanes(height: height, width: width) { plane in
            nearestNeighbours(
                plane, height: self.height, width: self.width, newHeight: height, newWidth: width)
        }
    }

    /// A window of the target; no more of it is touched.
    func cropped(rows: Range<Int>, columns: Range<Int>) -> SegmentationTarget {
        precondition(
            rows.lowerBound >= 0 && rows.upperBound <= height && columns.lowerBound >= 0
                && columns.upperBound <= width,
            "window \(rows) x \(columns) outside of \(height)x\(width)")
        func window(_ values: [UInt8], planes: Int) -> [UInt8] {
            var part: [UInt8] = []
            part.reserveCapacity(planes * rows.count * columns.count)
            for plane in 0..<planes {
                for row in rows {
                    let line = (plane * height + row) * width
                    part += values[line + columns.lowerBound..<line + columns.upperBound]
                }
            }
            return part
        }
        switch self {
        case .labels(let map):
            return .labels(
                LabelMap(
                    height: rows.count, width: columns.count, labels: window(map.labels, planes: 1))
            )
        case .planes(let planes):
            return .planes(
                ClassPlanes(
                    classes: planes.classes, height: rows.count, width: columns.count,
                    values: window(planes.values, planes: planes.classes)))
        }
    }

    /// The same target with the pixels of `mask` (1) ignored in every class.
    public func ignoring(_ mask: [UInt8]) -> SegmentationTarget {
        mapPlanes(height: height, width: width) { plane in
            precondition(mask.count == plane.count, "one mask byte a pixel")
            var copy = plane
            for pixel in copy.indices where mask[pixel] != 0 { copy[pixel] = LabelMap.ignore }
            return copy
        }
    }

    /// One byte a pixel: 1 where no class is known.
    public var ignoredPixels: [UInt8] {
        switch self {
        case .labels(let map): return map.labels.map { $0 == LabelMap.ignore ? 1 : 0 }
        case .planes(let planes):
            let count = planes.height * planes.width
            var ignored = [UInt8](repeating: 1, count: count)
            planes.values.withUnsafeBufferPointer { values in
                for index in 0..<planes.classes {
                    for pixel in 0..<count where values[index * count + pixel] != LabelMap.ignore {
                        ignored[pixel] = 0
                    }
                }
            }
            return ignored
        }
    }

    /// Pixels of each class and pixels of which no class is known.
    public func pixelCounts(classes: Int) -> (classes: [Int], ignored: Int) {
        var counts = [Int](repeating: 0, count: classes)
        switch self {
        case .labels(let map):
            var histogram = [Int](repeating: 0, count: 256)
            map.labels.withUnsafeBufferPointer { for label in $0 { histogram[Int(label)] += 1 } }
            for index in 0..<classes { counts[index] = histogram[index] }
            return (counts, histogram[Int(LabelMap.ignore)])
        case .planes(let planes):
            for index in 0..<classes {
                counts[index] = planes.plane(index).reduce(0) { $0 + ($1 == 1 ? 1 : 0) }
            }
            return (counts, ignoredPixels.reduce(0) { $0 + Int($1) })
        }
    }

    /// The target of another size that a rule makes of each plane of its bytes.
    func mapPlanes(
        height: Int, width: Int, _ transform: ([UInt8]) -> [UInt8]
    ) -> SegmentationTarget {
        switch self {
        case .labels(let map):
            return .labels(LabelMap(height: height, width: width, labels: transform(map.labels)))
        case .planes(let planes):
            let values = (0..<planes.classes).flatMap { transform(Array(planes.plane($0))) }
            return .planes(
                ClassPlanes(
                    classes: planes.classes, height: height, width: width, values: values))
        }
    }
}
