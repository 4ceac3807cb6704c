import DurableFiles
import Foundation

/// Where the files of a data set are: a path with at most one `*`, whose match is the sample's id.
///
/// `images/*.png`, `*_vis.tiff`, `*/truecolor.tiff`. `{split}` stands for the folder of a split;
/// the id is then `folder-match`, because the parts of a split may number their files alike.
/// Without a `*` the pattern is one file, whose id is its name without the extension.
struct FilePattern: Hashable {
    let text: String

    init(_ text: String) throws {
        self.text = text
        let stars = text.filter { $0 == "*" }.count
        guard !text.isEmpty, stars <= 1, !text.utf8.contains(0) else {
            throw FloeError(
                .usage, "the file pattern '\(text)'", expected: "a path with one *",
                got: text.isEmpty ? "nothing" : "\(stars) of them")
        }
    }

    var hasFolders: Bool { text.contains("{split}") }
    private var hasStar: Bool { text.contains("*") }

    struct Match: Hashable {
        var id: String
        var folder: String?
        var path: String
    }

    /// All files under `root` that the pattern names, in bytewise order of their ids.
    func matches(root: String, folders: [String]) throws -> [Match] {
        guard hasFolders else { return try matches(text, root: root, folder: nil) }
        return try folders.flatMap { folder in
            try matches(
                text.replacingOccurrences(of: "{split}", with: folder), root: root, folder: folder)
        }.sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
    }

    /// Where the file of one sample is, whether it exists or not.
    func path(root: String, match star: String, folder: String?) -> String {
        var filled = text.replacingOccurrences(of: "*", with: star)
        if let folder { filled = filled.replacingOccurrences(of: "{split}", with: folder) }
        return Self.join(root, filled)
    }

    private func matches(_ pattern: String, root: String, folder: String?) throws -> [Match] {
        var bases: [(path: String, star: String?)] = [
            (pattern.hasPrefix("/") ? "/" : root, nil)
        ]
        let parts = pattern.split(separator: "/").map(String.init)
        for (index, part) in parts.enumerated() {
            guard let star = part.firstIndex(of: "*") else {
                bases = bases.map { (Self.join($0.path, part), $0.star) }
                continue
            }
            let prefix = String(part[..<star])
            let suffix = String(part[part.index(after: star)...])
            let base = bases[0].path
            let names = try DurableFile.listFolder(base).filter { name in
                name.hasPrefix(prefix) && name.hasSuffix(suffix)
                    && name.utf8.count > prefix.utf8.count + suffix.utf8.count
                    && !(prefix.isEmpty && name.hasPrefix("."))
            }
            bases = names.map { name in
                let match = String(
                    name.dropFirst(prefix.count).dropLast(suffix.count))
                return (Self.join(base, name), match)
            }
            if index == parts.count - 1 { continue }
        }
        return try bases.compactMap { base in
            guard FileManager.default.fileExists(atPath: base.path) else { return nil }
            let name =
                base.star
                ?? (((base.path as NSString).lastPathComponent as NSString).deletingPathExtension)
            let id = folder.map { "\($0)-\(name)" } ?? name
            guard !id.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
            else {
                throw FloeError(
                    .badData, file: base.path, "a file name with control characters",
                    advice: "rename the file")
            }
            return Match(id: id, folder: folder, path: base.path)
        }.sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
    }

    static func join(_ folder: String, _ rest: String) -> String {
        if rest.hasPrefix("/") { return rest }
        if folder.isEmpty || folder == "." { return rest }
        return folder.hasSuffix("/") ? folder + rest : folder + "/" + rest
    }
}
