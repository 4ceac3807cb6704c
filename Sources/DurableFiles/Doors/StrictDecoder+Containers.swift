/// An object's members.
struct StrictKeyedContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: StrictDecoder
    let members: [String: JSONValue]

    var codingPath: [any CodingKey] { decoder.codingPath }

    /// In bytewise order, so that errors do not depend on the order of a hash table.
    var allKeys: [Key] {
        members.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            .compactMap { Key(stringValue: $0) }
    }

    func contains(_ key: Key) -> Bool {
        decoder.request(key.stringValue)
        return members[key.stringValue] != nil
    }

    func decodeNil(forKey key: Key) throws -> Bool {
        try value(key) == .null
    }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        let value = try value(key)
        if let plain = try decoder.plainValue(type, value, at: [key]) { return plain }
        return try decoder.member(key, value).decode(type)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try decoder.member(key, value(key)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder.member(key, value(key)).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { decoder }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        try decoder.member(key, value(key))
    }

    private func value(_ key: Key) throws -> JSONValue {
        decoder.request(key.stringValue)
        guard let value = members[key.stringValue] else {
            throw decoder.missing(key, among: members)
        }
        return value
    }
}

/// A list's elements.
struct StrictUnkeyedContainer: UnkeyedDecodingContainer {
    let decoder: StrictDecoder
    let elements: [JSONValue]
    private(set) var currentIndex = 0

    init(decoder: StrictDecoder, elements: [JSONValue]) {
        self.decoder = decoder
        self.elements = elements
    }

    var codingPath: [any CodingKey] { decoder.codingPath }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    mutating func decodeNil() throws -> Bool {
        guard try next() == .null else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        let value = try next()
        let result: T
        if let plain = try decoder.plainValue(
            type, value, at: [IndexKey(intValue: currentIndex)])
        {
            result = plain
        } else {
            result = try decoder.element(currentIndex, value).decode(type)
        }
        currentIndex += 1
        return result
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try advance().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try advance().unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder { try advance() }

    private mutating func advance() throws -> StrictDecoder {
        let child = decoder.element(currentIndex, try next())
        currentIndex += 1
        return child
    }

    private func next() throws -> JSONValue {
        guard currentIndex < elements.count else {
            throw decoder.mismatch(
                expected: "a list of more than \(elements.count) elements")
        }
        return elements[currentIndex]
    }
}

/// A value by itself.
struct StrictSingleValueContainer: SingleValueDecodingContainer {
    let decoder: StrictDecoder

    var codingPath: [any CodingKey] { decoder.codingPath }

    func decodeNil() -> Bool { decoder.value == .null }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try decoder.decode(type)
    }
}
