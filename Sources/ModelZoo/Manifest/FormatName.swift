import DurableFiles

/// The `format` key of a manifest: `floe.member/1`.
public enum FormatName {
    /// Throws unless the document has the expected format; a newer version is named as such.
    ///
    /// - Parameter expected: the newest format that the reader knows, such as `floe.member/1`.
    public static func check(_ json: JSONValue, expected: String, file: String) throws {
        guard case .object(let members) = json, case .string(let format)? = members["format"] else {
            throw FloeError(
                .badData, file: file, "not a Floe manifest", expected: "key 'format' '\(expected)'")
        }
        guard format != expected else { return }
        if let known = split(expected), let found = split(format), found.name == known.name,
            found.version > known.version
        {
            throw FloeError(
                .badData, file: file, "written by a newer Floe", expected: "format '\(expected)'",
                got: "'\(format)'", advice: "update Floe")
        }
        throw FloeError(
            .badData, file: file, "another format", expected: "'\(expected)'",
            got: "'\(format.prefix(60))'")
    }

    /// The document's format, where it names one.
    static func of(_ json: JSONValue) -> String? {
        guard case .object(let members) = json, case .string(let format)? = members["format"] else {
            return nil
        }
        return format
    }

    private static func split(_ format: String) -> (name: Substring, version: Int)? {
        guard let slash = format.lastIndex(of: "/"),
            let version = Int(format[format.index(after: slash)...]), version > 0
        else { return nil }
        return (format[..<slash], version)
    }
}
