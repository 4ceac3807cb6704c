import TensorCore

/// A photo at the data set's size as the cache keeps it: 8-bit values where nothing is lost by it.
struct DecodedPhoto: Sendable {
    /// The stored bands.
    let raster: Raster
    /// The bands that were computed from them, where there are any.
    let computed: Raster?
    let nodata: [UInt8]?
    let target: SegmentationTarget
    let originalSize: ImageSize

    /// - Parameter stored: how many of the bands are stored ones; the others are computed.
    init(
        _ image: BandImage, stored: Int, target: SegmentationTarget, originalSize: ImageSize
    ) {
        let end = stored * image.pixelCount
        let isBytes = image.values.withUnsafeBufferPointer { values in
            values[..<end].allSatisfy { $0 >= 0 && $0 <= 255 && $0 == $0.rounded(.towardZero) }
        }
        raster = Raster(
            bands: stored, height: image.height, width: image.width,
            storage: isBytes
                ? .unsigned8(image.values[..<end].map { UInt8($0) })
                : .float32(stored == image.bands ? image.values : Array(image.values[..<end])),
            nodata: nil)
        computed =
            stored == image.bands
            ? nil
            : Raster(
                bands: image.bands - stored, height: image.height, width: image.width,
                storage: .float32(Array(image.values[end...])), nodata: nil)
        nodata = image.nodata
        self.target = target
        self.originalSize = originalSize
    }

    /// A photo whose bands are all stored ones, in the type of its files.
    init(
        _ raster: Raster, nodata: [UInt8]?, target: SegmentationTarget, originalSize: ImageSize
    ) {
        self.raster = raster
        computed = nil
        self.nodata = nodata
        self.target = target
        self.originalSize = originalSize
    }

    var byteCount: Int {
        let targetBytes =
            switch target {
            case .labels(let map): map.labels.count
            case .planes(let planes): planes.values.count
            }
        return raster.byteCount + (computed?.byteCount ?? 0) + targetBytes + (nodata?.count ?? 0)
    }

    var bands: Int { raster.bands + (computed?.bands ?? 0) }

    var image: BandImage {
        BandImage(
            bands: bands, height: raster.height, width: raster.width,
            values: values(rows: 0..<raster.height, columns: 0..<raster.width),
            nodata: nodata)
    }

    private func values(rows: Range<Int>, columns: Range<Int>) -> [Float] {
        let stored = raster.floats(rows: rows, columns: columns)
        return computed.map { stored + $0.floats(rows: rows, columns: columns) } ?? stored
    }

    /// Some rows of all bands.
    func image(rows: Range<Int>) -> BandImage {
        BandImage(
            bands: bands, height: rows.count, width: raster.width,
            values: values(rows: rows, columns: 0..<raster.width),
            nodata: nodata.map {
                Array($0[rows.lowerBound * raster.width..<rows.upperBound * raster.width])
            })
    }

    /// The window of `size` from a corner on; it lies within the photo.
    func patch(row: Int, column: Int, size: ImageSize) -> (BandImage, SegmentationTarget) {
        let rows = row..<row + size.height
        let columns = column..<column + size.width
        let part = BandImage(
            bands: bands, height: rows.count, width: columns.count,
            values: values(rows: rows, columns: columns),
            nodata: nodata.map {
                BandImage.gathered(
                    $0, width: raster.width, rows: Array(rows), columns: Array(columns))
            })
        return (part, target.cropped(rows: rows, columns: columns))
    }
}
