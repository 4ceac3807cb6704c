extension BandImage {
    /// The pixels of a window that lies inside the image.
    public func cropped(rows: Range<Int>, columns: Range<Int>) -> BandImage {
        precondition(
            rows.lowerBound >= 0 && rows.upperBound <= height && columns.lowerBound >= 0
                && columns.upperBound <= width,
            "window \(rows) x \(columns) outside of \(height)x\(width)")
        return gathered(rows: Array(rows), columns: Array(columns))
    }

    /// Padded at the right and the bottom by reflection about the last pixel, which is not repeated
    /// (`numpy.pad(mode="reflect")`); a pad larger than the image reflects again and again.
    public func paddedByReflection(height newHeight: Int, width newWidth: Int) -> BandImage {
        precondition(
            newHeight >= height && newWidth >= width,
            "\(height)x\(width) cannot be padded to \(newHeight)x\(newWidth)")
        if newHeight == height && newWidth == width { return self }
        return gathered(
            rows: Self.reflected(height, to: newHeight),
            columns: Self.reflected(width, to: newWidth))
    }

    /// The source of each position of an axis that is continued by reflection.
    static func reflected(_ count: Int, to newCount: Int) -> [Int] {
        guard count > 1 else { return [Int](repeating: 0, count: newCount) }
        let period = 2 * (count - 1)
        return (0..<newCount).map { position in
            let phase = position % period
            return phase < count ? phase : period - phase
        }
    }

    /// The image made of these source rows and columns, in this order.
    func gathered(rows: [Int], columns: [Int]) -> BandImage {
        let count = bands * rows.count * columns.count
        let picked = [Float](unsafeUninitializedCapacity: count) { target, filled in
            values.withUnsafeBufferPointer { source in
                columns.withUnsafeBufferPointer { columns in
                    var next = 0
                    for band in 0..<bands {
                        for row in rows {
                            let line = (band * height + row) * width
                            for column in columns {
                                target.initializeElement(at: next, to: source[line + column])
                                next += 1
                            }
                        }
                    }
                }
            }
            filled = count
        }
        let mask = nodata.map { Self.gathered($0, width: width, rows: rows, columns: columns) }
        return BandImage(
            bands: bands, height: rows.count, width: columns.count, values: picked, nodata: mask)
    }

    /// One plane of bytes made of these rows and columns.
    static func gathered(
        _ plane: [UInt8], width: Int, rows: [Int], columns: [Int]
    ) -> [UInt8] {
        let count = rows.count * columns.count
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
}
