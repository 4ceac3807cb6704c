import DurableFiles
import Foundation
import TensorCore

extension SegmentationDataset {
    /// Refuses a description that no files could satisfy.
    static func check(_ description: DatasetDescription) throws {
        let names = description.classes.map(\.name)
        guard !names.isEmpty, names.count <= 250 else {
            throw FloeError(
                .usage, "data.classes", expected: "1 to 250 classes", got: "\(names.count)")
        }
        if let twice = repeated(names) {
            throw FloeError(.usage, "data.classes names '\(twice)' twice")
        }
        if let bad = names.first(where: { $0.isEmpty || $0 == "ignore" }) {
            throw FloeError(
                .usage, "data.classes names a class '\(bad)'", expected: "another name")
        }
        if description.kind == .softmax, names.count < 2 {
            throw FloeError(
                .usage, "kind softmax with \(names.count) class", expected: "at least 2",
                advice: "use kind: sigmoid, or name the background as a class")
        }
        if let plan = description.patch,
            [plan.size.height, plan.size.width, plan.stride.height, plan.stride.width]
                .contains(where: { $0 < 1 })
        {
            throw FloeError(.usage, "data.patch", expected: "sizes of at least 1 pixel")
        }
        if let patch = description.patch?.size, let size = description.size,
            patch.height > size.height || patch.width > size.width
        {
            throw FloeError(
                .usage, "data.patch is larger than data.size", expected: "at most \(size)",
                got: patch.description)
        }
        if case .patch = description.group, description.patch == nil {
            throw FloeError(
                .usage, "data.group is patch without patches",
                expected: "data.patch: [height, width]")
        }
        try ComputedBand.check(description.computed ?? [])
        try description.exclude?.check(description)
        for mask in description.masks {
            if let threshold = mask.threshold, !(0...65536).contains(threshold) {
                throw FloeError(
                    .usage, "data.masks.threshold", expected: "0 to 65536", got: "\(threshold)")
            }
        }
    }

    private static func repeated(_ names: [String]) -> String? {
        var seen = Set<String>()
        return names.first { !seen.insert($0).inserted }
    }

    /// The names of all stored bands: as described, or after their kind and number.
    static func bandNames(
        _ description: DatasetDescription, firstImages: [StoredPart], _ budget: ImageBudget
    ) throws -> [String] {
        var names: [String] = []
        for (index, source) in description.images.enumerated() {
            if let given = source.bands {
                if let take = source.take, take.count != given.count {
                    throw FloeError(
                        .usage, "data.images.take and bands of \(source.pattern)",
                        expected: "\(given.count) numbers", got: "\(take.count)")
                }
                names += given
                continue
            }
            guard index < firstImages.count else { continue }
            let stored =
                try source.take?.count
                ?? firstImages[index].header(budget: budget).bands
            let prefix = description.images.count > 1 ? "source\(index)-" : ""
            switch stored {
            case 1: names.append(prefix + "grey")
            case 3: names += ["red", "green", "blue"].map { prefix + $0 }
            default: names += (0..<stored).map { "\(prefix)band\($0)" }
            }
        }
        if let twice = repeated(names) {
            throw FloeError(.usage, "data.images names the band '\(twice)' twice")
        }
        return names
    }

    /// Every image and mask; a file that many samples share is named once.
    public var files: [String] {
        var seen = Set<String>()
        return photos.flatMap { $0.images + $0.masks }.map(\.path)
            .filter { seen.insert($0).inserted }
    }

    /// What tables call a sample: the name of its photo's first file, or a patch's id.
    public func imageName(at index: Int) -> String {
        let window = windows[index]
        guard window.corner == nil, let part = photos[window.photo].images.first, part.item == nil
        else { return ids[index] }
        return URL(fileURLWithPath: part.path).lastPathComponent
    }

    /// For every stored band the file of an image and the stored band in it, both counted from 0; nil where
    /// all bands of all files are taken as they lie.
    public var bandOrigins: [(file: Int, stored: Int)]? {
        guard description.images.contains(where: { $0.take != nil }) else { return nil }
        // The one source that says neither which bands nor how many has what the others leave.
        let known = description.images.map { $0.take?.count ?? $0.bands?.count }
        let rest = storedBands.count - known.compactMap { $0 }.reduce(0, +)
        let open = known.filter { $0 == nil }.count
        guard open <= 1 else { return nil }
        return zip(description.images.indices, description.images).flatMap { file, source in
            (source.take ?? Array(0..<(known[file] ?? rest))).map { (file, $0) }
        }
    }

    /// Compares the headers of one photo's files with the description.
    static func checkFiles(
        _ photo: PhotoIndex.Photo, _ description: DatasetDescription, _ bands: [String],
        _ budget: ImageBudget
    ) throws {
        var count = 0
        var sizes: [ImageSize] = []
        for (source, part) in zip(description.images, photo.images) {
            let path = part.name
            let header = try part.header(budget: budget)
            sizes.append(ImageSize(height: header.height, width: header.width))
            if let take = source.take {
                if let wrong = take.first(where: { $0 < 0 || $0 >= header.bands }) {
                    throw FloeError(
                        .badData, file: path, "the band that data.images.take names is missing",
                        expected: "bands 0 to \(header.bands - 1)", got: "\(wrong)")
                }
                count += take.count
            } else {
                if let names = source.bands, names.count != header.bands {
                    throw FloeError(
                        .badData, file: path, "wrong number of bands",
                        expected: "\(names.count) (\(names.joined(separator: ", ")))",
                        got: "\(header.bands)", advice: "say which with take: [0, 1, …]")
                }
                count += header.bands
            }
        }
        guard count == bands.count else {
            throw FloeError(
                .badData, file: photo.images[0].name, "wrong number of bands",
                expected: "\(bands.count) as in the first sample", got: "\(count)")
        }
        for (path, size) in zip(photo.images, sizes)
        where description.size == nil && size != sizes[0] {
            throw FloeError(
                .badData, file: path.name, "band files of different sizes",
                expected: sizes[0].description, got: size.description,
                advice: "set data.size: [height, width]")
        }
        if let plan = description.patch {
            try requireRoom(for: plan, in: photo, description.size ?? sizes[0])
        }
        for part in photo.masks {
            let path = part.name
            let header = try part.header(budget: budget)
            let size = ImageSize(height: header.height, width: header.width)
            guard sizes.contains(size) else {
                throw FloeError(
                    .badData, file: path, "a mask of another size than its image",
                    expected: sizes.map(\.description).joined(separator: " or "),
                    got: size.description)
            }
        }
    }

    /// Refuses a photo that no patch fits into: what a patch would show beyond it is not there.
    private static func requireRoom(
        for plan: PatchPlan, in photo: PhotoIndex.Photo, _ size: ImageSize
    ) throws {
        guard plan.size.height <= size.height, plan.size.width <= size.width else {
            throw FloeError(
                .badData, file: photo.images[0].name, "an image smaller than its patches",
                expected: "at least data.patch, \(plan.size)", got: size.description,
                advice: "set a smaller data.patch, leave the image out (data.exclude.ids),"
                    + " or set data.size")
        }
    }

    /// The patches of one photo, without those of which nothing is known.
    static func patches(
        of number: Int, _ photo: PhotoIndex.Photo, _ plan: PatchPlan, _ decoder: PhotoDecoder,
        _ cache: PhotoCache
    ) throws -> [Window] {
        let description = decoder.description
        var size: ImageSize
        if let fixed = description.size {
            size = fixed
        } else {
            let header = try photo.images[0].header(budget: decoder.budget)
            size = ImageSize(height: header.height, width: header.width)
        }
        try requireRoom(for: plan, in: photo, size)
        let rows = PatchPlan.starts(
            extent: size.height, size: plan.size.height, stride: plan.stride.height)
        let columns = PatchPlan.starts(
            extent: size.width, size: plan.size.width, stride: plan.stride.width)
        var windows: [Window] = []
        windows.reserveCapacity(rows.count * columns.count)
        for row in rows {
            for column in columns { windows.append(Window(photo: number, corner: (row, column))) }
        }
        let tagged = try photo.images.contains {
            try $0.header(budget: decoder.budget).nodata != nil
        }
        guard
            !photo.masks.isEmpty,
            decoder.masks.canIgnore || description.ignoreBorder != nil
                || description.nodata != nil || tagged
        else { return windows }
        let decoded = try cache.photo(number) { try decoder.decode(photo) }
        let ignored = decoded.target.ignoredPixels
        return windows.filter { window in
            guard let corner = window.corner else { return true }
            let columns = corner.column..<corner.column + plan.size.width
            return (corner.row..<corner.row + plan.size.height).contains { row in
                columns.contains { ignored[row * size.width + $0] == 0 }
            }
        }
    }

    /// The group of every sample.
    static func groups(
        _ windows: [Window], _ photos: [PhotoIndex.Photo], _ ids: [String],
        _ description: DatasetDescription
    ) throws -> [String] {
        switch description.group {
        case .image: return windows.map { photos[$0.photo].id }
        case .patch: return ids
        case .expression(let text):
            let pattern = try compiled(text, key: "data.group")
            let byPhoto = try photos.map { photo -> String in
                guard let match = photo.id.firstMatch(of: pattern), match.count > 1,
                    let capture = match[1].substring
                else {
                    throw FloeError(
                        .usage, "data.group '\(text)' finds no group in the id '\(photo.id)'",
                        expected: "a capture, such as ^([^_]+)_")
                }
                return String(capture)
            }
            return windows.map { byPhoto[$0.photo] }
        }
    }

    /// A regular expression from a recipe.
    static func compiled(_ text: String, key: String) throws -> Regex<AnyRegexOutput> {
        do {
            return try Regex(text)
        } catch {
            throw FloeError(.usage, "\(key) '\(text)' is no regular expression")
        }
    }
}
