/// A JSON value as it stands in a file; numbers keep their digits.
///
/// Recipes are decoded through it too: a YAML reader builds the same tree, and
/// `BoundedJSON.decode(_:from:file:)` refuses unknown keys alike.
public indirect enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    /// The number's text, such as `-1.5e3`.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// What the value is, for messages.
    public var kindInWords: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}
