import DurableFiles
import SegmentationData

/// An image that is read by rows, so that scenes of any size fit in memory.
public protocol SceneSource {
    var bands: Int { get }
    /// How the last of the bands were computed from the others, where they were.
    var computedBands: [ComputedBand] { get }
    var height: Int { get }
    var width: Int { get }
    /// All bands of some rows, in the file's own units.
    func readRows(_ rows: Range<Int>) throws -> BandImage
    /// True for what was cut out of a photo that had been resized already: it is not resized again.
    var isAtTrainingScale: Bool { get }
    /// The whole scene at another size, bilinear with half-pixel centres.
    func resized(height newHeight: Int, width newWidth: Int) throws -> BandImage
}

/// An image that is already in memory.
public struct ImageScene: SceneSource {
    private let image: BandImage

    public init(_ image: BandImage) { self.image = image }

    public var bands: Int { image.bands }
    public var height: Int { image.height }
    public var width: Int { image.width }

    public func readRows(_ rows: Range<Int>) -> BandImage {
        rows == 0..<image.height ? image : image.cropped(rows: rows, columns: 0..<image.width)
    }
}

/// A data set's image as a scene of another size, its photo's or its truth's: members that resize get
/// the image as the data set made it, and answer at that size.
public struct SampleScene: SceneSource {
    private let image: BandImage
    public let height: Int
    public let width: Int
    public let isAtTrainingScale: Bool
    public let computedBands: [ComputedBand]
    private let computation: BandComputation

    /// - Parameter image: a sample of the data set, with the bands that the data set computes.
    public init(_ image: BandImage, of dataset: SegmentationDataset, height: Int, width: Int) {
        self.image = image
        self.height = height
        self.width = width
        // It was cut out of a photo that had been resized already.
        isAtTrainingScale = dataset.description.patch != nil
        computedBands = dataset.description.computed ?? []
        computation = dataset.computation
    }

    public var bands: Int { image.bands }

    public func readRows(_ rows: Range<Int>) -> BandImage {
        let whole = resized(height: height, width: width)
        return rows == 0..<height ? whole : whole.cropped(rows: rows, columns: 0..<width)
    }

    /// Computed bands are those of the resized image, as they are for a file; at the data set's own
    /// size they are what the data set made them, a patch's with what was beside it.
    public func resized(height newHeight: Int, width newWidth: Int) -> BandImage {
        if newHeight == image.height && newWidth == image.width { return image }
        guard !computation.isEmpty else {
            return image.resizedBilinear(height: newHeight, width: newWidth)
        }
        return computation.appended(
            to: image.takingFirst(computation.storedCount)
                .resizedBilinear(height: newHeight, width: newWidth))
    }
}

/// One or more image files whose bands lie side by side (`vis.tiff` and `sar.tiff`).
///
/// Files of other sizes than the first are brought to its size, in memory.
public final class FileScene: SceneSource {
    /// The files, in the order of their bands.
    public let paths: [String]
    public let height: Int
    public let width: Int
    public let bands: Int
    private let files: [FileBands]
    private var resizedFiles: [Int: BandImage] = [:]

    /// - Parameter taking: for each file the stored bands that are wanted, in order; nil takes all.
    /// - Throws: `FloeError` for a file that is missing, damaged or not an image, or that lacks a
    ///   band.
    public init(paths: [String], taking: [[Int]]? = nil, nodata: Double? = nil) throws {
        guard !paths.isEmpty else { throw FloeError(.usage, "no image named") }
        self.paths = paths
        files = try paths.enumerated().map { index, path in
            let taken = taking?[index]
            let reader = try SceneReader(path: path, nodata: nodata)
            if let wrong = taken?.first(where: { $0 >= reader.header.bands }) {
                throw FloeError(
                    .badData, file: path, "a band that the members take is missing",
                    expected: "\(wrong + 1) stored bands or more", got: "\(reader.header.bands)")
            }
            return FileBands(reader: reader, taken: taken)
        }
        height = files[0].height
        width = files[0].width
        bands = files.reduce(0) { $0 + $1.bands }
    }

    public func readRows(_ rows: Range<Int>) throws -> BandImage {
        try joined { index, reader in
            if reader.height == height, reader.width == width { return try reader.readRows(rows) }
            let whole =
                try resizedFiles[index] ?? reader.resized(height: height, width: width)
            resizedFiles[index] = whole
            return whole.cropped(rows: rows, columns: 0..<width)
        }
    }

    /// Each file from its own size, as the data set does it for training.
    public func resized(height newHeight: Int, width newWidth: Int) throws -> BandImage {
        try joined { _, reader in try reader.resized(height: newHeight, width: newWidth) }
    }

    private func joined(_ part: (Int, FileBands) throws -> BandImage) throws -> BandImage {
        var result: BandImage?
        for (index, reader) in files.enumerated() {
            let bands = try part(index, reader)
            result = result.map { $0.appending(bands) } ?? bands
        }
        guard let result else { throw FloeError(.internalFailure, "a scene without files") }
        return result
    }

    /// One file of the scene.
    private struct FileBands: SceneSource {
        let reader: SceneReader
        let taken: [Int]?

        var bands: Int { taken?.count ?? reader.header.bands }
        var height: Int { reader.header.height }
        var width: Int { reader.header.width }

        func readRows(_ rows: Range<Int>) throws -> BandImage {
            let all = try reader.readRows(rows)
            return taken.map { all.taking(bands: $0) } ?? all
        }
    }
}

extension SceneSource {
    public var computedBands: [ComputedBand] { [] }
    public var isAtTrainingScale: Bool { false }

    /// Read by pairs of rows where the scene is large.
    public func resized(height newHeight: Int, width newWidth: Int) throws -> BandImage {
        try resized(height: newHeight, width: newWidth, wholeLimit: 1 << 26)
    }

    /// - Parameter wholeLimit: values of a scene that is read in one piece.
    func resized(
        height newHeight: Int, width newWidth: Int, wholeLimit: Int
    ) throws -> BandImage {
        if height * width * bands <= wholeLimit {
            return try readRows(0..<height).resizedBilinear(height: newHeight, width: newWidth)
        }
        var values = [Float](repeating: 0, count: bands * newHeight * newWidth)
        var nodata: [UInt8]?
        for row in 0..<newHeight {
            let position = RowPosition(row, from: height, to: newHeight)
            let upper = position.lower
            let pair = try readRows(upper..<min(upper + 2, height))
            // Two rows brought to 2 x width, then blended by the row's own share.
            let wide = pair.resizedBilinear(height: pair.height, width: newWidth)
            let below = wide.height > 1 ? newWidth : 0
            for band in 0..<bands {
                for column in 0..<newWidth {
                    let base = band * wide.height * newWidth + column
                    values[(band * newHeight + row) * newWidth + column] =
                        wide.values[base] * (1 - position.share)
                        + wide.values[base + below] * position.share
                }
            }
            if let mask = wide.nodata {
                var whole = nodata ?? [UInt8](repeating: 0, count: newHeight * newWidth)
                for column in 0..<newWidth {
                    whole[row * newWidth + column] =
                        mask[column] | (position.share > 0 ? mask[column + below] : 0)
                }
                nodata = whole
            }
        }
        return BandImage(
            bands: bands, height: newHeight, width: newWidth, values: values, nodata: nodata)
    }
}

/// Where a target row reads under half-pixel centres: a source row, and the share of the next one.
struct RowPosition {
    let lower: Int
    let share: Float

    init(_ target: Int, from source: Int, to count: Int) {
        let position = max(0, (Double(target) + 0.5) * Double(source) / Double(count) - 0.5)
        lower = min(Int(position), source - 1)
        share = lower + 1 < source ? Float(position - Double(lower)) : 0
    }
}
