import CHDF5
import DurableFiles
import Foundation

/// The one door to libhdf5: a thread of its own that runs every call, one after the other.
///
/// Debian's serial build is not thread-safe and Swift tasks hop between threads, so nothing outside
/// this thread touches the library or an id of it. Printing of errors and loading of plugins are
/// switched off before the first call.
package final class HDF5Library: @unchecked Sendable {
    package static let shared = HDF5Library()

    // Everything below is touched only under the lock of `condition`.
    private let condition = NSCondition()
    private var queue: [Job] = []
    private var thread: pthread_t?
    private var started = false

    /// What a caller waits for.
    private struct Job {
        var body: (@Sendable () -> Void)?
        let done = DispatchSemaphore(value: 0)
    }

    private init() {
        let server = Thread { [unowned self] in self.serve() }
        server.name = "floe-hdf5"
        // libhdf5 converts and inflates on the heap, but walks B-trees recursively.
        server.stackSize = 8 << 20
        server.start()
    }

    private func serve() -> Never {
        condition.withLock { thread = pthread_self() }
        let didStart = floe_h5_start() >= 0
        condition.withLock { started = didStart }
        while true {
            condition.lock()
            while queue.isEmpty { condition.wait() }
            var job = queue.removeFirst()
            condition.unlock()
            job.body?()
            // The body must be gone before its caller goes on: it does not escape from there.
            job.body = nil
            job.done.signal()
        }
    }

    /// Runs `body` on the library's thread and waits for its result.
    package func run<Success>(_ body: () throws -> Success) throws -> Success {
        let isHere = condition.withLock { thread.map { pthread_equal($0, pthread_self()) != 0 } }
        if isHere == true { return try body() }
        var outcome: Result<Success, any Error>?
        withoutActuallyEscaping(body) { body in
            // The caller sleeps until the body has run, so nothing is touched by two threads.
            nonisolated(unsafe) let work = { outcome = Result { try self.checkStart(then: body) } }
            let done = condition.withLock {
                let job = Job(body: { work() })
                queue.append(job)
                condition.signal()
                return job.done
            }
            done.wait()
        }
        guard let outcome else { preconditionFailure("the HDF5 thread returned nothing") }
        return try outcome.get()
    }

    private func checkStart<Success>(then body: () throws -> Success) throws -> Success {
        guard condition.withLock({ started }) else {
            throw FloeError(.internalFailure, "libhdf5 does not start")
        }
        return try body()
    }
}
