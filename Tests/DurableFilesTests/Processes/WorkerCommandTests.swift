import Foundation
import Glibc
import Synchronization
import Testing

@testable import DurableFiles

@Suite struct WorkerCommandTests {
    private func shell(_ script: String) -> WorkerCommand {
        WorkerCommand(
            executable: "/bin/sh", arguments: ["-c", script], standardOutput: .discarded,
            standardError: .discarded)
    }

    @Test func endsAreTold() throws {
        #expect(try shell("exit 0").spawn().wait() == .code(0))
        #expect(try shell("exit 7").spawn().wait() == .code(7))
        #expect(try shell("kill -9 $$").spawn().wait() == .signal(9))
        #expect(ExitStatus.signal(15).shellCode == 143)
        #expect(ExitStatus.code(3).shellCode == 3)
        let worker = try shell("exit 7").spawn()
        #expect(worker.wait() == .code(7))
        #expect(worker.wait() == .code(7))
        #expect(worker.wait(seconds: 0) == .code(7))
        worker.terminate()
    }

    @Test func linesArriveWhole() throws {
        let output = Mutex<[String]>([])
        let errors = Mutex<[String]>([])
        var command = shell("printf 'one\\n\\ntw'; sleep 0.05; printf 'o\\nend'; echo bad >&2")
        command.standardOutput = .lines { line in output.withLock { $0.append(line) } }
        command.standardError = .lines { line in errors.withLock { $0.append(line) } }
        #expect(try command.spawn().wait() == .code(0))
        #expect(output.withLock { $0 } == ["one", "", "two", "end"])
        #expect(errors.withLock { $0 } == ["bad"])
    }

    @Test func aDescriptorTakesTheOutput() throws {
        let folder = try TemporaryFolder()
        let descriptor = open(folder["out"], O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        var command = shell("echo hello; echo again >&2")
        command.standardOutput = .descriptor(descriptor)
        command.standardError = .descriptor(descriptor)
        #expect(try command.spawn().wait().isSuccess)
        #expect(try DurableFile.read(folder["out"], limit: 99) == bytes("hello\nagain\n"))
    }

    @Test func theChildGetsArgumentsEnvironmentAndNothingElse() throws {
        let descriptor = open("/dev/null", O_RDONLY)
        defer { close(descriptor) }
        var command = WorkerCommand(
            executable: "/bin/sh",
            arguments: ["-c", "cat; echo \"$1|$FLOE_TEST|$HOME\"; ls /proc/self/fd", "sh", "a b"],
            environment: ["FLOE_TEST": "x=y", "PATH": "/usr/bin:/bin"])
        command.standardError = .discarded
        let result = try command.run(outputLimit: 1000)
        #expect(result.status == .code(0))
        // Descriptor 3 is the listing's own.
        #expect(String(decoding: result.output, as: UTF8.self) == "a b|x=y|\n0\n1\n2\n3\n")
    }

    @Test func limitsOfOutputAndTime() throws {
        #expect(try shell("printf 12345").run(outputLimit: 5).output == bytes("12345"))
        let tooMuch = try floeError {
            _ = try WorkerCommand(executable: "/usr/bin/yes").run(outputLimit: 1000)
        }
        #expect(tooMuch?.kind == .badData)
        let tooLong = try floeError {
            _ = try WorkerCommand(executable: "/bin/sleep", arguments: ["60"])
                .run(outputLimit: 10, seconds: 0.1)
        }
        #expect(tooLong?.kind == .badData)
        #expect(try shell("printf 123456").run(outputLimit: 6).status.isSuccess)
    }

    @Test func whatAChildLeavesBehindIsNotWaitedFor() throws {
        let start = ContinuousClock.now
        let result = try shell("sleep 9 & echo $!").run(outputLimit: 100)
        #expect(ContinuousClock.now - start < .seconds(8))
        #expect(result.status == .code(0))
        let text = String(decoding: result.output, as: UTF8.self)
        let left = try #require(Int32(text.dropLast()))
        #expect(kill(left, SIGKILL) == 0)
    }

    @Test func muchOutputArrivesWhole() throws {
        let result = try shell("head -c 3000000 /dev/zero").run(outputLimit: 3_000_000)
        #expect(result.output == Data(count: 3_000_000))
    }

    @Test func aWorkerIsStopped() throws {
        let worker = try WorkerCommand(executable: "/bin/sleep", arguments: ["60"]).spawn()
        #expect(worker.wait(seconds: 0.02) == nil)
        worker.terminate()
        #expect(worker.wait() == .signal(SIGTERM))
    }

    @Test func whatCannotStart() throws {
        let folder = try TemporaryFolder()
        try DurableFile.write(bytes("x"), to: folder["file"])
        let absent = WorkerCommand(executable: folder["absent"])
        let error = try floeError { _ = try absent.spawn() }
        #expect(error?.kind == .notFound)
        #expect(error?.file == folder["absent"])
        let plain = WorkerCommand(executable: folder["file"], standardOutput: .lines { _ in })
        #expect(try floeError { _ = try plain.spawn() }?.kind == .permission)
        let nul = WorkerCommand(executable: "/bin/true", arguments: ["a\0b"])
        #expect(try floeError { _ = try nul.spawn() }?.kind == .usage)
    }

    @Test func theLifelineEndsWithTheParent() throws {
        var command = WorkerCommand(executable: "/bin/cat", standardOutput: .discarded)
        #expect(try command.spawn().wait() == .code(0))
        command.hasLifeline = true
        let worker = try command.spawn()
        #expect(worker.wait(seconds: 0.05) == nil)
        worker.terminate()
        #expect(worker.wait() == .signal(SIGTERM))
        var pid: Int32 = 0
        do {
            let forgotten = try command.spawn()
            pid = forgotten.pid
        }
        // The value is gone and with it the other end of the pipe: the child reads its end.
        var raw: Int32 = 0
        #expect(waitpid(pid, &raw, 0) == pid)
        #expect(raw == 0)
    }

    @Test func programsOfThePackageAreFound() throws {
        let running = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let name = try PathParts(running).name
        #expect(WorkerCommand.besideExecutable(name) == running)
        #expect(WorkerCommand.besideExecutable("no-such-program") == nil)
    }

    @Test func manyWorkersAtOnce() throws {
        let workers = try (0..<20).map { try shell("exit \($0)").spawn() }
        #expect(workers.map { $0.wait() } == (0..<20).map { .code($0) })
    }
}
