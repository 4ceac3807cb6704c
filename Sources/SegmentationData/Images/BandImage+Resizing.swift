extension BandImage {
    /// Resized bilinearly with half-pixel centres and clamped edges, without antialiasing.
    ///
    /// The rule is PyTorch's `interpolate(mode="bilinear", align_corners=False)`. A pixel to which
    /// a pixel without data contributes carries no data.
    public func resizedBilinear(height newHeight: Int, width newWidth: Int) -> BandImage {
        precondition(newHeight > 0 && newWidth > 0, "an image of \(newHeight)x\(newWidth)")
        if newHeight == height && newWidth == width { return self }
        let rows = InterpolationAxis(from: height, to: newHeight)
        let columns = InterpolationAxis(from: width, to: newWidth)
        let count = bands * newHeight * newWidth
        let resized = [Float](unsafeUninitializedCapacity: count) { target, filled in
            values.withUnsafeBufferPointer { source in
                Self.interpolate(
                    source, bands: bands, height: height, width: width, rows, columns, target)
            }
            filled = count
        }
        let mask = nodata.map { Self.spread($0, width: width, rows, columns) }
        return BandImage(
            bands: bands, height: newHeight, width: newWidth, values: resized, nodata: mask)
    }

    private static func interpolate(
        _ source: UnsafeBufferPointer<Float>, bands: Int, height: Int, width: Int,
        _ rows: InterpolationAxis, _ columns: InterpolationAxis,
        _ target: UnsafeMutableBufferPointer<Float>
    ) {
        columns.first.withUnsafeBufferPointer { left in
            columns.second.withUnsafeBufferPointer { right in
                columns.share.withUnsafeBufferPointer { share in
                    var next = 0
                    for band in 0..<bands {
                        for row in 0..<rows.first.count {
                            let upper = (band * height + rows.first[row]) * width
                            let lower = (band * height + rows.second[row]) * width
                            let down = rows.share[row]
                            let up = 1 - down
                            for column in 0..<left.count {
                                let across = share[column]
                                let back = 1 - across
                                let above =
                                    back * source[upper + left[column]] + across
                                    * source[upper + right[column]]
                                let below =
                                    back * source[lower + left[column]] + across
                                    * source[lower + right[column]]
                                target.initializeElement(
                                    at: next, to: up * above + down * below)
                                next += 1
                            }
                        }
                    }
                }
            }
        }
    }

    private static func spread(
        _ mask: [UInt8], width: Int, _ rows: InterpolationAxis, _ columns: InterpolationAxis
    ) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: rows.first.count * columns.first.count)
        for row in 0..<rows.first.count {
            let upper = rows.first[row] * width
            let lower = (rows.share[row] > 0 ? rows.second[row] : rows.first[row]) * width
            for column in 0..<columns.first.count {
                let left = columns.first[column]
                let right = columns.share[column] > 0 ? columns.second[column] : left
                let touched =
                    mask[upper + left] | mask[upper + right] | mask[lower + left]
                    | mask[lower + right]
                result[row * columns.first.count + column] = touched
            }
        }
        return result
    }
}
