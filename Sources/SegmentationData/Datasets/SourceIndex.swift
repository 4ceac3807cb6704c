import DurableFiles
import Foundation

/// Where one source of bands or masks has the parts of all samples, found without decoding a pixel.
struct SourceIndex {
    private enum Content {
        case files([FilePattern], matches: [String: FilePattern.Match])
        case array(ArrayItems, ids: [String], numbers: [String: Int])
        case shapes(any ShapeTable, path: String)
    }

    /// Arrays that were opened before: images and masks may lie in the same one.
    typealias OpenedArrays = [String: StoredArray]

    private let content: Content
    /// How the shapes of its files are labelled, where they are no files of pixels.
    private var polygons: GeoJSONPolygons.Rule?
    /// Ids that occur twice.
    private(set) var problems: [FloeError] = []

    init(
        _ source: BandSource, _ description: DatasetDescription, _ opened: inout OpenedArrays
    ) throws {
        if let array = source.array {
            let path = FilePattern.join(description.root, array)
            content = try Self.array(path, source.key, source.layout, &opened)
        } else {
            self = try SourceIndex(files: source.files, description)
        }
    }

    init(
        _ mask: MaskSource, _ description: DatasetDescription, _ opened: inout OpenedArrays
    ) throws {
        if let array = mask.array {
            let path = FilePattern.join(description.root, array)
            content = try Self.array(path, mask.key, mask.layout, &opened)
            return
        }
        let names = mask.labelNames(description)
        if let runs = mask.runs {
            let path = FilePattern.join(description.root, runs)
            content = .shapes(try RunLengthTable(reading: path, classes: names), path: path)
        } else if let coco = mask.coco {
            let path = FilePattern.join(description.root, coco)
            content = .shapes(
                try CocoAnnotations(
                    reading: path, labels: names, ignoresCrowds: mask.crowd == .ignore),
                path: path)
        } else if !mask.geojson.isEmpty {
            self = try SourceIndex(files: mask.geojson, description)
            polygons = .init(property: mask.property, labels: names)
        } else {
            self = try SourceIndex(files: mask.files, description)
        }
    }

    private static func array(
        _ path: String, _ key: String?, _ layout: ArrayLayout?, _ opened: inout OpenedArrays
    ) throws -> Content {
        let name = "\(path)\0\(key ?? "")"
        let array = try opened[name] ?? StoredArray(path, key: key)
        opened[name] = array
        let items = try ArrayItems(array, key: key, layout: layout)
        let ids = items.ids
        return .array(
            items, ids: ids, numbers: Dictionary(uniqueKeysWithValues: zip(ids, ids.indices)))
    }

    /// Refuses sources that cannot belong together; this one is the first.
    func requireFellows(_ others: [SourceIndex]) throws {
        for other in others {
            switch (content, other.content) {
            case (.array, .files(let patterns, _)) where other.polygons != nil:
                throw Self.needsFiles(patterns[0].text)
            case (.files, .files), (.files, .shapes), (.array, .files): break
            case (.files, .array(let items, _, _)):
                throw FloeError(
                    .usage, "\(items.name) is an array, and the first of data.images is not",
                    expected: "an array of images for an array of masks")
            case (.array(let first, _, _), .array(let items, _, _)):
                guard items.count == first.count else {
                    throw FloeError(
                        .badData, file: items.name, "an array of another number of samples",
                        expected: "\(first.count) as in \(first.name)", got: "\(items.count)")
                }
            case (.array, .shapes(_, let path)):
                throw Self.needsFiles(path)
            case (.shapes(_, let path), _): throw Self.noImage(path)
            }
        }
    }

    /// Shapes have the size and the name of their image; nothing else can be read of them.
    private static func noImage(_ path: String) -> FloeError {
        FloeError(.internalFailure, file: path, "shapes that stand in for an image")
    }

    private static func needsFiles(_ path: String) -> FloeError {
        FloeError(
            .usage, "\(path) speaks of image files, and data.images is an array",
            expected: "masks in an array")
    }

    private init(files: [String], _ description: DatasetDescription) throws {
        guard !files.isEmpty else {
            throw FloeError(
                .usage, "a source of images or masks without a place",
                expected: "files, an array or shapes")
        }
        let patterns = try files.map(FilePattern.init)
        let folders = PhotoIndex.folders(description.split)
        var matches: [String: FilePattern.Match] = [:]
        for pattern in patterns {
            for match in try pattern.matches(root: description.root, folders: folders) {
                if let before = matches[match.id] {
                    problems.append(
                        FloeError(
                            .badData, file: match.path, "the id '\(match.id)' is there twice",
                            expected: "one file a sample", got: "\(before.path) as well",
                            advice: "remove one or make the pattern narrower"))
                } else {
                    matches[match.id] = match
                }
            }
        }
        content = .files(patterns, matches: matches)
    }

    /// The ids of all samples that it has, in bytewise order.
    var ids: [String] {
        if case .array(_, let ids, _) = content { return ids }
        guard case .files(_, let matches) = content else { return [] }
        return matches.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The files that belong to one sample each.
    var paths: [String] {
        guard case .files(_, let matches) = content else { return [] }
        return matches.values.map(\.path)
    }

    /// Whether it names single files and no patterns.
    var isLone: Bool {
        guard case .files(let patterns, _) = content else { return false }
        return patterns.allSatisfy { !$0.text.contains("*") }
    }

    func folder(of id: String) -> String? {
        guard case .files(_, let matches) = content else { return nil }
        return matches[id]?.folder
    }

    /// Its part of one sample; nil where it has none.
    ///
    /// - Parameters:
    ///   - lone: whether the sample's first source is a single file: single files belong together
    ///     whatever they are called.
    ///   - image: the sample's first source, if this is another one.
    /// - Throws: `FloeError` of kind `.internalFailure` for shapes without an image.
    func part(of id: String, lone: Bool, image: StoredPart?) throws -> StoredPart? {
        switch content {
        case .files(_, let matches):
            let only = lone && matches.count == 1 ? matches.values.first : nil
            guard let path = (matches[id] ?? only)?.path else { return nil }
            guard let polygons else { return .file(path) }
            guard let image else { throw Self.noImage(path) }
            return StoredPart(
                path: path,
                place: .shapes(
                    GeoJSONPolygons(path: path, rule: polygons), image: Self.fileName(image.path),
                    firstSource: image.path))
        case .array(let items, _, let numbers):
            return numbers[id].map {
                StoredPart(path: items.array.path, place: .array(items, item: $0))
            }
        case .shapes(let table, let path):
            guard let image else { throw Self.noImage(path) }
            let name = Self.fileName(image.path)
            guard table.contains(image: name) else { return nil }
            return StoredPart(
                path: path, place: .shapes(table, image: name, firstSource: image.path))
        }
    }

    /// The error for a sample that it has no part of.
    func missing(
        _ what: String, of photo: PhotoIndex.Photo, _ description: DatasetDescription
    ) -> FloeError {
        let image = photo.images[0]
        switch content {
        case .files(let patterns, _):
            let star = photo.folder.map { String(photo.id.dropFirst($0.count + 1)) } ?? photo.id
            let path = patterns[0].path(root: description.root, match: star, folder: photo.folder)
            return FloeError(
                .badData, file: image.name, "the \(what) of '\(photo.id)' is missing",
                expected: path, got: "no such file")
        case .array(let items, _, _):
            return FloeError(
                .badData, file: items.name, "the \(what) of '\(photo.id)' is missing")
        case .shapes(_, let path):
            return FloeError(
                .badData, file: image.name, "the \(what) of '\(photo.id)' is missing",
                expected: "'\(Self.fileName(image.path))' in \(path)", got: "no such name")
        }
    }

    /// The error for shapes of images that are not among those of the first source.
    func unknownImages(ofAll images: SourceIndex) -> FloeError? {
        guard case .shapes(let table, let path) = content else { return nil }
        var names = Set<String>()
        for name in images.paths.map(Self.fileName).sorted() where !names.insert(name).inserted {
            return FloeError(
                .badData, file: path, "two images are called '\(name)'",
                expected: "one image for each name in the table")
        }
        return table.unknownImages(known: names)
    }

    private static func fileName(_ path: String) -> String { (path as NSString).lastPathComponent }
}
