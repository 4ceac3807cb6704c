import Foundation

/// Colour where a person looks at a terminal and has not asked for none (https://no-color.org).
enum Style {
    /// Whether text to a descriptor may carry colour.
    static func isColored(
        _ descriptor: Int32,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> Bool {
        guard environment["NO_COLOR", default: ""].isEmpty, environment["TERM"] != "dumb" else {
            return false
        }
        return Console.isTerminal(descriptor)
    }

    /// On standard error.
    static func error(_ text: String) -> String { colored(text, "1;31", 2) }
    static func warning(_ text: String) -> String { colored(text, "1;33", 2) }
    /// On standard output.
    static func good(_ text: String) -> String { colored(text, "32", 1) }
    static func bad(_ text: String) -> String { colored(text, "1;31", 1) }

    private static func colored(_ text: String, _ code: String, _ descriptor: Int32) -> String {
        isColored(descriptor) ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
