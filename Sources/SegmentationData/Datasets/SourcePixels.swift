import DurableFiles

/// One source of a photo at its own size, in the type that its file stores.
///
/// A large photo of 8 bits is kept like this until something needs its values as floats, which take
/// four times as much.
struct SourcePixels: Sendable {
    let raster: Raster
    /// One byte a pixel, 1 where at least one band carries no data; nil where all do.
    let nodata: [UInt8]?

    /// - Parameters:
    ///   - nodata: the value that means "no data", besides what the file itself declares.
    ///   - path: the file's name for messages.
    /// - Throws: `FloeError` of kind `.numeric` for NaN or infinite pixels that carry data.
    init(_ stored: Raster, nodata: Double?, path: String) throws {
        var raster = stored
        raster.nodata = nil
        if case .float32 = stored.storage {
            let image = try ImageReader.bandImage(stored, nodata: nodata, path: path)
            raster.storage = .float32(image.values)
            self.nodata = image.nodata
        } else {
            self.nodata = stored.nodataMask(nodata)
        }
        self.raster = raster
    }

    var size: ImageSize { ImageSize(height: raster.height, width: raster.width) }

    /// The bands in their own units.
    var image: BandImage {
        BandImage(
            bands: raster.bands, height: raster.height, width: raster.width,
            values: raster.floats(rows: 0..<raster.height, columns: 0..<raster.width),
            nodata: nodata)
    }

    /// Enters the pixels into a digest as floats, whatever type stores them.
    func update(_ hasher: inout SHA256Hasher) {
        hasher.update(text: "\(raster.bands) \(raster.height) \(raster.width)\n")
        // In strips, whose height is a function of the size alone.
        let strip = max(1, (1 << 20) / (raster.bands * raster.width))
        for first in stride(from: 0, to: raster.height, by: strip) {
            let rows = first..<min(first + strip, raster.height)
            raster.floats(rows: rows, columns: 0..<raster.width)
                .withUnsafeBytes { hasher.update($0) }
        }
        if let nodata { nodata.withUnsafeBytes { hasher.update($0) } }
    }
}

extension Raster {
    /// All bands behind one another; nil unless all are stored as whole numbers of one type and size.
    static func stacked(_ rasters: [Raster]) -> Raster? {
        guard var result = rasters.first else { return nil }
        if case .float32 = result.storage { return nil }
        for raster in rasters.dropFirst() {
            guard raster.height == result.height, raster.width == result.width else { return nil }
            switch (result.storage, raster.storage) {
            case (.unsigned8(let first), .unsigned8(let second)):
                result.storage = .unsigned8(first + second)
            case (.unsigned16(let first), .unsigned16(let second)):
                result.storage = .unsigned16(first + second)
            default: return nil
            }
            result.bands += raster.bands
        }
        return result
    }
}
