/// What an image file says about itself before its pixels are decoded.
public struct ImageHeader: Sendable, Hashable {
    public var format: ImageFormat
    public var height: Int
    public var width: Int
    /// Bands as an image is read: 3 for a palette, alpha counted as a band.
    public var bands: Int
    public var sampleType: SampleType
    /// Bits of a stored sample: 1, 2, 4, 8, 16, 32 or 64.
    public var bits: Int
    public var isPalette: Bool
    /// The value that the file itself declares as "no data" (GDAL's TIFF tag), if any.
    public var nodata: Double?
}
