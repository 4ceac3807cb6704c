import Foundation
import Glibc
import Synchronization

extension WorkerCommand {
    /// Runs the program to its end and returns what it wrote to standard output.
    ///
    /// - Parameters:
    ///   - outputLimit: the largest output in bytes; a program that writes more is killed.
    ///   - seconds: the longest time; a program that takes longer is killed.
    /// - Throws: `FloeError`: of kind `.badData` where a limit was exceeded, else as `spawn`.
    public func run(
        outputLimit: Int, seconds: Double = .infinity
    ) throws -> (status: ExitStatus, output: Data) {
        let collected = Mutex(Data())
        let collector = Collector { piece in
            collected.withLock { data in
                guard data.count + piece.count <= outputLimit else { return false }
                data.append(contentsOf: piece)
                return true
            }
        }
        let status = try run(seconds: seconds, collector)
        guard !collector.hasRefused else {
            throw FloeError(
                .badData, file: executable, "wrote too much",
                expected: "at most \(outputLimit) bytes")
        }
        return (status, collected.withLock { $0 })
    }

    /// Runs the program to its end and passes on what it writes to standard output.
    ///
    /// - Parameters:
    ///   - seconds: the longest time; a program that takes longer is killed.
    ///   - sink: called with each piece, on a thread of its own; false ends the program.
    /// - Throws: `FloeError`: of kind `.badData` where it took too long, else as `spawn`.
    public func run(
        seconds: Double, _ sink: @escaping @Sendable (UnsafeRawBufferPointer) -> Bool
    ) throws -> ExitStatus {
        try run(seconds: seconds, Collector(sink))
    }

    private func run(seconds: Double, _ collector: Collector) throws -> ExitStatus {
        var command = self
        command.standardOutput = .pieces { collector.add($0) }
        let worker = try command.spawn()
        let clock = ContinuousClock()
        let start = clock.now
        while true {
            if let status = worker.wait(seconds: 0.02) { return status }
            let isTooLate = (clock.now - start) / .seconds(1) > seconds
            guard isTooLate || collector.hasRefused else { continue }
            worker.terminate(SIGKILL)
            let status = worker.wait()
            guard isTooLate else { return status }
            throw FloeError(
                .badData, file: executable, "took too long",
                expected: "an end within \(Int(seconds.rounded(.up))) s")
        }
    }
}

/// Passes on a child's output until somebody has had enough of it.
private final class Collector: Sendable {
    private let sink: @Sendable (UnsafeRawBufferPointer) -> Bool
    private let refused = Mutex(false)

    init(_ sink: @escaping @Sendable (UnsafeRawBufferPointer) -> Bool) { self.sink = sink }

    var hasRefused: Bool { refused.withLock { $0 } }

    func add(_ piece: UnsafeRawBufferPointer) {
        refused.withLock { refused in
            if !refused { refused = !sink(piece) }
        }
    }
}
