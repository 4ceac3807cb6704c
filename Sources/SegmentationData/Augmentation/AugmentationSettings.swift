/// A transform that is made with some probability.
protocol AugmentationSettings: Codable, Sendable, Hashable {
    var probability: Double { get set }
}

/// Reads a transform's settings: a probability alone, or a table of it and its ranges.
struct SettingsReader<Key: CodingKey & CaseIterable> {
    /// Nil where the probability stands alone.
    private let container: KeyedDecodingContainer<Key>?
    private let alone: Double?
    private let path: [any CodingKey]

    init(_ decoder: any Decoder, _ keys: Key.Type) throws {
        path = decoder.codingPath
        alone = try? decoder.singleValueContainer().decode(Double.self)
        if alone == nil {
            try UnknownKeys.refuse(in: decoder, known: keys.allCases.map(\.stringValue))
            container = try decoder.container(keyedBy: keys)
        } else {
            container = nil
        }
    }

    func probability(_ key: Key) throws -> Double {
        let value = try alone ?? container?.decode(Double.self, forKey: key) ?? 0
        return try checked(value, key, 0...1, "a probability")
    }

    func number(_ key: Key, _ standard: Double, _ range: ClosedRange<Double>) throws -> Double {
        let value = try container?.decodeIfPresent(Double.self, forKey: key) ?? standard
        return try checked(value, key, range, "in range")
    }

    func whole(_ key: Key, _ standard: Int, _ range: ClosedRange<Int>) throws -> Int {
        let value = try container?.decodeIfPresent(Int.self, forKey: key) ?? standard
        _ = try checked(
            Double(value), key, Double(range.lowerBound)...Double(range.upperBound), "in range")
        return value
    }

    /// Two numbers, the lower one first.
    func interval(
        _ key: Key, _ standard: ClosedRange<Double>, _ range: ClosedRange<Double>
    ) throws -> ClosedRange<Double> {
        guard let values = try container?.decodeIfPresent([Double].self, forKey: key) else {
            return standard
        }
        guard values.count == 2, values[0] <= values[1], range.contains(values[0]),
            range.contains(values[1])
        else {
            throw refusal(
                key,
                "not a range, expected [lower, upper] within \(range.lowerBound) and "
                    + "\(range.upperBound), got \(values)")
        }
        return values[0]...values[1]
    }

    func optional<Value: Decodable>(_ key: Key, _ type: Value.Type) throws -> Value? {
        try container?.decodeIfPresent(type, forKey: key)
    }

    func refusal(_ key: Key, _ words: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: path + [key], debugDescription: words))
    }

    private func checked(
        _ value: Double, _ key: Key, _ range: ClosedRange<Double>, _ what: String
    ) throws -> Double {
        guard range.contains(value) else {
            throw refusal(
                key,
                "not \(what), expected \(range.lowerBound) to \(range.upperBound), got \(value)")
        }
        return value
    }
}

extension KeyedEncodingContainer {
    /// A range as two numbers.
    mutating func encode(_ range: ClosedRange<Double>, as key: Key) throws {
        try encode([range.lowerBound, range.upperBound], forKey: key)
    }
}
