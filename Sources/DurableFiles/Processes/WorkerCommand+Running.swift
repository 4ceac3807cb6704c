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
        let collector = OutputCollector(limit: outputLimit)
        var command = self
        command.standardOutput = .pieces { collector.add($0) }
        let worker = try command.spawn()
        let clock = ContinuousClock()
        let start = clock.now
        while true {
            if let status = worker.wait(seconds: 0.02) {
                guard !collector.isTooMuch else { throw tooMuch(outputLimit) }
                return (status, collector.data)
            }
            let isTooLate = (clock.now - start) / .seconds(1) > seconds
            if isTooLate || collector.isTooMuch {
                worker.terminate(SIGKILL)
                _ = worker.wait()
                guard isTooLate else { throw tooMuch(outputLimit) }
                throw FloeError(
                    .badData, file: executable, "took too long",
                    expected: "an end within \(seconds) s")
            }
        }
    }

    private func tooMuch(_ limit: Int) -> FloeError {
        FloeError(
            .badData, file: executable, "wrote too much", expected: "at most \(limit) bytes")
    }
}

/// Keeps a child's output up to a limit.
private final class OutputCollector: Sendable {
    private let limit: Int
    private let state = Mutex((data: Data(), isTooMuch: false))

    init(limit: Int) { self.limit = limit }

    var data: Data { state.withLock { $0.data } }
    var isTooMuch: Bool { state.withLock { $0.isTooMuch } }

    func add(_ piece: UnsafeRawBufferPointer) {
        state.withLock { state in
            if state.data.count + piece.count > limit { state.isTooMuch = true }
            if !state.isTooMuch { state.data.append(contentsOf: piece) }
        }
    }
}
