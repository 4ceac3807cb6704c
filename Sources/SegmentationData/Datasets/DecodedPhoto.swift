import TensorCore

/// A photo at the data set's size as the cache keeps it: 8-bit values where nothing is lost by it.
struct DecodedPhoto: Sendable {
    let raster: Raster
    let nodata: [UInt8]?
    let target: SegmentationTarget
    let originalSize: ImageSize

    init(_ image: BandImage, target: SegmentationTarget, originalSize: ImageSize) {
        let isBytes = image.values.withUnsafeBufferPointer { values in
            values.allSatisfy { $0 >= 0 && $0 <= 255 && $0 == $0.rounded(.towardZero) }
        }
        raster = Raster(
            bands: image.bands, height: image.height, width: image.width,
            storage: isBytes
                ? .unsigned8(image.values.map { UInt8($0) }) : .float32(image.values),
            nodata: nil)
        nodata = image.nodata
        self.target = target
        self.originalSize = originalSize
    }

    var byteCount: Int {
        let targetBytes =
            switch target {
            case .labels(let map): map.labels.count
            case .planes(let planes): planes.values.count
            }
        return raster.byteCount + targetBytes + (nodata?.count ?? 0)
    }

    var image: BandImage {
        BandImage(
            bands: raster.bands, height: raster.height, width: raster.width,
            values: raster.floats(rows: 0..<raster.height, columns: 0..<raster.width),
            nodata: nodata)
    }

    /// A window of `size` from `corner` on; what lies beyond the photo is reflected and ignored.
    func patch(row: Int, column: Int, size: ImageSize) -> (BandImage, SegmentationTarget) {
        let rows = row..<min(row + size.height, raster.height)
        let columns = column..<min(column + size.width, raster.width)
        let part = BandImage(
            bands: raster.bands, height: rows.count, width: columns.count,
            values: raster.floats(rows: rows, columns: columns),
            nodata: nodata.map {
                BandImage.gathered(
                    $0, width: raster.width, rows: Array(rows), columns: Array(columns))
            })
        let reflectedRows = BandImage.reflected(rows.count, to: size.height).map { $0 + row }
        let reflectedColumns = BandImage.reflected(columns.count, to: size.width)
            .map { $0 + column }
        return (
            part.paddedByReflection(height: size.height, width: size.width),
            target.gathered(
                rows: reflectedRows, columns: reflectedColumns,
                inside: (rows.count, columns.count))
        )
    }
}
