import DurableFiles

/// An object of a file of annotations, with its place for messages.
struct JSONEntry {
    let place: String
    private let members: [String: JSONValue]
    private let path: String

    /// - Parameters:
    ///   - value: anything but an object has no members.
    ///   - place: where in the file it is, such as `features[3]`; empty for the file itself.
    init(_ value: JSONValue, _ place: String, _ path: String) {
        if case .object(let members) = value { self.members = members } else { members = [:] }
        self.place = place
        self.path = path
    }

    func has(_ key: String) -> Bool { members[key] != nil }

    func member(_ key: String) -> JSONValue { members[key] ?? .null }

    func whole(_ key: String) throws -> Int {
        guard case .number(let text) = member(key), let number = Int(text) else {
            throw refusal("no '\(key)'", expected: "a whole number")
        }
        return number
    }

    func text(_ key: String) throws -> String {
        guard case .string(let text) = member(key), !text.isEmpty else {
            throw refusal("no '\(key)'", expected: "a text")
        }
        return text
    }

    func coordinate(_ value: JSONValue) throws -> Double {
        guard case .number(let text) = value, let number = Double(text),
            abs(number) <= PolygonFill.largestCoordinate
        else {
            throw refusal(
                "a coordinate that is none",
                expected: "a number up to \(Int(PolygonFill.largestCoordinate))")
        }
        return number
    }

    func refusal(
        _ what: String, expected: String? = nil, got: String? = nil, advice: String? = nil
    ) -> FloeError {
        FloeError(
            .badData, file: path, place.isEmpty ? what : "\(place): \(what)", expected: expected,
            got: got, advice: advice)
    }
}
