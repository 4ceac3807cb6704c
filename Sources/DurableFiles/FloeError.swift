/// Whatever a file, a flag or a user can cause: one line for people, one exit code for programs.
///
/// The line reads `<file>: <what>, expected <x>, got <y>; <what to do>`, every part but `what`
/// being optional.
public struct FloeError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure; it decides the exit code.
    public enum Kind: Sendable, Hashable {
        case internalFailure
        case usage
        case badData
        case notFound
        case permission
        case inputOutput
        case numeric
        case partlyDone
        case locked
        /// Stopped by a signal; the exit code is 128 plus its number.
        case interrupted(signal: Int32)

        public var exitCode: Int32 {
            switch self {
            case .internalFailure: 1
            case .usage: 2
            case .badData: 3
            case .notFound: 4
            case .permission: 5
            case .inputOutput: 6
            case .numeric: 7
            case .partlyDone: 8
            case .locked: 9
            case .interrupted(let signal): 128 + signal
            }
        }
    }

    public var kind: Kind
    public var file: String?
    public var what: String
    public var expected: String?
    public var got: String?
    public var advice: String?

    public init(
        _ kind: Kind, file: String? = nil, _ what: String, expected: String? = nil,
        got: String? = nil, advice: String? = nil
    ) {
        self.kind = kind
        self.file = file
        self.what = what
        self.expected = expected
        self.got = got
        self.advice = advice
    }

    public var description: String {
        var line = file.map { "\($0): " } ?? ""
        line += what
        if let expected { line += ", expected \(expected)" }
        if let got { line += ", got \(got)" }
        if let advice { line += "; \(advice)" }
        // A name or a value taken from a file may carry line breaks; an error stays one line.
        return line.onOneLine
    }

    /// The same error with a file named, where none was.
    public func naming(_ path: String) -> FloeError {
        var copy = self
        if copy.file == nil { copy.file = path }
        return copy
    }
}

extension String {
    /// With spaces for line breaks and other control characters, which a name in a file may hold.
    public var onOneLine: String {
        String(
            unicodeScalars.map { scalar in
                scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                    ? " " : Character(scalar)
            })
    }
}
