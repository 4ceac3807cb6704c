/// Which samples train, validate and test.
///
/// Each part is a number of groups (`39`), a fraction below 1 (`0.8`), one or more patterns on the
/// sample's id or group (`"2022-07-21*"`, or a regular expression between slashes), a region of
/// patches (`{columns: [0, 2400]}`), or, where the file patterns hold `{split}`, a folder's name.
public struct SplitDescription: Codable, Sendable, Hashable {
    public enum Part: Codable, Sendable, Hashable {
        case count(Int)
        case fraction(Double)
        case patterns([String])
        /// Patches that lie wholly between these rows and columns, ends excluded.
        case region(Region)
    }

    public struct Region: Codable, Sendable, Hashable {
        public var rows: [Int]?
        public var columns: [Int]?

        public init(rows: [Int]? = nil, columns: [Int]? = nil) {
            self.rows = rows
            self.columns = columns
        }
    }

    public var train: Part?
    public var validation: Part?
    public var test: Part?
    public var seed: UInt64

    public init(
        train: Part? = .fraction(0.7), validation: Part? = .fraction(0.15),
        test: Part? = .fraction(0.15), seed: UInt64 = 1
    ) {
        self.train = train
        self.validation = validation
        self.test = test
        self.seed = seed
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case train, validation, test, seed
    }

    public init(from decoder: any Decoder) throws {
        try UnknownKeys.refuse(in: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let seed = try container.decodeIfPresent(UInt64.self, forKey: .seed) ?? 1
        guard [.train, .validation, .test].contains(where: container.contains) else {
            self.init(seed: seed)
            return
        }
        self.init(
            train: try container.decodeIfPresent(Part.self, forKey: .train),
            validation: try container.decodeIfPresent(Part.self, forKey: .validation),
            test: try container.decodeIfPresent(Part.self, forKey: .test), seed: seed)
    }
}

extension SplitDescription.Part {
    public init(from decoder: any Decoder) throws {
        if let container = try? decoder.singleValueContainer() {
            if let count = try? container.decode(Int.self) {
                self = .count(count)
            } else if let fraction = try? container.decode(Double.self) {
                self = .fraction(fraction)
            } else if let patterns = try? container.decode(OneOrMore<String>.self) {
                self = .patterns(patterns.values)
            } else {
                try UnknownKeys.refuse(in: decoder, known: ["rows", "columns"])
                self = .region(try container.decode(SplitDescription.Region.self))
            }
            try check(decoder)
            return
        }
        throw DecodingError.dataCorrupted(
            .init(codingPath: decoder.codingPath, debugDescription: "not a part of a split"))
    }

    private func check(_ decoder: any Decoder) throws {
        let problem: String? =
            switch self {
            case .count(let count) where count < 0: "a count of \(count) groups"
            case .fraction(let fraction) where !(fraction >= 0 && fraction <= 1):
                "a fraction of \(fraction), expected 0 to 1"
            case .region(let region)
            where [region.rows, region.columns].contains(where: { bounds in
                bounds.map { $0.count != 2 || $0[0] < 0 || $0[0] >= $0[1] } ?? false
            }):
                "a region, expected rows: [from, to] and columns: [from, to]"
            default: nil
            }
        if let problem {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: problem))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .count(let count): try container.encode(count)
        case .fraction(let fraction): try container.encode(fraction)
        case .patterns(let patterns): try container.encode(patterns)
        case .region(let region): try container.encode(region)
        }
    }
}
