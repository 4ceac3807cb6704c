import DurableFiles
import Foundation
import Synchronization
import Testing

/// The built `floe`, run as a user runs it.
enum FloeProgram {
    /// What a run of it left behind.
    struct Outcome {
        var code: Int32
        var output: String
        var error: String

        /// The lines of standard error.
        var errorLines: [String] {
            error.split(separator: "\n").map(String.init)
        }

        /// Standard output as a JSON object.
        func object(sourceLocation: SourceLocation = #_sourceLocation) throws -> [String: Any] {
            let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
            return try #require(value as? [String: Any], sourceLocation: sourceLocation)
        }
    }

    /// Where the program lies: beside the running test bundle.
    static func path() throws -> String {
        try #require(WorkerCommand.besideExecutable("floe"), "floe is not built beside the tests")
    }

    /// The command for some arguments, without colour or progress set by the surroundings.
    static func command(
        _ arguments: [String], environment: [String: String] = [:]
    ) throws -> WorkerCommand {
        var variables = ProcessInfo.processInfo.environment
        variables["NO_COLOR"] = nil
        variables["TERM"] = "xterm"
        variables.merge(environment) { $1 }
        return WorkerCommand(
            executable: try path(), arguments: arguments, environment: variables)
    }

    /// Runs it to its end.
    static func run(
        _ arguments: String..., environment: [String: String] = [:]
    ) throws -> Outcome { try run(arguments, environment: environment) }

    static func run(
        _ arguments: [String], environment: [String: String] = [:]
    ) throws -> Outcome {
        var command = try command(arguments, environment: environment)
        let output = Collected()
        let error = Collected()
        command.standardOutput = .pieces { output.add($0) }
        command.standardError = .pieces { error.add($0) }
        let status = try command.spawn().wait()
        return Outcome(code: status.shellCode, output: output.text, error: error.text)
    }

    /// Runs it to its end, which must be a good one.
    @discardableResult
    static func succeed(
        _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Outcome { try succeed(arguments, sourceLocation: sourceLocation) }

    @discardableResult
    static func succeed(
        _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Outcome {
        let outcome = try run(arguments)
        #expect(
            outcome.code == 0, "\(arguments): \(outcome.error)", sourceLocation: sourceLocation)
        return outcome
    }

    /// Every command that does something, by the words that name it.
    static let commands = [
        "data synth", "data inspect", "data preview", "train", "ensemble build", "ensemble fit",
        "ensemble verify",
        "predict", "compare", "report", "encoder inspect", "encoder import", "encoder export",
        "encoder features",
        "zoo list", "zoo verify", "zoo import", "bench train", "bench predict", "doctor",
    ]
    /// The words that only group commands.
    static let groups = ["data", "ensemble", "encoder", "zoo", "bench"]
}

/// Bytes that arrive on another thread.
final class Collected: Sendable {
    private let data = Mutex(Data())

    func add(_ piece: UnsafeRawBufferPointer) {
        data.withLock { $0.append(contentsOf: piece) }
    }

    var text: String { data.withLock { String(decoding: $0, as: UTF8.self) } }
}

/// A folder of a test's own, removed afterwards.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("floe-command-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
}

/// Files of `Tests/Fixtures`.
func fixture(_ path: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/\(path)").path
}
