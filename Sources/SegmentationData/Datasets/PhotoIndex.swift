import DurableFiles

/// The photos of a data set: which files belong together, found without decoding a pixel.
struct PhotoIndex: Sendable {
    struct Photo: Sendable {
        var id: String
        /// The folder of the split, where the patterns hold `{split}`.
        var folder: String?
        var images: [String]
        var masks: [String]
    }

    /// In bytewise order of their ids.
    var photos: [Photo]
    /// Samples that lack a file, and ids that occur twice; in order of their ids.
    var problems: [FloeError]
    /// Mask files that belong to no image.
    var unusedMasks: [String]

    init(_ description: DatasetDescription) throws {
        let root = description.root
        guard let first = description.images.first else {
            throw FloeError(
                .usage, "data.images is empty", expected: "at least one source of bands")
        }
        let folders = Self.folders(description.split)
        let imagePatterns = try description.images.map { try $0.files.map(FilePattern.init) }
        let maskPatterns = try description.masks.map { try $0.files.map(FilePattern.init) }
        let tables = try (imagePatterns + maskPatterns).map { patterns in
            try Self.table(patterns, root: root, folders: folders)
        }
        // A mask beside its image may match the image's pattern too (`*.png`, `*_mask.png`).
        var taken = Set<String>()
        for table in tables.dropFirst() {
            for match in table.matches.values { taken.insert(match.path) }
        }
        problems = tables[0].problems
        photos = []
        var used = Set<String>()
        let lone = imagePatterns[0].allSatisfy { !$0.text.contains("*") }
        let ids = tables[0].matches.keys.sorted {
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
        for id in ids {
            guard let match = tables[0].matches[id], !taken.contains(match.path) else { continue }
            var photo = Photo(id: id, folder: match.folder, images: [match.path], masks: [])
            var missing: FloeError?
            for (index, table) in tables.enumerated().dropFirst() {
                let isMask = index >= imagePatterns.count
                // Files named without a `*` belong together whatever they are called.
                let found =
                    table.matches[id]
                    ?? (lone && table.matches.count == 1
                        ? table.matches.values.first : nil)
                guard let found else {
                    missing =
                        missing
                        ?? Self.missing(
                            isMask ? "mask" : "band file", of: id,
                            pattern: isMask
                                ? maskPatterns[index - imagePatterns.count][0]
                                : imagePatterns[index][0], match, root)
                    continue
                }
                used.insert(found.path)
                if isMask {
                    photo.masks.append(found.path)
                } else {
                    photo.images.append(found.path)
                }
            }
            if let missing { problems.append(missing) } else { photos.append(photo) }
        }
        unusedMasks = tables.dropFirst(imagePatterns.count)
            .flatMap { table in table.matches.values.map(\.path) }
            .filter { !used.contains($0) }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        if photos.isEmpty && problems.isEmpty {
            throw FloeError(
                .badData, file: root, "an empty data set",
                expected: "images named \(first.files.joined(separator: ", "))", got: "none",
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

    private struct Table {
        var matches: [String: FilePattern.Match] = [:]
        var problems: [FloeError] = []
    }

    private static func table(
        _ patterns: [FilePattern], root: String, folders: [String]
    ) throws -> Table {
        var table = Table()
        for pattern in patterns {
            for match in try pattern.matches(root: root, folders: folders) {
                if let before = table.matches[match.id] {
                    table.problems.append(
                        FloeError(
                            .badData, file: match.path, "the id '\(match.id)' is there twice",
                            expected: "one file a sample", got: "\(before.path) as well",
                            advice: "remove one or make the pattern narrower"))
                } else {
                    table.matches[match.id] = match
                }
            }
        }
        return table
    }

    private static func missing(
        _ what: String, of id: String, pattern: FilePattern, _ match: FilePattern.Match,
        _ root: String
    ) -> FloeError {
        let star = match.folder.map { String(id.dropFirst($0.count + 1)) } ?? id
        let path = pattern.path(root: root, match: star, folder: match.folder)
        return FloeError(
            .badData, file: match.path, "the \(what) of '\(id)' is missing", expected: path,
            got: "no such file")
    }
}
