import ArgumentParser
import DurableFiles
import Foundation
import SegmentationModels

/// Whatever ended a command early, as one line and one exit code.
struct CommandFailure {
    /// What is said on standard error; nil where nothing is to be said.
    private let line: String?
    /// Help or a version, asked for and therefore a result.
    private let text: String?
    let exitCode: Int32

    init(_ error: any Error) {
        switch error {
        case let error as FloeError:
            self.init(line: error.description, exitCode: error.kind.exitCode)
        case let error as ModelConfigurationError:
            self.init(line: error.description, exitCode: FloeError.Kind.usage.exitCode)
        case is DecodingError, is EncodingError:
            self.init(
                line: "not in the expected form: \(error)",
                exitCode: FloeError.Kind.badData.exitCode)
        case let code as ExitCode:
            self.init(line: nil, exitCode: code.rawValue)
        default: self.init(parsing: error)
        }
    }

    private init(line: String?, text: String? = nil, exitCode: Int32) {
        self.line = line
        self.text = text
        self.exitCode = exitCode
    }

    /// What the argument parser throws, and anything unknown.
    private init(parsing error: any Error) {
        let code = Floe.exitCode(for: error)
        let full = Floe.fullMessage(for: error)
        if code == .success {
            self.init(line: nil, text: full, exitCode: 0)
        } else if code == .validationFailure {
            let help = Self.helpCommand(in: full)
            self.init(
                line: Floe.message(for: error) + "; see '\(help)'",
                exitCode: FloeError.Kind.usage.exitCode)
        } else {
            self.init(
                line: (error as NSError).localizedDescription,
                exitCode: FloeError.Kind.internalFailure.exitCode)
        }
    }

    /// The parser ends its usage text with "See 'floe data synth --help' for more information."
    private static func helpCommand(in message: String) -> String {
        let parts = message.components(separatedBy: "See '")
        guard parts.count > 1, let command = parts[parts.count - 1].split(separator: "'").first
        else { return "floe --help" }
        return String(command)
    }

    /// Prints the line, or the help that was asked for.
    func report() {
        if let text, !text.isEmpty { Console.tryWrite(text + "\n") }
        guard let line else { return }
        Console.note(Style.error("error:") + " " + Self.oneLine(line))
    }

    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }
            .joined(separator: " ")
    }
}
