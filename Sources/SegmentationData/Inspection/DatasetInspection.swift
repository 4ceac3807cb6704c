import DurableFiles

/// What is in a data set: counts, sizes, class balance, statistics, duplicates and broken files.
///
/// Nothing stops at a broken sample: it is listed and left out.
public struct DatasetInspection: Codable, Sendable, Hashable {
    /// One class over all samples that could be read.
    public struct ClassBalance: Codable, Sendable, Hashable {
        public var name: String
        public var pixels: Int
        /// Share of the pixels that are not ignored.
        public var share: Double
        /// Images with at least one pixel of it.
        public var images: Int
    }

    public struct Band: Codable, Sendable, Hashable {
        public var name: String
        public var mean: Double
        public var deviation: Double
        public var minimum: Float
        public var maximum: Float
    }

    /// How many image files have a size, a number of stored bands and a sample type.
    public struct FileKind: Codable, Sendable, Hashable {
        public var pattern: String
        public var format: ImageFormat
        public var size: ImageSize
        public var bands: Int
        public var sampleType: SampleType
        public var files: Int
    }

    public var name: String?
    public var root: String
    /// Images, before they are cut into patches.
    public var images: Int
    /// Samples, after they are cut into patches.
    public var samples: Int
    public var groups: Int
    public var kind: OutputKind
    public var fileKinds: [FileKind]
    public var bands: [Band]
    public var classes: [ClassBalance]
    public var labelledPixels: Int
    public var ignoredPixels: Int
    /// Image files with the same bytes.
    public var duplicateImages: [[String]]
    /// Mask files with the same bytes.
    public var duplicateMasks: [[String]]
    /// Mask files that belong to no image.
    public var unusedMasks: [String]
    /// Train, validation, test and unused samples; empty where the split cannot be made.
    public var split: [Int]
    /// One line for each broken sample, and for a split that cannot be made.
    public var problems: [String]

    /// Reads every file of a data set.
    ///
    /// - Parameter progress: called with the number of images read so far.
    /// - Throws: `FloeError` where the description contradicts itself, no image matches it, or no
    ///   sample can be read at all.
    public static func inspect(
        _ description: DatasetDescription, pictureBudget: ImageBudget = .picture,
        progress: ((Int) -> Void)? = nil
    ) throws -> DatasetInspection {
        try SegmentationDataset.check(description)
        let index = try PhotoIndex(description)
        var survey = Survey(description, pictureBudget)
        survey.problems = index.problems
        var readable: [PhotoIndex.Photo] = []
        for (number, photo) in index.photos.enumerated() {
            if try survey.add(photo) { readable.append(photo) }
            progress?(number + 1)
        }
        guard !readable.isEmpty else {
            throw survey.problems.first
                ?? FloeError(.badData, file: description.root, "no sample can be read")
        }
        let dataset = try SegmentationDataset(
            description, photos: readable, unusedMasks: index.unusedMasks, cacheBytes: 0,
            budget: pictureBudget, checkingFiles: false)
        var split: [Int] = []
        do {
            let plan = try dataset.split()
            split = [plan.train, plan.validation, plan.test, plan.unused].map(\.count)
        } catch let error as FloeError {
            survey.problems.append(error)
        }
        return survey.report(dataset, split: split, images: index.photos.count)
    }

    fileprivate init(
        _ dataset: SegmentationDataset, fileKinds: [FileKind], bands: [Band],
        classes: [ClassBalance], labelledPixels: Int, ignoredPixels: Int,
        duplicateImages: [[String]], duplicateMasks: [[String]], split: [Int], images: Int,
        problems: [FloeError]
    ) {
        name = dataset.description.name
        root = dataset.description.root
        self.images = images
        samples = dataset.count
        groups = dataset.groups(of: Array(0..<dataset.count)).count
        kind = dataset.description.kind
        self.fileKinds = fileKinds
        self.bands = bands
        self.classes = classes
        self.labelledPixels = labelledPixels
        self.ignoredPixels = ignoredPixels
        self.duplicateImages = duplicateImages
        self.duplicateMasks = duplicateMasks
        unusedMasks = dataset.unusedMasks
        self.split = split
        self.problems = problems.map(\.description)
    }
}

/// The sums of an inspection while it goes through the photos.
private struct Survey {
    let description: DatasetDescription
    let budget: ImageBudget
    var problems: [FloeError] = []
    private var bandNames: [String]?
    private var statistics: BandStatistics?
    private var classPixels: [Int]
    private var classImages: [Int]
    private var labelled = 0
    private var ignored = 0
    private var kinds: [DatasetInspection.FileKind] = []
    private var imageDigests: [String: [String]] = [:]
    private var maskDigests: [String: [String]] = [:]

    init(_ description: DatasetDescription, _ budget: ImageBudget) {
        self.description = description
        self.budget = budget
        classPixels = [Int](repeating: 0, count: description.classes.count)
        classImages = classPixels
    }

    /// Whether the photo can be read; otherwise its error is kept.
    mutating func add(_ photo: PhotoIndex.Photo) throws -> Bool {
        do {
            for path in photo.images {
                imageDigests[try SHA256Digest.ofFile(at: path).hex, default: []].append(path)
            }
            for path in photo.masks {
                maskDigests[try SHA256Digest.ofFile(at: path).hex, default: []].append(path)
            }
            let names =
                try bandNames
                ?? SegmentationDataset.bandNames(
                    description, firstImages: photo.images, budget)
            try SegmentationDataset.checkFiles(photo, description, names, budget)
            let decoded = try PhotoDecoder(description, stored: names, budget: budget)
                .decode(photo)
            bandNames = names
            try count(photo)
            count(decoded)
            return true
        } catch let error as FloeError where error.kind != .usage {
            problems.append(error.naming(photo.images[0]))
            return false
        }
    }

    private mutating func count(_ photo: PhotoIndex.Photo) throws {
        for (source, path) in zip(description.images, photo.images) {
            let header = try ImageReader.probe(path: path, budget: budget)
            let kind = DatasetInspection.FileKind(
                pattern: source.files.joined(separator: ", "), format: header.format,
                size: ImageSize(height: header.height, width: header.width),
                bands: header.bands, sampleType: header.sampleType, files: 1)
            if let known = kinds.firstIndex(where: {
                $0.pattern == kind.pattern && $0.format == kind.format && $0.size == kind.size
                    && $0.bands == kind.bands && $0.sampleType == kind.sampleType
            }) {
                kinds[known].files += 1
            } else {
                kinds.append(kind)
            }
        }
    }

    private mutating func count(_ photo: DecodedPhoto) {
        let image = photo.image
        var sums = statistics ?? BandStatistics(bands: image.bands)
        let hasMasks = !description.masks.isEmpty
        sums.add(image, ignored: hasMasks ? photo.target.ignoredPixels : nil)
        statistics = sums
        guard hasMasks else { return }
        let counts = photo.target.pixelCounts(classes: classPixels.count)
        for (index, pixels) in counts.classes.enumerated() {
            classPixels[index] += pixels
            if pixels > 0 { classImages[index] += 1 }
        }
        ignored += counts.ignored
        labelled += photo.target.height * photo.target.width - counts.ignored
    }

    func report(
        _ dataset: SegmentationDataset, split: [Int], images: Int
    ) -> DatasetInspection {
        let sums = statistics ?? BandStatistics(bands: dataset.bands.count)
        let deviation = sums.deviation
        return DatasetInspection(
            dataset, fileKinds: kinds,
            bands: dataset.bands.enumerated().map { index, name in
                DatasetInspection.Band(
                    name: name, mean: sums.mean[index], deviation: deviation[index],
                    minimum: sums.count > 0 ? sums.minimum[index] : 0,
                    maximum: sums.count > 0 ? sums.maximum[index] : 0)
            },
            classes: description.classes.enumerated().map { index, item in
                DatasetInspection.ClassBalance(
                    name: item.name, pixels: classPixels[index],
                    share: labelled > 0 ? Double(classPixels[index]) / Double(labelled) : 0,
                    images: classImages[index])
            },
            labelledPixels: labelled, ignoredPixels: ignored,
            duplicateImages: Self.duplicates(imageDigests),
            duplicateMasks: Self.duplicates(maskDigests), split: split, images: images,
            problems: problems)
    }

    private static func duplicates(_ digests: [String: [String]]) -> [[String]] {
        digests.values.filter { $0.count > 1 }.map { paths in
            paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }.sorted { $0[0].utf8.lexicographicallyPrecedes($1[0].utf8) }
    }
}
