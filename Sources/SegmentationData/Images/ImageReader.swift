import CImageIO
import DurableFiles
import Foundation

/// Reads PNG, JPEG and TIFF files into bands, masks and headers.
///
/// Stored values are kept as they are: no gamma, no colour transform, no scaling; 1-bit pixels are
/// 0 and 1. A palette becomes red, green, blue for an image, and stays an index for a mask. Of a
/// TIFF with several pages only overviews and masks behind the first are passed over; a stack of
/// pictures is refused. Everything else that a file can get wrong is one `FloeError`.
public enum ImageReader {
    /// Reads the header only.
    ///
    /// - Throws: `FloeError` of kind `.badData` for a file that is damaged, larger than `budget`
    ///   when decoded, or not an image; `.notFound`, `.permission`, `.inputOutput`.
    public static func probe(
        path: String, budget: ImageBudget = .scene
    ) throws -> ImageHeader {
        try OpenedImage(path: path, budget: budget).header
    }

    /// Reads all bands in the file's own units.
    ///
    /// - Parameter nodata: a value that means "no data" in this data set; the one that the file
    ///   declares itself counts in any case.
    /// - Throws: as `probe`; and of kind `.numeric` where a pixel is NaN or infinite without being
    ///   declared as no data.
    public static func readBands(
        path: String, nodata: Double? = nil, budget: ImageBudget = .scene
    ) throws -> BandImage {
        let raster = try readRaster(path: path, budget: budget)
        return try bandImage(raster, nodata: nodata, path: path)
    }

    /// Reads a mask as it is stored: palette indexes, label values or colours.
    ///
    /// - Throws: as `probe`; and of kind `.badData` for floating-point samples that are no whole
    ///   numbers from 0 to 65535.
    public static func readMask(
        path: String, budget: ImageBudget = .scene
    ) throws -> StoredMask {
        let image = try OpenedImage(path: path, budget: budget)
        let raster = try image.readAll(expandingPalette: false)
        return try mask(raster, isPalette: image.header.isPalette, path: path)
    }

    /// Stored values as those of a mask.
    static func mask(_ raster: Raster, isPalette: Bool, path: String) throws -> StoredMask {
        let values: [UInt16]
        switch raster.storage {
        case .unsigned8(let stored): values = stored.map { UInt16($0) }
        case .unsigned16(let stored): values = stored
        case .float32(let stored):
            values = try stored.map { value in
                guard let whole = UInt16(exactly: value) else {
                    throw FloeError(
                        .badData, file: path, "not a mask", expected: "whole numbers 0 to 65535",
                        got: "\(value)")
                }
                return whole
            }
        }
        return StoredMask(
            bands: raster.bands, height: raster.height, width: raster.width, values: values,
            isPalette: isPalette)
    }

    static func readRaster(path: String, budget: ImageBudget) throws -> Raster {
        try OpenedImage(path: path, budget: budget).readAll(expandingPalette: true)
    }

    /// Some rows of stored values in their own units, with what carries no data.
    ///
    /// - Parameter rows: nil takes all.
    static func bandImage(
        _ raster: Raster, rows: Range<Int>? = nil, nodata: Double?, path: String
    ) throws -> BandImage {
        let rows = rows ?? 0..<raster.height
        var image = BandImage(
            bands: raster.bands, height: rows.count, width: raster.width,
            values: raster.floats(rows: rows, columns: 0..<raster.width),
            nodata: raster.nodataMask(rows: rows, nodata))
        if case .float32 = raster.storage { try image.requireFinite(path) }
        return image
    }
}
