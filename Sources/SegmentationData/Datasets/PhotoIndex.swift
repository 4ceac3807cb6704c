import DurableFiles

/// The photos of a data set: which files belong together, found without decoding a pixel.
struct PhotoIndex: Sendable {
    struct Photo: Sendable {
        var id: String
        /// The folder of the split, where the patterns hold `{split}`.
        var folder: String?
        var images: [StoredPart]
        var masks: [StoredPart]
    }

    /// In bytewise order of their ids.
    var photos: [Photo]
    /// Samples that lack a file, and ids that occur twice; in order of their ids.
    var problems: [FloeError]
    /// Mask files that belong to no image.
    var unusedMasks: [String]

    init(_ description: DatasetDescription) throws {
        guard let first = description.images.first else {
            throw FloeError(
                .usage, "data.images is empty", expected: "at least one source of bands")
        }
        var opened = SourceIndex.OpenedArrays()
        let images = try description.images.map { try SourceIndex($0, description, &opened) }
        let masks = try description.masks.map { try SourceIndex($0, description, &opened) }
        try images[0].requireFellows(images.dropFirst() + masks)
        // A mask beside its image may match the image's pattern too (`*.png`, `*_mask.png`).
        let taken = Set((images.dropFirst() + masks).flatMap(\.paths))
        problems = images[0].problems
        photos = []
        var used = Set<String>()
        for id in images[0].ids {
            guard let start = try images[0].part(of: id, lone: false, image: nil),
                !taken.contains(start.path)
            else { continue }
            var photo = Photo(
                id: id, folder: images[0].folder(of: id), images: [start], masks: [])
            var missing: FloeError?
            for (number, source) in (images.dropFirst() + masks).enumerated() {
                let isMask = number >= images.count - 1
                guard let part = try source.part(of: id, lone: images[0].isLone, image: start)
                else {
                    missing =
                        missing
                        ?? source.missing(isMask ? "mask" : "band file", of: photo, description)
                    continue
                }
                used.insert(part.path)
                if isMask { photo.masks.append(part) } else { photo.images.append(part) }
            }
            if let missing { problems.append(missing) } else { photos.append(photo) }
        }
        for mask in masks {
            if let problem = mask.unknownImages(ofAll: images[0]) { problems.append(problem) }
        }
        unusedMasks = masks.flatMap(\.paths)
            .filter { !used.contains($0) }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        if photos.isEmpty && problems.isEmpty {
            throw FloeError(
                .badData, file: description.root, "an empty data set",
                expected: "images named \(first.pattern)", got: "none",
                advice: "check data.root and data.images")
        }
    }

    /// The folders that `{split}` stands for: train, validation, test.
    static func folders(_ split: SplitDescription) -> [String] {
        [(split.train, "train"), (split.validation, "val"), (split.test, "test")].compactMap {
            part, standard in
            switch part {
            case .patterns(let names)?: names.first
            case nil: nil
            default: standard
            }
        }
    }
}
