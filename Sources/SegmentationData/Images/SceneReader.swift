import DurableFiles

/// A scene read by rows, so that one of 10,000 x 10,000 pixels fits in little memory.
///
/// A TIFF gives its rows without decoding the rest (strips or tiles that hold them apart); a PNG
/// or JPEG is decoded once and kept in its own sample type.
public final class SceneReader {
    public let path: String
    public let header: ImageHeader
    private let image: OpenedImage
    private let nodata: Double?
    private var whole: Raster?

    /// - Parameter nodata: as for `ImageReader.readBands`.
    public init(path: String, nodata: Double? = nil, budget: ImageBudget = .scene) throws {
        self.path = path
        self.nodata = nodata
        image = try OpenedImage(path: path, budget: budget)
        header = image.header
    }

    /// All bands of some rows, in the file's own units.
    public func readRows(_ rows: Range<Int>) throws -> BandImage {
        let raster: Raster
        let taken: Range<Int>
        if image.readsRowsAlone {
            raster = try image.readRows(rows, expandingPalette: true)
            taken = 0..<rows.count
        } else {
            if whole == nil { whole = try image.readAll(expandingPalette: true) }
            guard let whole else { preconditionFailure("the scene was just decoded") }
            raster = whole
            taken = rows
        }
        return try ImageReader.bandImage(raster, rows: taken, nodata: nodata, path: path)
    }
}
