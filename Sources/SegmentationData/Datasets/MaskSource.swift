/// One mask file of each sample and what its values mean.
public struct MaskSource: Codable, Sendable, Hashable {
    /// Paths relative to the data set's root; the `*` stands for the same id as in the images.
    public var files: [String]
    /// Values from here on are the class, values below are not (a mask with soft edges: 128).
    public var threshold: Int?
    /// Stored value → class name, `ignore` or `background`.
    public var values: [Int: String]?
    /// Colour → class name, `ignore` or `background`.
    public var colors: [ClassColor: String]?
    /// The stored band that holds the mask, where the file has several and no colours are named.
    public var band: Int?
    /// The class that this file marks, where each class has a file of its own.
    public var className: String?

    public init(
        files: [String], threshold: Int? = nil, values: [Int: String]? = nil,
        colors: [ClassColor: String]? = nil, band: Int? = nil, className: String? = nil
    ) {
        self.files = files
        self.threshold = threshold
        self.values = values
        self.colors = colors
        self.band = band
        self.className = className
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case files, threshold, values, colors, band
        case className = "class"
    }

    public init(from decoder: any Decoder) throws {
        if let pattern = try? decoder.singleValueContainer().decode(String.self) {
            self.init(files: [pattern])
            return
        }
        try UnknownKeys.refuse(in: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(files: try container.decode(OneOrMore<String>.self, forKey: .files).values)
        threshold = try container.decodeIfPresent(Int.self, forKey: .threshold)
        band = try container.decodeIfPresent(Int.self, forKey: .band)
        className = try container.decodeIfPresent(String.self, forKey: .className)
        values = try container.decodeIfPresent([String: String].self, forKey: .values).map {
            try Self.parsed($0, in: container, key: .values) { text in
                Int(text).flatMap { (0...65535).contains($0) ? $0 : nil }
            }
        }
        colors = try container.decodeIfPresent([String: String].self, forKey: .colors).map {
            try Self.parsed($0, in: container, key: .colors) { ClassColor($0) }
        }
        guard [threshold != nil, values != nil, colors != nil].filter({ $0 }).count <= 1 else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "a mask has one of threshold, values and colors, not more"))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(files, forKey: .files)
        try container.encodeIfPresent(threshold, forKey: .threshold)
        try container.encodeIfPresent(band, forKey: .band)
        try container.encodeIfPresent(className, forKey: .className)
        if let values {
            try container.encode(
                Dictionary(uniqueKeysWithValues: values.map { (String($0.key), $0.value) }),
                forKey: .values)
        }
        if let colors {
            try container.encode(
                Dictionary(uniqueKeysWithValues: colors.map { ($0.key.description, $0.value) }),
                forKey: .colors)
        }
    }

    private static func parsed<Key: Hashable>(
        _ table: [String: String], in container: KeyedDecodingContainer<CodingKeys>,
        key: CodingKeys, _ parse: (String) -> Key?
    ) throws -> [Key: String] {
        var result: [Key: String] = [:]
        for text in table.keys.sorted() {
            guard let value = parse(text) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container,
                    debugDescription: key == .colors
                        ? "not a colour, expected red,green,blue or #rrggbb, got '\(text)'"
                        : "not a mask value, expected 0 to 65535, got '\(text)'")
            }
            guard result.updateValue(table[text] ?? "", forKey: value) == nil else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container, debugDescription: "'\(text)' is there twice")
            }
        }
        return result
    }
}
