import CCrypto
import Foundation
import Glibc

/// A program to be run as a child process.
///
/// Member workers and the reader of foreign files run this way. The child gets the standard
/// descriptors and no others, default signal actions, and nothing to read on standard input.
public struct WorkerCommand: Sendable {
    /// Where the child's output goes.
    public enum Output: Sendable {
        /// Where this process's own goes.
        case inherited
        case discarded
        /// To an open descriptor, which stays the caller's.
        case descriptor(Int32)
        /// Line by line without the line break, on a thread of its own. A line is cut at 64 KiB.
        case lines(@Sendable (String) -> Void)
        /// Piece by piece as it arrives, on a thread of its own.
        case pieces(@Sendable (UnsafeRawBufferPointer) -> Void)
    }

    /// The program's path; it is not searched for.
    public var executable: String
    /// The arguments after the program's name.
    public var arguments: [String]
    /// The whole environment; nil for this process's own.
    public var environment: [String: String]?
    public var standardOutput: Output
    public var standardError: Output
    /// Whether standard input is a pipe that ends when this process does, however it dies; the
    /// child calls `ParentLifeline.exitWithParent()`. Otherwise standard input is empty.
    public var hasLifeline = false

    public init(
        executable: String, arguments: [String] = [], environment: [String: String]? = nil,
        standardOutput: Output = .inherited, standardError: Output = .inherited
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.standardOutput = standardOutput
        self.standardError = standardError
    }

    /// A program that lies beside the running one, as those of one package do, also under test.
    public static func besideExecutable(_ name: String) -> String? {
        guard
            let running = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/self/exe"), let parts = try? PathParts(running)
        else { return nil }
        let path = parts.sibling(name)
        let status = try? FileSystem.calls.status(at: path, followingLinks: true)
        return status?.kind == .regularFile && access(path, X_OK) == 0 ? path : nil
    }

    /// Starts the program.
    ///
    /// - Throws: `FloeError`: `.notFound`, `.permission`, or `.inputOutput` where the system has no
    ///   room for another process.
    public func spawn() throws -> RunningWorker {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        try check(posix_spawn_file_actions_init(&actions))
        defer { posix_spawn_file_actions_destroy(&actions) }
        try check(posix_spawnattr_init(&attributes))
        defer { posix_spawnattr_destroy(&attributes) }
        try setSignals(&attributes)

        var pipes: [OutputPipe] = []
        var lifeline: DescriptorPair?
        do {
            if hasLifeline {
                let pair = try DescriptorPair(for: executable)
                lifeline = pair
                try check(posix_spawn_file_actions_adddup2(&actions, pair.readEnd, 0))
            } else {
                try check(posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0))
            }
            for (output, target) in [(standardOutput, Int32(1)), (standardError, Int32(2))] {
                try redirect(output, to: target, &actions, &pipes)
            }
            try check(floe_spawn_close_from(&actions, 3))
            let pid = try start(&actions, &attributes)
            lifeline?.closeReadEnd()
            for pipe in pipes { pipe.startReading() }
            return RunningWorker(
                executable: executable, pid: pid, pipes: pipes, lifeline: lifeline)
        } catch {
            lifeline?.closeBoth()
            for pipe in pipes { pipe.closeBoth() }
            throw error
        }
    }

    private func setSignals(_ attributes: inout posix_spawnattr_t) throws {
        var toDefault = sigset_t()
        var blocked = sigset_t()
        sigemptyset(&toDefault)
        sigemptyset(&blocked)
        for number in [SIGINT, SIGTERM, SIGPIPE, SIGXFSZ] { sigaddset(&toDefault, number) }
        try check(posix_spawnattr_setsigdefault(&attributes, &toDefault))
        try check(posix_spawnattr_setsigmask(&attributes, &blocked))
        var flags = Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK)
        if StopSignal.isInstalled {
            // The terminal's Ctrl-C then reaches this process only, whose handler passes it on
            // once: a child that got it twice would leave without its checkpoint.
            flags |= Int16(POSIX_SPAWN_SETPGROUP)
            try check(posix_spawnattr_setpgroup(&attributes, 0))
        }
        try check(posix_spawnattr_setflags(&attributes, flags))
    }

    private func redirect(
        _ output: Output, to target: Int32, _ actions: inout posix_spawn_file_actions_t,
        _ pipes: inout [OutputPipe]
    ) throws {
        switch output {
        case .inherited:
            break
        case .discarded:
            try check(posix_spawn_file_actions_addopen(&actions, target, "/dev/null", O_WRONLY, 0))
        case .descriptor(let descriptor):
            try check(posix_spawn_file_actions_adddup2(&actions, descriptor, target))
        case .lines(let onLine):
            let splitter = LineSplitter(onLine)
            let pipe = try OutputPipe(
                for: executable, onPiece: { splitter.add($0) }, onEnd: { splitter.finish() })
            pipes.append(pipe)
            try check(posix_spawn_file_actions_adddup2(&actions, pipe.writeEnd, target))
        case .pieces(let onPiece):
            let pipe = try OutputPipe(for: executable, onPiece: onPiece, onEnd: {})
            pipes.append(pipe)
            try check(posix_spawn_file_actions_adddup2(&actions, pipe.writeEnd, target))
        }
    }

    private func start(
        _ actions: inout posix_spawn_file_actions_t, _ attributes: inout posix_spawnattr_t
    ) throws -> pid_t {
        var argumentPointers: [UnsafeMutablePointer<CChar>?] = []
        var environmentPointers: [UnsafeMutablePointer<CChar>?] = []
        defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
        for argument in [executable] + arguments {
            guard !argument.utf8.contains(0) else {
                throw FloeError(.usage, file: executable, "an argument holds a NUL byte")
            }
            argumentPointers.append(strdup(argument))
        }
        argumentPointers.append(nil)
        let variables = environment ?? ProcessInfo.processInfo.environment
        for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
            environmentPointers.append(strdup("\(name)=\(value)"))
        }
        environmentPointers.append(nil)
        var pid: pid_t = 0
        try check(
            posix_spawn(
                &pid, executable, &actions, &attributes, &argumentPointers, &environmentPointers))
        return pid
    }

    private func check(_ code: Int32) throws {
        if code != 0 { throw FloeError.systemCall(code, file: executable, "could not start") }
    }
}
