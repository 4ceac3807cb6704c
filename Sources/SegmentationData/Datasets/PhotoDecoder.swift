import DurableFiles
import TensorCore

/// Reads one photo: its bands, its masks, and what of it is ignored.
struct PhotoDecoder: Sendable {
    let description: DatasetDescription
    /// The names of the stored bands.
    let stored: [String]
    let budget: ImageBudget
    let masks: MaskDecoder
    let computation: BandComputation

    init(_ description: DatasetDescription, stored: [String], budget: ImageBudget) throws {
        self.description = description
        self.stored = stored
        self.budget = budget
        masks = try MaskDecoder(description)
        computation = try BandComputation(description.computed ?? [], stored: stored)
    }

    /// Every source of a photo at its own size.
    func readSources(_ photo: PhotoIndex.Photo) throws -> [SourcePixels] {
        try photo.images.enumerated().map { try readSource($0.offset, path: $0.element) }
    }

    /// The bands of one source at their own size.
    func readSource(_ index: Int, path part: StoredPart) throws -> SourcePixels {
        let source = description.images[index]
        let path = part.name
        let raster = try part.raster(taking: source.take, budget: budget)
        if let names = source.bands, names.count != raster.bands {
            throw FloeError(
                .badData, file: path, "wrong number of bands",
                expected: "\(names.count) (\(names.joined(separator: ", ")))",
                got: "\(raster.bands)", advice: "say which with take: [0, 1, …]")
        }
        return try SourcePixels(raster, nodata: description.nodata, path: path)
    }

    /// The size that a photo's sources are brought to.
    func workingSize(_ sources: [SourcePixels], _ photo: PhotoIndex.Photo) throws -> ImageSize {
        if let size = description.size { return size }
        let sizes = sources.map(\.size)
        for (index, size) in sizes.enumerated() where size != sizes[0] {
            throw FloeError(
                .badData, file: photo.images[index].name,
                "band files of different sizes", expected: sizes[0].description,
                got: size.description, advice: "set data.size: [height, width]")
        }
        return sizes[0]
    }

    func decode(_ photo: PhotoIndex.Photo) throws -> DecodedPhoto {
        try decode(photo, sources: try readSources(photo))
    }

    /// - Parameter sources: the photo's sources as `readSources` gives them.
    func decode(_ photo: PhotoIndex.Photo, sources: [SourcePixels]) throws -> DecodedPhoto {
        let size = try workingSize(sources, photo)
        let bands = sources.map(\.raster.bands).reduce(0, +)
        guard bands == stored.count else {
            throw FloeError(
                .badData, file: photo.images[0].name, "wrong number of bands",
                expected: "\(stored.count) as in the first sample", got: "\(bands)")
        }
        if computation.isEmpty, sources.allSatisfy({ $0.size == size }),
            let raster = Raster.stacked(sources.map(\.raster))
        {
            let nodata = sources.compactMap(\.nodata).reduce(nil as [UInt8]?) { sum, next in
                sum.map { zip($0, next).map { $0 | $1 } } ?? next
            }
            let truth = try target(photo, sources: sources, size: size, nodata: nodata)
            return DecodedPhoto(
                raster, nodata: nodata, target: truth.target, originalSize: truth.size)
        }
        let resized = sources.map {
            $0.image.resizedBilinear(height: size.height, width: size.width)
        }
        var image = resized.dropFirst().reduce(resized[0]) { $0.appending($1) }
        if !computation.isEmpty {
            image = computation.appended(to: image)
            // Large values may leave single precision in a sum of them.
            try image.requireFinite(photo.images[0].name)
        }
        let truth = try target(photo, sources: sources, size: size, nodata: image.nodata)
        return DecodedPhoto(
            image, stored: stored.count, target: truth.target, originalSize: truth.size)
    }

    /// The truth at the working size, and the size that it was brought to it from.
    private func target(
        _ photo: PhotoIndex.Photo, sources: [SourcePixels], size: ImageSize, nodata: [UInt8]?
    ) throws -> (target: SegmentationTarget, size: ImageSize) {
        guard !photo.masks.isEmpty else {
            return (
                .unknown(
                    description.kind, classes: description.classes.count, height: size.height,
                    width: size.width), sources[0].size
            )
        }
        let native = try nativeTarget(photo, sources: sources)
        var target = native.resizedNearest(height: size.height, width: size.width)
        if let nodata { target = target.ignoring(nodata) }
        return (target, ImageSize(height: native.height, width: native.width))
    }

    /// The truth at its own resolution, as it is scored: border and missing data are ignored, and so
    /// is what training ignores at the data set's size, where missing data spread by resizing and by
    /// computed bands.
    func nativeTarget(_ photo: PhotoIndex.Photo) throws -> SegmentationTarget {
        let needsImages = description.ignoreBorder != nil || description.nodata != nil
        // Without a rule on pixels only a file's own nodata tag could matter; that needs them too.
        let sources = try photo.images.enumerated().compactMap { index, path -> SourcePixels? in
            let declares = try path.header(budget: budget).nodata != nil
            return needsImages || declares ? try readSource(index, path: path) : nil
        }
        let target = try nativeTarget(photo, sources: sources)
        guard let (nodata, size) = workingNodata(sources) else { return target }
        return target.ignoring(
            nearestNeighbours(
                nodata, height: size.height, width: size.width, newHeight: target.height,
                newWidth: target.width))
    }

    /// The pixels without data at the size that training works at; nil where there are none.
    private func workingNodata(_ sources: [SourcePixels]) -> (mask: [UInt8], size: ImageSize)? {
        // Without a size for all of them the sources are of one size.
        guard let first = sources.first, sources.contains(where: { $0.nodata != nil }) else {
            return nil
        }
        let size = description.size ?? first.size
        var mask: [UInt8]?
        for source in sources {
            let bandless = BandImage(
                bands: 0, height: source.size.height, width: source.size.width, values: [],
                nodata: source.nodata)
            guard
                let own = bandless.resizedBilinear(height: size.height, width: size.width).nodata
            else { continue }
            mask = mask.map { first in zip(first, own).map { $0 | $1 } } ?? own
        }
        return mask.map {
            (computation.spread($0, height: size.height, width: size.width), size)
        }
    }

    /// The truth at its own resolution, with border and missing data ignored where they lie.
    private func nativeTarget(
        _ photo: PhotoIndex.Photo, sources: [SourcePixels]
    ) throws -> SegmentationTarget {
        var target = try masks.target(paths: photo.masks, budget: budget)
        let fitting = sources.filter {
            $0.size == ImageSize(height: target.height, width: target.width)
        }
        if !sources.isEmpty && fitting.isEmpty {
            throw FloeError(
                .badData, file: photo.masks[0].name, "a mask of another size than its image",
                expected: sources.map(\.size.description).joined(separator: " or "),
                got: "\(target.height)x\(target.width)")
        }
        if description.ignoreBorder == .black, !fitting.isEmpty {
            target = target.ignoring(BorderMask.black(fitting.map(\.raster)))
        }
        for source in fitting {
            if let nodata = source.nodata { target = target.ignoring(nodata) }
        }
        return target
    }
}
