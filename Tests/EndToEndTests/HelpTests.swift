import Foundation
import Testing

@Suite struct HelpTests {
    @Test(arguments: FloeProgram.commands + FloeProgram.groups)
    func everyCommandShowsAnExample(command: String) throws {
        let outcome = try FloeProgram.run(
            command.split(separator: " ").map(String.init) + ["--help"])
        #expect(outcome.code == 0)
        #expect(outcome.error.isEmpty)
        #expect(outcome.output.hasPrefix("OVERVIEW: "))
        #expect(outcome.output.contains("Example"))
        let examples = outcome.output.split(separator: "\n").filter { $0.hasPrefix("  floe ") }
        #expect(examples.contains { $0.hasPrefix("  floe \(command)") }, "\(examples)")
        // The text stands before the usage; an example that is broken there cannot be copied.
        let text = outcome.output.components(separatedBy: "\nUSAGE:")[0]
        let broken = text.split(separator: "\n").filter { line in
            line.hasPrefix("--") || (line.hasPrefix("  floe ") && line.count > 80)
        }
        #expect(broken.isEmpty)
    }

    @Test func theListOfCommandsIsWhole() throws {
        let outcome = try FloeProgram.run("--help")
        #expect(outcome.code == 0)
        let listed = try #require(outcome.output.components(separatedBy: "SUBCOMMANDS:\n").last)
            .split(separator: "\n").filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
            .compactMap { $0.split(separator: " ").first.map(String.init) }
        let first = FloeProgram.commands.map { String($0.prefix { $0 != " " }) }
        #expect(Set(listed).subtracting(["See"]) == Set(first))
    }

    @Test(arguments: [[], ["data"], ["help"], ["help", "train"]])
    func askingForNothingShowsHelp(arguments: [String]) throws {
        let outcome = try FloeProgram.run(arguments)
        #expect(outcome.code == 0)
        #expect(outcome.output.contains("OVERVIEW: "))
    }

    @Test func versionIsOneLine() throws {
        let outcome = try FloeProgram.run("--version")
        #expect(outcome.code == 0)
        #expect(outcome.output.split(separator: "\n").count == 1)
        #expect(outcome.output.contains("."))
    }

    @Test func examplesNameFilesThatAreThere() throws {
        let root = URL(fileURLWithPath: fixture("")).deletingLastPathComponent()
            .deletingLastPathComponent()
        for command in FloeProgram.commands {
            let outcome = try FloeProgram.run(
                command.split(separator: " ").map(String.init) + ["--help"])
            for word in outcome.output.split(whereSeparator: \.isWhitespace)
            where word.hasPrefix("manifests/") {
                let path = root.appendingPathComponent(String(word)).path
                #expect(FileManager.default.fileExists(atPath: path), "\(word)")
            }
        }
    }
}
