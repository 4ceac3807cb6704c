import DurableFiles
import Foundation

/// Where one source of bands or masks has the parts of all samples, found without decoding a pixel.
struct SourceIndex {
    private enum Content {
        case files([FilePattern], matches: [String: FilePattern.Match])
        case shapes(any ShapeTable, path: String)
    }

    private let content: Content
    /// Ids that occur twice.
    private(set) var problems: [FloeError] = []

    init(_ source: BandSource, _ description: DatasetDescription) throws {
        self = try SourceIndex(files: source.files, description)
    }

    init(_ mask: MaskSource, _ description: DatasetDescription) throws {
        let names = mask.labelNames(classes: description.classes.map(\.name))
        if let runs = mask.runs {
            let path = FilePattern.join(description.root, runs)
            content = .shapes(try RunLengthTable(reading: path, classes: names), path: path)
        } else {
            self = try SourceIndex(files: mask.files, description)
        }
    }

    private init(files: [String], _ description: DatasetDescription) throws {
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
    func part(of id: String, lone: Bool, image: StoredPart?) -> StoredPart? {
        switch content {
        case .files(_, let matches):
            let only = lone && matches.count == 1 ? matches.values.first : nil
            return (matches[id] ?? only).map { .file($0.path) }
        case .shapes(let table, let path):
            guard let image else { return nil }
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
