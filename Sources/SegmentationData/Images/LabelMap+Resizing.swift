import TensorCore

extension LabelMap {
    /// Resized by nearest neighbour with half-pixel centres: the label at floor((i + 0.5) * in / out).
    public func resizedNearest(height newHeight: Int, width newWidth: Int) -> LabelMap {
        if newHeight == height && newWidth == width { return self }
        return LabelMap(
            height: newHeight, width: newWidth,
            labels: nearestNeighbours(
                labels, height: height, width: width, newHeight: newHeight, newWidth: newWidth))
    }
}

/// One plane of bytes resized by nearest neighbour with half-pixel centres.
func nearestNeighbours(
    _ plane: [UInt8], height: Int, width: Int, newHeight: Int, newWidth: Int
) -> [UInt8] {
    precondition(newHeight > 0 && newWidth > 0, "a plane of \(newHeight)x\(newWidth)")
    let rows = InterpolationAxis.nearest(from: height, to: newHeight)
    let columns = InterpolationAxis.nearest(from: width, to: newWidth)
    let count = newHeight * newWidth
    return [UInt8](unsafeUninitializedCapacity: count) { target, filled in
        plane.withUnsafeBufferPointer { source in
            columns.withUnsafeBufferPointer { columns in
                var next = 0
                for row in rows {
                    let line = row * width
                    for column in columns {
                        target.initializeElement(at: next, to: source[line + column])
                        next += 1
                    }
                }
            }
        }
        filled = count
    }
}
