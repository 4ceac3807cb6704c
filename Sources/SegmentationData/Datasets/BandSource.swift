/// One image file of each sample and the bands that it gives.
public struct BandSource: Codable, Sendable, Hashable {
    /// Paths relative to the data set's root, each with one `*` that matches the sample's id.
    public var files: [String]
    /// The names of the bands taken, in order; nil names them after their number.
    public var bands: [String]?
    /// Which stored bands are taken, counted from 0; nil takes all.
    public var take: [Int]?

    public init(files: [String], bands: [String]? = nil, take: [Int]? = nil) {
        self.files = files
        self.bands = bands
        self.take = take
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case files, bands, take
    }

    public init(from decoder: any Decoder) throws {
        if let pattern = try? decoder.singleValueContainer().decode(String.self) {
            self.init(files: [pattern])
            return
        }
        try UnknownKeys.refuse(in: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            files: try container.decode(OneOrMore<String>.self, forKey: .files).values,
            bands: try container.decodeIfPresent(OneOrMore<String>.self, forKey: .bands)?.values,
            take: try container.decodeIfPresent([Int].self, forKey: .take))
    }
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
