import DurableFiles

extension BandImage {
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
