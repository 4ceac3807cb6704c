import Foundation

/// JSON from and to files: bounded in size and depth, unknown and doubled keys refused.
public enum BoundedJSON {
    /// Decodes a value from the bytes of a file.
    ///
    /// Refused are more than `limit` bytes, more than 64 levels, anything but strict JSON in UTF-8,
    /// a key that occurs twice, and a key that the type does not ask for. Dates are ISO 8601 texts,
    /// `Data` is Base64.
    ///
    /// - Parameters:
    ///   - file: the path for messages.
    ///   - kind: the kind of the errors thrown; configuration files are `.usage`.
    public static func decode<T: Decodable>(
        _ type: T.Type, from data: Data, file: String, limit: Int,
        kind: FloeError.Kind = .badData
    ) throws -> T {
        let value = try parse(data, file: file, limit: limit, kind: kind)
        return try decode(type, from: value, file: file, kind: kind)
    }

    /// Decodes a value from a tree; keys that the type does not ask for are refused.
    public static func decode<T: Decodable>(
        _ type: T.Type, from value: JSONValue, file: String, kind: FloeError.Kind = .badData
    ) throws -> T {
        let decoder = StrictDecoder(value, path: [], context: .init(file: file, kind: kind))
        let result: T
        do {
            result = try decoder.decode(type)
        } catch let error as FloeError {
            throw error.naming(file)
        } catch let error as DecodingError {
            throw failure(error, file, kind)
        }
        try decoder.refuseUnknownKeys()
        return result
    }

    /// Parses the bytes of a file into a tree, within the bounds of `decode`.
    public static func parse(
        _ data: Data, file: String, limit: Int, kind: FloeError.Kind = .badData
    ) throws -> JSONValue {
        guard data.count <= limit else {
            throw FloeError(
                kind, file: file, "too large", expected: "at most \(limit) bytes",
                got: "\(data.count) bytes")
        }
        do {
            return try data.withUnsafeBytes { try JSONParser.parse($0, file: file) }
        } catch var error as FloeError {
            error.kind = kind
            throw error
        }
    }

    /// Shows the elements of some lists of the outermost object one by one, in the file's order.
    ///
    /// Everything else is as strict as in `decode`, but only one element is in memory at a time.
    /// - Parameters:
    ///   - lists: the keys whose lists are shown; other members are checked and passed over.
    ///   - largest: the most bytes that an element, or another member, may take.
    ///   - others: called with the key and the value of each other member.
    ///   - body: called with the list's key, the element's number and the element.
    /// - Returns: the keys of the outermost object.
    @discardableResult
    public static func forEachElement(
        ofLists lists: Set<String>, in data: Data, file: String, largest: Int,
        others: (String, JSONValue) throws -> Void = { _, _ in },
        _ body: (String, Int, JSONValue) throws -> Void
    ) throws -> Set<String> {
        try data.withUnsafeBytes {
            try JSONParser.elements(
                $0, file: file, lists: lists, largest: largest, others: others, body)
        }
    }

    /// Reads a file and decodes it.
    public static func read<T: Decodable>(
        _ type: T.Type, at path: String, limit: Int, kind: FloeError.Kind = .badData
    ) throws -> T {
        try decode(
            type, from: DurableFile.read(path, limit: limit), file: path, limit: limit, kind: kind)
    }

    /// Encodes a value: sorted keys, indented, a line break at the end; same value, same bytes.
    ///
    /// - Throws: `FloeError` of kind `.numeric` for a number that is not finite.
    public static func encode<T: Encodable>(_ value: T) throws -> Data {
        try encode(value, [.prettyPrinted]) + [UInt8(ascii: "\n")]
    }

    /// Encodes a value and commits it as a file.
    @discardableResult
    public static func write<T: Encodable>(_ value: T, to path: String) throws -> SHA256Digest {
        do {
            return try DurableFile.write(encode(value), to: path)
        } catch let error as FloeError {
            throw error.naming(path)
        }
    }

    /// Encodes a value on one line, with sorted keys and without a line break.
    static func encodeLine(_ value: some Encodable) throws -> Data {
        try encode(value, [])
    }

    /// A path of keys as people write it: `classes[2].color`.
    static func path(of keys: [any CodingKey]) -> String {
        keys.reduce(into: "") { path, key in
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += (path.isEmpty ? "" : ".") + key.stringValue.shortened
            }
        }
    }

    private static func encode(
        _ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting
    ) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting.union([.sortedKeys, .withoutEscapingSlashes])
        encoder.dateEncodingStrategy = .iso8601
        do {
            return try encoder.encode(value)
        } catch EncodingError.invalidValue(let number, let context) {
            throw FloeError(
                .numeric, "key '\(path(of: context.codingPath))' cannot be written as JSON",
                expected: "a finite number", got: "\(number)".shortened)
        }
    }

    private static func failure(
        _ error: DecodingError, _ file: String, _ kind: FloeError.Kind
    ) -> FloeError {
        let context: DecodingError.Context
        switch error {
        case .typeMismatch(_, let inner), .valueNotFound(_, let inner), .keyNotFound(_, let inner),
            .dataCorrupted(let inner):
            context = inner
        @unknown default:
            return FloeError(kind, file: file, "cannot be decoded")
        }
        let path = path(of: context.codingPath)
        return FloeError(
            kind, file: file,
            (path.isEmpty ? "" : "key '\(path)': ") + context.debugDescription)
    }
}
