/// A path as the folder that holds it and its last name.
struct PathParts {
    let folder: String
    let name: String

    /// Splits a path; an empty one and one that ends in `.` or `..` cannot be written to.
    init(_ path: String) throws {
        var bytes = path.utf8[...]
        while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        let slash = bytes.lastIndex(of: UInt8(ascii: "/"))
        let name = String(Substring(slash.map { bytes[bytes.index(after: $0)...] } ?? bytes))
        guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(0) else {
            throw FloeError(
                .usage, file: path.isEmpty ? nil : path.shortened, "not a path that can be written",
                expected: "a path that ends in a name", got: "'\(path.shortened)'")
        }
        self.name = name
        if let slash {
            folder = slash == bytes.startIndex ? "/" : String(Substring(bytes[..<slash]))
        } else {
            folder = "."
        }
    }

    /// Another name in the same folder.
    func sibling(_ name: String) -> String {
        Self.join(folder, name)
    }

    static func join(_ folder: String, _ name: String) -> String {
        if folder == "." { return name }
        return folder.utf8.last == UInt8(ascii: "/") ? folder + name : "\(folder)/\(name)"
    }
}
