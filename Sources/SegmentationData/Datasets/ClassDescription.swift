/// A class of the data: its name and the colour in which people see it.
public struct ClassDescription: Codable, Sendable, Hashable {
    public var name: String
    public var color: ClassColor?

    public init(name: String, color: ClassColor? = nil) {
        self.name = name
        self.color = color
    }

    private enum CodingKeys: String, CodingKey, CaseIterable { case name, color }

    /// Reads a name alone, or a name with a colour.
    public init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(String.self) {
            self.init(name: name)
            return
        }
        try UnknownKeys.refuse(in: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            name: try container.decode(String.self, forKey: .name),
            color: try container.decodeIfPresent(ClassColor.self, forKey: .color))
    }
}
