import CImageIO

/// Decoded pixels in the type that the file stores, planar: [band][row][column].
///
/// Caches keep rasters: a band of 8 bits takes a quarter of what its floats would.
struct Raster: Sendable {
    enum Storage: Sendable {
        case unsigned8([UInt8])
        case unsigned16([UInt16])
        case float32([Float])
    }

    var bands: Int
    var height: Int
    var width: Int
    var storage: Storage
    /// The value that the file declares as "no data".
    var nodata: Double?

    var byteCount: Int {
        switch storage {
        case .unsigned8(let values): values.count
        case .unsigned16(let values): 2 * values.count
        case .float32(let values): 4 * values.count
        }
    }

    /// The bands named by `taken`, in that order.
    func taking(_ taken: [Int]) -> Raster {
        if taken == Array(0..<bands) { return self }
        func pick<Value>(_ values: [Value]) -> [Value] {
            var result: [Value] = []
            result.reserveCapacity(taken.count * height * width)
            for band in taken {
                result += values[(band * height * width)..<((band + 1) * height * width)]
            }
            return result
        }
        var copy = self
        copy.bands = taken.count
        switch storage {
        case .unsigned8(let values): copy.storage = .unsigned8(pick(values))
        case .unsigned16(let values): copy.storage = .unsigned16(pick(values))
        case .float32(let values): copy.storage = .float32(pick(values))
        }
        return copy
    }

    /// A window of all bands as floats: [band][row][column].
    func floats(rows: Range<Int>, columns: Range<Int>) -> [Float] {
        precondition(
            rows.lowerBound >= 0 && rows.upperBound <= height && columns.lowerBound >= 0
                && columns.upperBound <= width,
            "window \(rows) x \(columns) outside of \(height)x\(width)")
        switch storage {
        case .unsigned8(let values): return window(values, rows, columns) { Float($0) }
        case .unsigned16(let values): return window(values, rows, columns) { Float($0) }
        case .float32(let values):
            if rows.count == height, columns.count == width { return values }
            return window(values, rows, columns) { $0 }
        }
    }

    @inline(__always)
    private func window<Value>(
        _ values: [Value], _ rows: Range<Int>, _ columns: Range<Int>, _ convert: (Value) -> Float
    ) -> [Float] {
        let count = bands * rows.count * columns.count
        return [Float](unsafeUninitializedCapacity: count) { target, filled in
            values.withUnsafeBufferPointer { source in
                var next = 0
                for band in 0..<bands {
                    for row in rows {
                        let line = (band * height + row) * width
                        for column in columns {
                            target.initializeElement(
                                at: next, to: convert(source[line + column]))
                            next += 1
                        }
                    }
                }
            }
            filled = count
        }
    }
}

extension Raster {
    /// Samples as the C readers leave them, in their own type; 16-bit signed and 64-bit float
    /// samples become single precision.
    ///
    /// - Parameter interleaved: whether the samples of a pixel stand side by side.
    init(
        samples: UnsafeRawBufferPointer, info: floe_image_info, rows: Int, interleaved: Bool
    ) {
        bands = Int(info.bands)
        height = rows
        width = Int(info.width)
        nodata = info.has_nodata != 0 ? info.nodata : nil
        let isFloat = info.sample_format == Int32(FLOE_SAMPLE_FLOAT)
        let isSigned = info.sample_format == Int32(FLOE_SAMPLE_SIGNED)
        switch (info.bits, isFloat, isSigned) {
        case (64, _, _):
            storage = .float32(
                Self.planar(samples, Double.self, bands, interleaved) { Float($0) })
        case (32, _, _):
            storage = .float32(Self.planar(samples, Float.self, bands, interleaved) { $0 })
        case (16, _, true):
            storage = .float32(
                Self.planar(samples, Int16.self, bands, interleaved) { Float($0) })
        case (16, _, _):
            storage = .unsigned16(Self.planar(samples, UInt16.self, bands, interleaved) { $0 })
        default:
            storage = .unsigned8(Self.planar(samples, UInt8.self, bands, interleaved) { $0 })
        }
    }

    @inline(__always)
    private static func planar<Stored, Value>(
        _ samples: UnsafeRawBufferPointer, _ type: Stored.Type, _ bands: Int, _ interleaved: Bool,
        _ convert: (Stored) -> Value
    ) -> [Value] {
        let source = samples.bindMemory(to: Stored.self)
        let count = source.count
        return [Value](unsafeUninitializedCapacity: count) { target, filled in
            if interleaved && bands > 1 {
                let pixels = count / bands
                for band in 0..<bands {
                    for pixel in 0..<pixels {
                        target.initializeElement(
                            at: band * pixels + pixel, to: convert(source[pixel * bands + band]))
                    }
                }
            } else {
                for index in 0..<count {
                    target.initializeElement(at: index, to: convert(source[index]))
                }
            }
            filled = count
        }
    }
}
