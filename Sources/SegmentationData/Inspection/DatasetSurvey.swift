import DurableFiles

/// The sums of an inspection while it goes through the photos.
struct DatasetSurvey {
    private static let pixelsAtOnce = 1 << 20

    private let description: DatasetDescription
    private let budget: ImageBudget
    var problems: [FloeError]
    /// The photos that could be read.
    private(set) var readable: [PhotoIndex.Photo] = []
    private(set) var labelled = 0
    private(set) var ignored = 0
    private(set) var kinds: [DatasetInspection.FileKind] = []
    private(set) var uniformMasks = 0
    /// For each photo that could be read, the classes that it shows.
    private(set) var shown: [[Int]] = []
    private var decoder: PhotoDecoder?
    private var statistics: BandStatistics?
    private var classPixels: [Int]
    private var classImages: [Int]
    /// Labelled pixels of the images that show a class.
    private var pixelsAround: [Int]
    private var imageDigests: [SHA256Digest?] = []
    private var maskDigests: [SHA256Digest?] = []

    init(_ description: DatasetDescription, _ budget: ImageBudget, problems: [FloeError]) {
        self.description = description
        self.budget = budget
        self.problems = problems
        classPixels = [Int](repeating: 0, count: description.classes.count)
        classImages = classPixels
        pixelsAround = classPixels
    }

    /// Counts a photo, or keeps its error where it cannot be read.
    mutating func add(_ photo: PhotoIndex.Photo) throws {
        do {
            let decoder =
                try self.decoder
                ?? PhotoDecoder(
                    description,
                    stored: try SegmentationDataset.bandNames(
                        description, firstImages: photo.images, budget), budget: budget)
            try SegmentationDataset.checkFiles(photo, description, decoder.stored, budget)
            let sources = try decoder.readSources(photo)
            let decoded = try decoder.decode(photo, sources: sources)
            let maskDigest = try decoder.maskDigest(photo)
            self.decoder = decoder
            try count(photo)
            count(decoded)
            imageDigests.append(decoder.digest(of: sources))
            maskDigests.append(maskDigest)
            if maskDigest == nil, !photo.masks.isEmpty { uniformMasks += 1 }
            readable.append(photo)
        } catch let error as FloeError where error.kind != .usage {
            problems.append(error.naming(photo.images[0].name))
        }
    }

    private mutating func count(_ photo: PhotoIndex.Photo) throws {
        for (source, part) in zip(description.images, photo.images) {
            let header = try part.header(budget: budget)
            let kind = DatasetInspection.FileKind(
                pattern: source.pattern, format: header.format,
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
        var sums = statistics ?? BandStatistics(bands: photo.bands)
        let hasMasks = !description.masks.isEmpty
        let ignored = hasMasks ? photo.target.ignoredPixels : nil
        // Floats of a large photo in strips: all at once they take four times the photo.
        let (height, width) = (photo.raster.height, photo.raster.width)
        let strip = max(1, Self.pixelsAtOnce / width)
        for first in stride(from: 0, to: height, by: strip) {
            let rows = first..<min(first + strip, height)
            sums.add(
                photo.image(rows: rows),
                ignored: ignored.map {
                    Array($0[rows.lowerBound * width..<rows.upperBound * width])
                })
        }
        statistics = sums
        guard hasMasks else { return }
        let counts = photo.target.pixelCounts(classes: classPixels.count)
        let known = photo.target.height * photo.target.width - counts.ignored
        for (index, pixels) in counts.classes.enumerated() where pixels > 0 {
            classPixels[index] += pixels
            classImages[index] += 1
            pixelsAround[index] += known
        }
        self.ignored += counts.ignored
        labelled += known
        shown.append(counts.classes.indices.filter { counts.classes[$0] > 0 })
    }

    /// Statistics of every band.
    func bands(_ names: [String]) -> [DatasetInspection.Band] {
        let sums = statistics ?? BandStatistics(bands: names.count)
        let deviation = sums.deviation
        return names.enumerated().map { index, name in
            DatasetInspection.Band(
                name: name, mean: sums.mean[index], deviation: deviation[index],
                minimum: sums.count > 0 ? sums.minimum[index] : 0,
                maximum: sums.count > 0 ? sums.maximum[index] : 0)
        }
    }

    var classBalances: [DatasetInspection.ClassBalance] {
        let frequencies = classPixels.indices.map { index in
            classPixels[index] > 0
                ? Double(classPixels[index]) / Double(pixelsAround[index]) : nil
        }
        let sorted = frequencies.compactMap { $0 }.sorted()
        let middle = sorted.count / 2
        let median =
            sorted.isEmpty
            ? 0 : sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        return description.classes.enumerated().map { index, item in
            let pixels = classPixels[index]
            return DatasetInspection.ClassBalance(
                name: item.name, pixels: pixels,
                share: labelled > 0 ? Double(pixels) / Double(labelled) : 0,
                images: classImages[index],
                inverseFrequency: pixels > 0 ? Double(labelled) / Double(pixels) : nil,
                medianFrequency: frequencies[index].map { median / $0 })
        }
    }

    var duplicateImages: [[String]] { ids(DuplicateGroups.of(imageDigests)) }
    var duplicateMasks: [[String]] { ids(DuplicateGroups.of(maskDigests)) }

    private func ids(_ groups: [[Int]]) -> [[String]] {
        groups.map { group in group.map { readable[$0].id } }
    }
}
