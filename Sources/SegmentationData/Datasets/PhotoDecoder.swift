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
    func readSources(_ photo: PhotoIndex.Photo) throws -> [BandImage] {
        try photo.images.enumerated().map { try readSource($0.offset, path: $0.element) }
    }

    /// The bands of one source at their own size.
    func readSource(_ index: Int, path part: StoredPart) throws -> BandImage {
        let source = description.images[index]
        let path = part.name
        let raster = try part.raster(taking: source.take, budget: budget)
        if let names = source.bands, names.count != raster.bands {
            throw FloeError(
                .badData, file: path, "wrong number of bands",
                expected: "\(names.count) (\(names.joined(separator: ", ")))",
                got: "\(raster.bands)", advice: "say which with take: [0, 1, …]")
        }
        return try ImageReader.bandImage(raster, nodata: description.nodata, path: path)
    }

    /// The size that a photo's sources are brought to.
    func workingSize(_ images: [BandImage], _ photo: PhotoIndex.Photo) throws -> ImageSize {
        if let size = description.size { return size }
        let sizes = images.map { ImageSize(height: $0.height, width: $0.width) }
        for (index, size) in sizes.enumerated() where size != sizes[0] {
            throw FloeError(
                .badData, file: photo.images[index].name,
                "band files of different sizes", expected: sizes[0].description,
                got: size.description, advice: "set data.size: [height, width]")
        }
        return sizes[0]
    }

    func decode(_ photo: PhotoIndex.Photo) throws -> DecodedPhoto {
        try decode(photo, images: try readSources(photo))
    }

    /// - Parameter images: the photo's sources as `readSources` gives them.
    func decode(_ photo: PhotoIndex.Photo, images: [BandImage]) throws -> DecodedPhoto {
        let size = try workingSize(images, photo)
        let resized = images.map { $0.resizedBilinear(height: size.height, width: size.width) }
        var image = resized.dropFirst().reduce(resized[0]) { $0.appending($1) }
        guard image.bands == stored.count else {
            throw FloeError(
                .badData, file: photo.images[0].name, "wrong number of bands",
                expected: "\(stored.count) as in the first sample", got: "\(image.bands)")
        }
        if !computation.isEmpty {
            image = computation.appended(to: image)
            // Large values may leave single precision in a sum of them.
            try image.requireFinite(photo.images[0].name)
        }
        guard !photo.masks.isEmpty else {
            return DecodedPhoto(
                image, stored: stored.count,
                target: .unknown(
                    description.kind, classes: description.classes.count, height: size.height,
                    width: size.width),
                originalSize: ImageSize(height: images[0].height, width: images[0].width))
        }
        let native = try nativeTarget(photo, images: images)
        var target = native.resizedNearest(height: size.height, width: size.width)
        if let nodata = image.nodata { target = target.ignoring(nodata) }
        return DecodedPhoto(
            image, stored: stored.count, target: target,
            originalSize: ImageSize(height: native.height, width: native.width))
    }

    /// The truth at its own resolution, as it is scored: border and missing data are ignored, and so
    /// is what training ignores at the data set's size, where missing data spread by resizing and by
    /// computed bands.
    func nativeTarget(_ photo: PhotoIndex.Photo) throws -> SegmentationTarget {
        let needsImages = description.ignoreBorder != nil || description.nodata != nil
        // Without a rule on pixels only a file's own nodata tag could matter; that needs them too.
        let images = try photo.images.enumerated().compactMap { index, path -> BandImage? in
            let declares = try path.header(budget: budget).nodata != nil
            return needsImages || declares ? try readSource(index, path: path) : nil
        }
        let target = try nativeTarget(photo, images: images)
        guard let (nodata, size) = workingNodata(images) else { return target }
        return target.ignoring(
            nearestNeighbours(
                nodata, height: size.height, width: size.width, newHeight: target.height,
                newWidth: target.width))
    }

    /// The pixels without data at the size that training works at; nil where there are none.
    private func workingNodata(_ images: [BandImage]) -> (mask: [UInt8], size: ImageSize)? {
        // Without a size for all of them the sources are of one size.
        guard let first = images.first, images.contains(where: { $0.nodata != nil }) else {
            return nil
        }
        let size = description.size ?? ImageSize(height: first.height, width: first.width)
        var mask: [UInt8]?
        for image in images {
            let bandless = BandImage(
                bands: 0, height: image.height, width: image.width, values: [],
                nodata: image.nodata)
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
        _ photo: PhotoIndex.Photo, images: [BandImage]
    ) throws -> SegmentationTarget {
        var target = try masks.target(paths: photo.masks, budget: budget)
        let fitting = images.filter { $0.height == target.height && $0.width == target.width }
        if !images.isEmpty && fitting.isEmpty {
            throw FloeError(
                .badData, file: photo.masks[0].name, "a mask of another size than its image",
                expected: images.map { "\($0.height)x\($0.width)" }.joined(separator: " or "),
                got: "\(target.height)x\(target.width)")
        }
        if description.ignoreBorder == .black, let first = fitting.first {
            let stack = fitting.dropFirst().reduce(first) { $0.appending($1) }
            target = target.ignoring(BorderMask.black(stack))
        }
        for image in fitting {
            if let nodata = image.nodata { target = target.ignoring(nodata) }
        }
        return target
    }
}
