import DurableFiles

/// Which images a data set leaves out, before it is split: a recipe's `data.exclude`.
public struct SampleExclusion: Codable, Sendable, Hashable {
    /// What becomes of images with the same pixels.
    public enum DuplicateImages: String, Codable, CaseIterable, Sendable {
        /// The first of them by id stays.
        case keepFirst = "keep-first"
        /// None stays.
        case dropAll = "drop-all"
    }

    /// Images whose truth so many images or more share, pixel by pixel, are all left out; a truth
    /// of one value, such as nothing but background, tells nothing and does not count.
    public var duplicateMasks: Int?
    public var duplicateImages: DuplicateImages?
    /// Patterns on the images' ids.
    public var ids: [String]?

    public init(
        duplicateMasks: Int? = nil, duplicateImages: DuplicateImages? = nil, ids: [String]? = nil
    ) {
        self.duplicateMasks = duplicateMasks
        self.duplicateImages = duplicateImages
        self.ids = ids
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case duplicateMasks = "duplicate-masks"
        case duplicateImages = "duplicate-images"
        case ids
    }

    public init(from decoder: any Decoder) throws {
        try UnknownKeys.refuse(in: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let container = try decoder.container(keyedBy: CodingKeys.self)
        duplicateMasks = try container.decodeIfPresent(Int.self, forKey: .duplicateMasks)
        ids = try container.decodeIfPresent(OneOrMore<String>.self, forKey: .ids)?.values
        if let text = try container.decodeIfPresent(String.self, forKey: .duplicateImages) {
            guard let known = DuplicateImages(rawValue: text) else {
                let names = DuplicateImages.allCases.map(\.rawValue).joined(separator: " or ")
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: container.codingPath + [CodingKeys.duplicateImages],
                        debugDescription: "'\(text)', expected \(names)"))
            }
            duplicateImages = known
        }
    }

    /// As it is written into a recipe: `{duplicate-masks: 2, ids: ["a*"]}`.
    public var text: String {
        var parts: [String] = []
        if let duplicateMasks { parts.append("duplicate-masks: \(duplicateMasks)") }
        if let duplicateImages { parts.append("duplicate-images: \(duplicateImages.rawValue)") }
        if let ids {
            let quoted = ids.map { id in
                "'"
                    + id.split(separator: "'", omittingEmptySubsequences: false)
                    .joined(separator: "''") + "'"
            }
            parts.append("ids: [\(quoted.joined(separator: ", "))]")
        }
        return "{\(parts.joined(separator: ", "))}"
    }

    /// Throws where the description gives nothing to exclude by.
    func check(_ description: DatasetDescription) throws {
        guard let duplicateMasks else { return }
        guard duplicateMasks >= 2 else {
            throw FloeError(
                .usage, "data.exclude.duplicate-masks out of range",
                expected: "2 or more masks that are the same", got: "\(duplicateMasks)")
        }
        guard !description.masks.isEmpty else {
            throw FloeError(
                .usage, "data.exclude.duplicate-masks in a data set without masks",
                expected: "data.masks")
        }
    }
}
