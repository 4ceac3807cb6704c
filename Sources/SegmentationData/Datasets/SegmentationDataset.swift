import DurableFiles
import Synchronization
import TensorCore

/// The samples of a data set: found, checked, decoded on demand and kept in bounded memory.
///
/// Samples are in bytewise order of their ids, which are the same on every machine. One value may
/// be used from several threads.
public final class SegmentationDataset: Sendable {
    public let description: DatasetDescription
    /// The bands of every image, in order: those stored, then those computed from them.
    public let bands: [String]
    /// The bands that the image files hold.
    public let storedBands: [String]
    /// The samples' ids in bytewise order of photos, a photo's patches by row and column.
    public let ids: [String]
    /// Mask files that belong to no image.
    public let unusedMasks: [String]

    let photos: [PhotoIndex.Photo]
    let windows: [Window]
    let decoder: PhotoDecoder
    private let sampleGroups: [String]
    private let cache: PhotoCache
    private let fingerprintMemory = Mutex<String?>(nil)

    /// A sample's place: a whole photo, or a patch of one.
    struct Window: Sendable {
        var photo: Int
        var corner: (row: Int, column: Int)?
    }

    /// Finds and checks all samples; pixels are decoded only where patches must be known.
    ///
    /// - Parameters:
    ///   - cacheBytes: the most memory that decoded photos may keep.
    ///   - pictureBudget: the most memory that one decoded file may take.
    /// - Throws: `FloeError` of kind `.usage` for a description that contradicts itself and
    ///   `.badData` for files: an empty data set, a missing mask or band file, a mask of another
    ///   size, ids that occur twice, a wrong number of bands, a damaged header.
    public static func open(
        _ description: DatasetDescription, cacheBytes: Int = 1 << 30,
        pictureBudget: ImageBudget = .picture
    ) throws -> SegmentationDataset {
        let index = try PhotoIndex(description)
        if let first = index.problems.first {
            guard index.problems.count > 1 else { throw first }
            var error = first
            error.what += " (and \(index.problems.count - 1) more such samples)"
            throw error
        }
        try check(description)
        let photos = try PhotoFilter(index.photos, description, pictureBudget).kept
        return try SegmentationDataset(
            description, photos: photos, unusedMasks: index.unusedMasks,
            cacheBytes: cacheBytes, budget: pictureBudget, checkingFiles: true)
    }

    init(
        _ description: DatasetDescription, photos: [PhotoIndex.Photo], unusedMasks: [String],
        cacheBytes: Int, budget: ImageBudget, checkingFiles: Bool
    ) throws {
        try Self.check(description)
        self.description = description
        self.photos = photos
        self.unusedMasks = unusedMasks
        cache = PhotoCache(limit: cacheBytes)
        storedBands = try Self.bandNames(
            description, firstImages: photos.first?.images ?? [], budget)
        bands = storedBands + (description.computed ?? []).map(\.name)
        decoder = try PhotoDecoder(description, stored: storedBands, budget: budget)
        if checkingFiles {
            for photo in photos { try Self.checkFiles(photo, description, storedBands, budget) }
        }
        let decoder = decoder
        let cache = cache
        if let plan = description.patch {
            windows = try photos.indices.flatMap { number in
                try Self.patches(of: number, photos[number], plan, decoder, cache)
            }
        } else {
            windows = photos.indices.map { Window(photo: $0, corner: nil) }
        }
        guard !windows.isEmpty else {
            throw FloeError(
                .badData, file: description.root, "an empty data set",
                expected: "a patch that is not wholly ignored", got: "none")
        }
        ids = windows.map { window in
            let id = photos[window.photo].id
            return window.corner.map { "\(id)@\($0.row),\($0.column)" } ?? id
        }
        sampleGroups = try Self.groups(windows, photos, ids, description)
    }

    public var count: Int { ids.count }
    /// Whether the samples have a truth.
    public var hasMasks: Bool { !description.masks.isEmpty }
    public var classNames: [String] { description.classes.map(\.name) }
    public var photoCount: Int { photos.count }
    /// What computes the bands that are not stored.
    public var computation: BandComputation { decoder.computation }

    /// The group of one sample.
    public func group(at index: Int) -> String { sampleGroups[index] }

    /// One sample: bands in the file's own units at the data set's size, and its target.
    ///
    /// - Throws: `FloeError` of kind `.badData` for a file that is damaged or a mask value without
    ///   a meaning, `.numeric` for NaN or infinite pixels.
    public func sample(at index: Int) throws -> Sample {
        let window = windows[index]
        let photo = try decodedPhoto(window.photo)
        var image: BandImage
        let target: SegmentationTarget
        if let corner = window.corner, let plan = description.patch {
            (image, target) = photo.patch(row: corner.row, column: corner.column, size: plan.size)
        } else {
            (image, target) = (photo.image, photo.target)
        }
        if let nodata = image.nodata, !nodata.contains(1) { image.nodata = nil }
        return Sample(
            id: ids[index], group: sampleGroups[index], image: image, target: target,
            originalSize: photo.originalSize)
    }

    /// The truth of one sample at its own resolution, where scores are computed; for a patch, at
    /// the data set's size.
    ///
    /// What training ignores is ignored here too: pixels without data, and those beside them that
    /// resizing or a computed band mixes with them.
    public func nativeTarget(at index: Int) throws -> SegmentationTarget {
        let window = windows[index]
        if window.corner != nil || !hasMasks { return try sample(at: index).target }
        return try decoder.nativeTarget(photos[window.photo])
    }

    /// The image and mask files of one sample.
    public func files(at index: Int) -> (images: [String], masks: [String]) {
        let photo = photos[windows[index].photo]
        return (photo.images.map(\.name), photo.masks.map(\.name))
    }

    func decodedPhoto(_ number: Int) throws -> DecodedPhoto {
        try cache.photo(number) { try decoder.decode(photos[number]) }
    }

    /// SHA-256 over the sorted ids with the size and digest of each of their files, and where a file
    /// holds many samples also with the sample's place in it.
    ///
    /// Computed once, by reading every file. Names of folders do not enter, so that a data set may
    /// be moved; a changed, added or removed file shows.
    public func fingerprint() throws -> String {
        if let known = fingerprintMemory.withLock({ $0 }) { return known }
        var hasher = SHA256Hasher()
        var shared: [String: String] = [:]
        for photo in photos {
            hasher.update(text: "\(photo.id)\n")
            for part in photo.images + photo.masks {
                let digest =
                    try shared[part.path]
                    ?? "\(ImageFile(part.path).size) \(SHA256Digest.ofFile(at: part.path).hex)"
                if let item = part.item {
                    shared[part.path] = digest
                    hasher.update(text: "\(digest) \(item)\n")
                } else {
                    hasher.update(text: "\(digest)\n")
                }
            }
        }
        let result = hasher.finalize().hex
        fingerprintMemory.withLock { $0 = result }
        return result
    }
}

extension SHA256Hasher {
    mutating func update(text: String) {
        var text = text
        text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
    }
}
