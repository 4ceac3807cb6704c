import DurableFiles
import Foundation
import Testing

@Suite struct OutputTests {
    static let escape = "\u{1B}["
    static let hasTerminals = Terminal() != nil

    @Test(.enabled(if: hasTerminals, "needs a pseudoterminal"))
    func progressIsABarOnATerminalOnly() throws {
        try withTemporaryFolder { folder in
            let terminal = try #require(Terminal())
            let bar = try terminal.run(["data", "synth", "--out", folder + "/a", "--count", "4"])
            #expect(bar.contains("\r\(Self.escape)K"))
            #expect(bar.contains("of 4 scenes"))
            // The bar is gone in the end.
            #expect(bar.hasSuffix("\r\(Self.escape)K"))
            let piped = try FloeProgram.run("data", "synth", "--out", folder + "/b", "--count", "4")
            #expect(piped.error == "4 of 4 scenes\n")
            #expect(piped.output == "\(folder)/b: 4 scenes of seed 1\n")
        }
    }

    @Test func quietSaysNothing() throws {
        try withTemporaryFolder { folder in
            let outcome = try FloeProgram.run(
                "data", "synth", "--out", folder + "/a", "--count", "2", "--quiet")
            #expect(outcome.error.isEmpty)
            #expect(outcome.code == 0)
        }
    }

    @Test func progressForProgramsIsOneObjectALine() throws {
        try withTemporaryFolder { folder in
            let outcome = try FloeProgram.run(
                "data", "synth", "--out", folder + "/a", "--count", "3", "--progress", "json")
            #expect(!outcome.errorLines.isEmpty)
            for line in outcome.errorLines {
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
                #expect(object is [String: Any], "\(line)")
            }
            #expect(outcome.errorLines.last?.contains("\"done\":3") == true)
        }
    }

    @Test(.enabled(if: hasTerminals, "needs a pseudoterminal"), arguments: [nil, "1", ""])
    func colourOnlyOnATerminalWithoutNoColor(noColor: String?) throws {
        let terminal = try #require(Terminal())
        let environment = noColor.map { ["NO_COLOR": $0] } ?? [:]
        let text = try terminal.run(["zoo", "list", "/nonexistent"], environment: environment)
        #expect(text.contains("error:"))
        // An empty NO_COLOR counts as none (no-color.org).
        #expect(text.contains(Self.escape) == (noColor != "1"))
        let piped = try FloeProgram.run("zoo", "list", "/nonexistent")
        #expect(!piped.error.contains(Self.escape))
    }

    /// `floe zoo list | head -1`: the reader has gone, and nobody is told off for it.
    @Test(arguments: ["--help", "doctor", "zoo list"])
    func aReaderThatLeavesIsNoError(words: String) throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        close(ends[0])
        defer { close(ends[1]) }
        var arguments = words.split(separator: " ").map(String.init)
        if words == "zoo list" { arguments.append(fixture("zoo")) }
        var command = try FloeProgram.command(arguments)
        let error = Collected()
        command.standardOutput = .descriptor(ends[1])
        command.standardError = .pieces { error.add($0) }
        #expect(try command.spawn().wait() == .code(0))
        #expect(error.text.isEmpty)
    }

    @Test func aFullDiskIsAnError() throws {
        let full = open("/dev/full", O_WRONLY)
        try #require(full >= 0)
        defer { close(full) }
        var command = try FloeProgram.command(["doctor"])
        let error = Collected()
        command.standardOutput = .descriptor(full)
        command.standardError = .pieces { error.add($0) }
        #expect(try command.spawn().wait() == .code(6))
        #expect(error.text.hasPrefix("error: standard output: "))
        #expect(error.text.split(separator: "\n").count == 1)
    }

    @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
    func aSignalEndsLongWork(signal: Int32, code: Int32) throws {
        try withTemporaryFolder { folder in
            var command = try FloeProgram.command([
                "data", "synth", "--out", folder + "/a", "--count", "100000", "--progress", "json",
            ])
            let error = Collected()
            command.standardOutput = .discarded
            command.standardError = .pieces { error.add($0) }
            let worker = try command.spawn()
            // As soon as it tells of progress it is at work.
            for _ in 0..<1000 where error.text.isEmpty { usleep(10_000) }
            worker.terminate(signal)
            #expect(worker.wait() == .code(code))
            #expect(error.text.contains("error: stopped by SIG"))
            let left = try FileManager.default.contentsOfDirectory(atPath: folder + "/a")
            #expect(!left.contains("dataset.yaml"))
        }
    }
}
