import DurableFiles
import Foundation
import Training

/// Runs one process per member, a given number at once, and passes on what they tell.
final class WorkerPool: @unchecked Sendable {
    private let jobs: Int
    private let attempts: Int
    private let command: @Sendable (Int) -> WorkerCommand
    private let condition = NSCondition()
    private var events: [TrainingEvent] = []
    private var waiting: [Int] = []
    private var running = 0
    private var tries: [Int: Int] = [:]
    private var failures: [Int: String] = [:]
    private var lastWords: [Int: String] = [:]

    init(jobs: Int, attempts: Int, command: @escaping @Sendable (Int) -> WorkerCommand) {
        self.jobs = jobs
        self.attempts = attempts
        self.command = command
    }

    /// Waits until every member is done or has failed for good.
    ///
    /// - Parameter tell: called on this thread.
    /// - Returns: why members failed.
    func run(_ members: [Int], tell: (TrainingEvent) -> Void) throws -> [Int: String] {
        waiting = members
        while true {
            condition.lock()
            while running < jobs, !waiting.isEmpty, StopSignal.received == nil {
                start(waiting.removeFirst())
            }
            let isOver = running == 0 && (waiting.isEmpty || StopSignal.received != nil)
            if events.isEmpty, !isOver {
                _ = condition.wait(until: Date().addingTimeInterval(0.2))
            }
            let told = events
            events.removeAll()
            condition.unlock()
            for event in told { tell(event) }
            if isOver, told.isEmpty { break }
        }
        return failures
    }

    /// Called with the condition locked.
    private func start(_ member: Int) {
        running += 1
        tries[member, default: 0] += 1
        lastWords[member] = nil
        var worker = command(member)
        worker.hasLifeline = true
        worker.standardOutput = .discarded
        worker.standardError = .lines { [self] line in note(line, member) }
        let ready = worker
        let thread = Thread { [self] in
            var outcome: String?
            var died = false
            do {
                // Once a signal came, nothing new is begun: it would not reach the process.
                try StopSignal.throwIfReceived()
                let status = try ready.spawn().wait()
                if !status.isSuccess { outcome = "\(status)" }
                if case .signal = status { died = true }
            } catch {
                outcome = "\(error)"
            }
            condition.withLock { finish(member, outcome, died: died) }
        }
        thread.name = "floe-worker-\(member)"
        thread.start()
    }

    private func note(_ line: String, _ member: Int) {
        condition.withLock {
            if let event = try? JSONDecoder().decode(TrainingEvent.self, from: Data(line.utf8)) {
                switch event {
                // A worker's own run is one member; this run tells about the whole.
                case .runStarted, .runDone, .memberSkipped: return
                default: events.append(event)
                }
            } else if !line.isEmpty {
                lastWords[member] = line
            }
            condition.signal()
        }
    }

    /// Called with the condition locked. A process that died (out of memory, say) is worth another
    /// try; one that explained itself would only say the same again.
    private func finish(_ member: Int, _ problem: String?, died: Bool) {
        running -= 1
        if let problem, StopSignal.received == nil {
            let words = lastWords[member].map { "\(problem): \($0)" } ?? problem
            events.append(.memberFailed(member: member, error: words))
            if died, tries[member, default: 0] < attempts {
                waiting.append(member)
            } else {
                failures[member] = words
            }
        }
        condition.signal()
    }
}
