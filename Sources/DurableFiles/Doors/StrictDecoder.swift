import Foundation

/// A decoder that remembers which keys of every object were asked for.
///
/// A key that a type never asked for is one that it does not know. This holds for optional keys,
/// for defaults and for hand-written initialisers, and needs no list of the allowed keys.
/// Decoding the same object twice (a kind first, its options then) counts as one visit.
final class StrictDecoder: Decoder {
    /// What every decoder of one file shares.
    struct Context {
        let file: String
        let kind: FloeError.Kind
    }

    let value: JSONValue
    let codingPath: [any CodingKey]
    let userInfo: [CodingUserInfoKey: Any] = [:]
    let context: Context
    private(set) var requestedKeys: Set<String> = []
    private var members: [String: StrictDecoder] = [:]
    private var elements: [Int: StrictDecoder] = [:]

    init(_ value: JSONValue, path: [any CodingKey], context: Context) {
        self.value = value
        self.codingPath = path
        self.context = context
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let members) = value else { throw mismatch(expected: "an object") }
        return KeyedDecodingContainer(
            StrictKeyedContainer<Key>(decoder: self, members: members))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = value else { throw mismatch(expected: "a list") }
        return StrictUnkeyedContainer(decoder: self, elements: elements)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        StrictSingleValueContainer(decoder: self)
    }

    /// Decodes this node as a type.
    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        if let plain = try plainValue(type, value, at: []) { return plain }
        do {
            return try T(from: self)
        } catch let error as DecodingError {
            guard case .dataCorrupted = error, case .string(let text) = value,
                type is any RawRepresentable.Type
            else { throw error }
            throw unknownName(text, of: type)
        }
    }

    /// The error for a text that is none of an enumeration's names.
    private func unknownName(_ text: String, of type: Any.Type) -> FloeError {
        func names<E: CaseIterable>(_ type: E.Type) -> [String] {
            type.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
        }
        let known = (type as? any CaseIterable.Type).map { names($0) } ?? []
        return FloeError(
            context.kind, file: context.file,
            path(to: []).isEmpty ? "no such name" : "key '\(path(to: []))': no such name",
            expected: known.isEmpty ? nil : known.joined(separator: " or "),
            got: "'\(text.shortened)'",
            advice: nearestName(to: text, among: known).map { "did you mean '\($0)'?" })
    }

    func request(_ key: String) {
        requestedKeys.insert(key)
    }

    func member(_ key: any CodingKey, _ value: JSONValue) -> StrictDecoder {
        if let known = members[key.stringValue] { return known }
        let child = StrictDecoder(value, path: codingPath + [key], context: context)
        members[key.stringValue] = child
        return child
    }

    func element(_ index: Int, _ value: JSONValue) -> StrictDecoder {
        if let known = elements[index] { return known }
        let child = StrictDecoder(
            value, path: codingPath + [IndexKey(intValue: index)], context: context)
        elements[index] = child
        return child
    }

    /// Every key that was asked for, by its path without the places of lists: `classes.color`.
    func requestedPaths() -> Set<String> {
        var paths = requestedKeys
        for (key, child) in members {
            paths.formUnion(child.requestedPaths().map { "\(key).\($0)" })
        }
        for child in elements.values { paths.formUnion(child.requestedPaths()) }
        return paths
    }

    /// Throws for the first key that was never asked for, outermost first, in bytewise order.
    func refuseUnknownKeys() throws {
        if case .object(let members) = value {
            let unknown = members.keys.filter { !requestedKeys.contains($0) }
            if let first = unknown.min(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
                let known = requestedKeys.subtracting(members.keys)
                throw FloeError(
                    context.kind, file: context.file,
                    "unknown key '\(path(to: [ObjectKey(stringValue: first)]))'",
                    advice: nearestName(to: first, among: known).map { "did you mean '\($0)'?" }
                        ?? "remove it or check its spelling")
            }
        }
        let inOrder = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        for (_, child) in inOrder { try child.refuseUnknownKeys() }
        for (_, child) in elements.sorted(by: { $0.key < $1.key }) {
            try child.refuseUnknownKeys()
        }
    }

    /// A text, number, truth value, date or block of bytes; nil for types that decode themselves.
    func plainValue<T>(_ type: T.Type, _ value: JSONValue, at keys: [any CodingKey]) throws -> T? {
        guard let plain = type as? any PlainJSONValue.Type else { return nil }
        guard let result = plain.init(json: value) as? T else {
            throw mismatch(value, expected: plain.kindInWords, at: keys)
        }
        return result
    }

    func mismatch(
        _ other: JSONValue? = nil, expected: String, at keys: [any CodingKey] = []
    ) -> FloeError {
        let value = other ?? self.value
        let got =
            switch value {
            case .number(let text): text.shortened
            case .string(let text): "'\(text.shortened)'"
            case .bool(let flag): "\(flag)"
            case .null, .array, .object: value.kindInWords
            }
        let path = path(to: keys)
        return FloeError(
            context.kind, file: context.file,
            path.isEmpty ? "not what it should be" : "key '\(path)'", expected: expected, got: got)
    }

    func missing(_ key: any CodingKey, among members: [String: JSONValue]) -> FloeError {
        let unused = members.keys.filter { !requestedKeys.contains($0) }
        return FloeError(
            context.kind, file: context.file, "key '\(path(to: [key]))' is missing",
            got: nearestName(to: key.stringValue, among: unused).map { "'\($0)'" })
    }

    /// The path of a key as people write it: `classes[2].color`.
    func path(to keys: [any CodingKey]) -> String {
        BoundedJSON.path(of: codingPath + keys)
    }
}

/// A key of an object where no type names it.
struct ObjectKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

/// A place in a list.
struct IndexKey: CodingKey {
    let index: Int
    var stringValue: String { "\(index)" }
    var intValue: Int? { index }

    init(intValue: Int) { index = intValue }
    init?(stringValue: String) { nil }
}
