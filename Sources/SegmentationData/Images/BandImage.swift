/// An image of any number of bands in its own units: [band, row, column], rows top to bottom.
public struct BandImage: Sendable, Hashable {
    public let bands: Int
    public let height: Int
    public let width: Int
    /// Planar: all rows of band 0, then band 1, and so on.
    public var values: [Float]
    /// One byte a pixel, 1 where at least one band carries no data; nil where all do.
    public var nodata: [UInt8]?

    public init(bands: Int, height: Int, width: Int, values: [Float], nodata: [UInt8]? = nil) {
        precondition(
            values.count == bands * height * width,
            "\(values.count) values for \(bands)x\(height)x\(width)")
        precondition(nodata == nil || nodata?.count == height * width, "one nodata byte a pixel")
        self.bands = bands
        self.height = height
        self.width = width
        self.values = values
        self.nodata = nodata
    }

    /// Pixels of one band.
    public var pixelCount: Int { height * width }

    /// The same image with the bands of another of the same size behind its own.
    public func appending(_ other: BandImage) -> BandImage {
        precondition(
            height == other.height && width == other.width,
            "\(height)x\(width) and \(other.height)x\(other.width) cannot be stacked")
        var mask = nodata
        if let second = other.nodata {
            mask = mask.map { first in zip(first, second).map { $0 | $1 } } ?? second
        }
        return BandImage(
            bands: bands + other.bands, height: height, width: width,
            values: values + other.values, nodata: mask)
    }

    /// Only so many of the bands, from the first on.
    public func takingFirst(_ count: Int) -> BandImage {
        count == bands ? self : taking(bands: Array(0..<count))
    }

    /// Only the bands named, in the order named.
    public func taking(bands taken: [Int]) -> BandImage {
        var picked: [Float] = []
        picked.reserveCapacity(taken.count * pixelCount)
        for band in taken {
            precondition(band >= 0 && band < bands, "band \(band) of \(bands)")
            picked += values[(band * pixelCount)..<((band + 1) * pixelCount)]
        }
        return BandImage(
            bands: taken.count, height: height, width: width, values: picked, nodata: nodata)
    }
}
