import DurableFiles

/// A band that is computed from a stored one: an item of a recipe's `data.computed`.
public struct ComputedBand: Codable, Sendable, Hashable {
    public var name: String
    /// The stored band that it is computed from, by name.
    public var from: String
    public var filter: BandFilter

    public init(name: String, from: String, filter: BandFilter) {
        self.name = name
        self.from = from
        self.filter = filter
    }

    /// Bands that one description may compute.
    static let largestCount = 64

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case name, from, filter, at, subband
    }

    private enum FilterName: String, CaseIterable { case threshold, sobel, laplacian, haar }

    public init(from decoder: any Decoder) throws {
        try UnknownKeys.refuse(in: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func refuse(_ key: CodingKeys, _ what: String) -> DecodingError {
            .dataCorrupted(
                .init(codingPath: container.codingPath + [key], debugDescription: what))
        }
        name = try container.decode(String.self, forKey: .name)
        from = try container.decode(String.self, forKey: .from)
        let text = try container.decode(String.self, forKey: .filter)
        guard let kind = FilterName(rawValue: text) else {
            let names = FilterName.allCases.map(\.rawValue).joined(separator: ", ")
            throw refuse(.filter, "unknown filter '\(text)'; known: \(names)")
        }
        let at = try container.decodeIfPresent(Double.self, forKey: .at)
        let subband = try container.decodeIfPresent(String.self, forKey: .subband)
        if at != nil, kind != .threshold {
            throw refuse(.at, "only the filter threshold has a value to compare with")
        }
        if subband != nil, kind != .haar {
            throw refuse(.subband, "only the filter haar has subbands")
        }
        switch kind {
        case .threshold:
            guard let at, at.isFinite else {
                throw refuse(.at, "a threshold needs a number, in the image's own units")
            }
            filter = .threshold(at: at)
        case .sobel: filter = .sobel
        case .laplacian: filter = .laplacian
        case .haar:
            guard let known = subband.flatMap(BandFilter.HaarSubband.init(rawValue:)) else {
                let names = BandFilter.HaarSubband.allCases.map(\.rawValue)
                throw refuse(.subband, "one of \(names.joined(separator: ", "))")
            }
            filter = .haar(known)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(from, forKey: .from)
        let kind: FilterName
        switch filter {
        case .threshold(let at):
            kind = .threshold
            try container.encode(at, forKey: .at)
        case .sobel: kind = .sobel
        case .laplacian: kind = .laplacian
        case .haar(let subband):
            kind = .haar
            try container.encode(subband, forKey: .subband)
        }
        try container.encode(kind.rawValue, forKey: .filter)
    }

    /// Throws where no image could give these bands.
    static func check(_ computed: [ComputedBand]) throws {
        guard computed.count <= largestCount else {
            throw FloeError(
                .usage, "data.computed", expected: "at most \(largestCount) bands",
                got: "\(computed.count)")
        }
        if computed.contains(where: \.name.isEmpty) {
            throw FloeError(.usage, "data.computed has a band without a name")
        }
    }
}
