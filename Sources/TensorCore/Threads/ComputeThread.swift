import Foundation

/// The one thread that calls into oneDNN and OpenBLAS.
///
/// libgomp keeps a team of workers per calling thread and Swift tasks hop between threads, so
/// everything that computes runs here. Calls made while already here run at once.
public final class ComputeThread: @unchecked Sendable {
    public static let shared = ComputeThread()

    /// A body and the semaphore on which its caller sleeps.
    private struct Work: @unchecked Sendable {
        var body: (() -> Void)?
        let done: DispatchSemaphore
    }

    private let condition = NSCondition()
    private var queue: [Work] = []
    private var thread: pthread_t?

    private init() {
        let started = Thread { [unowned self] in self.serve() }
        started.name = "floe-compute"
        started.stackSize = 16 << 20
        started.start()
    }

    private func serve() -> Never {
        condition.withLock { thread = pthread_self() }
        while true {
            condition.lock()
            while queue.isEmpty { condition.wait() }
            var work = queue.removeFirst()
            condition.unlock()
            work.body?()
            // Let go before the caller wakes: what it lent must not outlive its call.
            work.body = nil
            work.done.signal()
        }
    }

    /// Runs `body` on the compute thread and waits for its result.
    public func run<Success, Failure: Error>(
        _ body: () throws(Failure) -> Success
    ) throws(Failure) -> Success {
        let isHere = condition.withLock { thread.map { pthread_equal($0, pthread_self()) != 0 } }
        if isHere == true { return try body() }
        var outcome: Result<Success, Failure>?
        let done = DispatchSemaphore(value: 0)
        let capture = {
            do throws(Failure) {
                outcome = .success(try body())
            } catch {
                outcome = .failure(error)
            }
        }
        withoutActuallyEscaping(capture) { escapable in
            // The caller sleeps until the body has run, so nothing is touched by two threads.
            condition.withLock {
                queue.append(Work(body: escapable, done: done))
                condition.signal()
            }
            done.wait()
        }
        guard let outcome else { preconditionFailure("the compute thread returned nothing") }
        return try outcome.get()
    }
}
