extension Raster {
    /// One byte a pixel of some rows, 1 where any band holds what means "no data": the value that the
    /// file declares, or another one. Nil where every pixel carries data.
    ///
    /// - Parameters:
    ///   - rows: nil takes all.
    ///   - value: NaN stands for whatever is not a number.
    func nodataMask(rows: Range<Int>? = nil, _ value: Double?) -> [UInt8]? {
        let rows = rows ?? 0..<height
        let wanted = [nodata, value].compactMap { $0.map { Float($0) } }
        guard !wanted.isEmpty else { return nil }
        var mask = [UInt8](repeating: 0, count: rows.count * width)
        for value in wanted {
            let isNaN = value.isNaN
            mark(&mask, rows: rows, as: 1) { $0 == value || (isNaN && $0.isNaN) }
        }
        return mask.contains(1) ? mask : nil
    }

    /// Sets a byte for every pixel of some rows of which some band holds such a value.
    ///
    /// - Parameter rows: nil takes all.
    @inline(__always)
    func mark(
        _ mask: inout [UInt8], rows: Range<Int>? = nil, as byte: UInt8,
        where isWanted: (Float) -> Bool
    ) {
        let rows = rows ?? 0..<height
        precondition(
            rows.lowerBound >= 0 && rows.upperBound <= height && mask.count == rows.count * width,
            "one mask byte a pixel")
        func scan<Value>(_ values: [Value], _ convert: (Value) -> Float) {
            let count = mask.count
            mask.withUnsafeMutableBufferPointer { mask in
                values.withUnsafeBufferPointer { values in
                    for band in 0..<bands {
                        let base = (band * height + rows.lowerBound) * width
                        for pixel in 0..<count where isWanted(convert(values[base + pixel])) {
                            mask[pixel] = byte
                        }
                    }
                }
            }
        }
        switch storage {
        case .unsigned8(let values): scan(values) { Float($0) }
        case .unsigned16(let values): scan(values) { Float($0) }
        case .float32(let values): scan(values) { $0 }
        }
    }
}
