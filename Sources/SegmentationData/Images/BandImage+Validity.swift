import DurableFiles

extension BandImage {
    /// Marks the pixels where any band holds `value` (or is not a number, where `value` is NaN).
    mutating func markNodata(_ value: Double) {
        let wanted = Float(value)
        let isNaN = wanted.isNaN
        var mask = nodata ?? [UInt8](repeating: 0, count: pixelCount)
        var found = false
        values.withUnsafeBufferPointer { source in
            mask.withUnsafeMutableBufferPointer { target in
                for band in 0..<bands {
                    let base = band * pixelCount
                    for pixel in 0..<pixelCount {
                        let sample = source[base + pixel]
                        if sample == wanted || (isNaN && sample.isNaN) {
                            target[pixel] = 1
                            found = true
                        }
                    }
                }
            }
        }
        if found { nodata = mask }
    }

    /// Throws where a pixel that carries data is NaN or infinite in some band; pixels without data
    /// are set to 0, so that nothing that follows meets a NaN.
    mutating func requireFinite(_ path: String) throws {
        var bad = 0
        var firstBand = 0
        let mask = nodata
        let (bands, pixelCount) = (bands, pixelCount)
        values.withUnsafeMutableBufferPointer { buffer in
            for band in 0..<bands {
                let base = band * pixelCount
                for pixel in 0..<pixelCount where !buffer[base + pixel].isFinite {
                    if let mask, mask[pixel] != 0 {
                        buffer[base + pixel] = 0
                    } else {
                        if bad == 0 { firstBand = band }
                        bad += 1
                    }
                }
            }
        }
        guard bad == 0 else {
            throw FloeError(
                .numeric, file: path, "NaN or infinite pixels", expected: "none",
                got: "\(bad), the first in band \(firstBand)",
                advice: "write a number there and declare it with data.nodata")
        }
    }
}
