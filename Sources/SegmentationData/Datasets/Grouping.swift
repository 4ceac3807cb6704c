/// The unit that a bag draws and a split keeps together.
public enum Grouping: Codable, Sendable, Hashable {
    /// Each image (all patches of one photo) on its own.
    case image
    /// Each patch on its own; neighbours can then stand in and out of one bag.
    case patch
    /// What the first capture of a regular expression finds in the id: scene, patient, day.
    case expression(String)

    public init(from decoder: any Decoder) throws {
        switch try decoder.singleValueContainer().decode(String.self) {
        case "image": self = .image
        case "patch": self = .patch
        case let text: self = .expression(text)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(unit)
    }

    /// The unit as recipes and manifests name it.
    public var unit: String {
        switch self {
        case .image: "image"
        case .patch: "patch"
        case .expression(let text): text
        }
    }
}
