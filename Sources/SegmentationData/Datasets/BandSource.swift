/// One image of each sample and the bands that it gives: a file of its own, or an item of an array.
public struct BandSource: Codable, Sendable, Hashable {
    /// Paths relative to the data set's root, each with one `*` that matches the sample's id.
    public var files: [String]
    /// A `.npy` or `.npz` file that holds all samples instead.
    public var array: String?
    /// The array's name in an `.npz` file of several.
    public var key: String?
    /// Which axis is which; nil is `HW` or `NHW`, by the rank.
    public var layout: ArrayLayout?
    /// The names of the bands taken, in order; nil names them after their number.
    public var bands: [String]?
    /// Which stored bands are taken, counted from 0; nil takes all.
    public var take: [Int]?

    public init(
        files: [String] = [], array: String? = nil, key: String? = nil,
        layout: ArrayLayout? = nil, bands: [String]? = nil, take: [Int]? = nil
    ) {
        self.files = files
        self.array = array
        self.key = key
        self.layout = layout
        self.bands = bands
        self.take = take
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case files, array, key, layout, bands, take
    }

    public init(from decoder: any Decoder) throws {
        if let pattern = try? decoder.singleValueContainer().decode(String.self) {
            self.init(files: [pattern])
            return
        }
        try UnknownKeys.refuse(in: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            files: try container.decodeIfPresent(OneOrMore<String>.self, forKey: .files)?.values
                ?? [],
            array: try container.decodeIfPresent(String.self, forKey: .array),
            key: try container.decodeIfPresent(String.self, forKey: .key),
            layout: try container.decodeIfPresent(ArrayLayout.self, forKey: .layout),
            bands: try container.decodeIfPresent(OneOrMore<String>.self, forKey: .bands)?.values,
            take: try container.decodeIfPresent([Int].self, forKey: .take))
        let problem: String? =
            if files.isEmpty == (array == nil) {
                "a source of bands has one of files and array"
            } else if array == nil && (key != nil || layout != nil) {
                "key and layout are for arrays"
            } else {
                nil
            }
        if let problem {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: problem))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        if !files.isEmpty { try container.encode(files, forKey: .files) }
        try container.encodeIfPresent(array, forKey: .array)
        try container.encodeIfPresent(key, forKey: .key)
        try container.encodeIfPresent(layout, forKey: .layout)
        try container.encodeIfPresent(bands, forKey: .bands)
        try container.encodeIfPresent(take, forKey: .take)
    }

    /// The source as messages and tables name it.
    var pattern: String { array ?? files.joined(separator: ", ") }
}

/// A list, or a single value that stands for a list of one.
struct OneOrMore<Value: Codable>: Codable {
    var values: [Value]

    init(from decoder: any Decoder) throws {
        if var list = try? decoder.unkeyedContainer() {
            values = []
            while !list.isAtEnd { values.append(try list.decode(Value.self)) }
        } else {
            values = [try decoder.singleValueContainer().decode(Value.self)]
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(values)
    }
}
