import Foundation
import Glibc
import Synchronization

/// A child process that was started and whose end is to be waited for.
public final class RunningWorker: Sendable {
    /// The program's path.
    public let executable: String
    /// The process number; another process may have it once this one was waited for.
    public let pid: Int32

    private let pipes: [OutputPipe]
    private let lifeline: DescriptorPair?
    private let slot: Int?
    private let status = Mutex<ExitStatus?>(nil)

    init(executable: String, pid: pid_t, pipes: [OutputPipe], lifeline: DescriptorPair?) {
        self.executable = executable
        self.pid = pid
        self.pipes = pipes
        self.lifeline = lifeline
        slot = ChildTable.add(pid)
        // A signal that came since the child was started did not find it in the table.
        if let number = StopSignal.received { _ = kill(pid, number) }
    }

    deinit {
        // Not waited for: the child goes on, but a stop signal no longer reaches it through us.
        if status.withLock({ $0 }) == nil { ChildTable.remove(pid, at: slot) }
    }

    /// Waits for the end of the process; all that it wrote has then been passed on.
    @discardableResult
    public func wait() -> ExitStatus {
        while true {
            var information = siginfo_t()
            // Looks without reaping, so that `terminate` never meets a reused process number.
            let result = waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT)
            if result != 0, errno == EINTR { continue }
            if let status = reap() { return status }
        }
    }

    /// Waits for the end of the process for some time; nil if it is still running.
    public func wait(seconds: Double) -> ExitStatus? {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(min(seconds, 1e9))
        var pause: UInt32 = 500
        while true {
            if let status = reap() { return status }
            if clock.now >= deadline { return nil }
            usleep(pause)
            pause = min(2 * pause, 20_000)
        }
    }

    /// Sends a signal, unless the process has been waited for already.
    public func terminate(_ signal: Int32 = SIGTERM) {
        status.withLock { status in
            if status == nil { _ = kill(pid, signal) }
        }
    }

    /// Sends a signal to every child that is running.
    public static func terminateAll(_ signal: Int32 = SIGTERM) {
        ChildTable.signalAll(signal)
    }

    private func reap() -> ExitStatus? {
        let ended: ExitStatus? = status.withLock { status in
            if let known = status { return known }
            var raw: Int32 = 0
            var result: pid_t
            repeat { result = waitpid(pid, &raw, WNOHANG) } while result < 0 && errno == EINTR
            if result == 0 { return nil }
            ChildTable.remove(pid, at: slot)
            if result < 0 {
                // Somebody else in the process waited for it; how it ended is lost.
                status = .code(1)
            } else {
                let signal = raw & 0x7F
                status = signal == 0 ? .code(raw >> 8 & 0xFF) : .signal(signal)
            }
            return status
        }
        if ended != nil {
            lifeline?.closeBoth()
            for pipe in pipes { pipe.finish() }
        }
        return ended
    }
}

/// The running children, readable from a signal handler: no locks, no allocation.
enum ChildTable {
    private static let capacity = 1024
    private nonisolated(unsafe) static let slots: UnsafeMutablePointer<Atomic<Int32>> = {
        let slots = UnsafeMutablePointer<Atomic<Int32>>.allocate(capacity: capacity)
        for index in 0..<capacity { (slots + index).initialize(to: Atomic(0)) }
        return slots
    }()

    /// Makes the table, which a signal handler must not be the first to do.
    static func prepare() {
        _ = slots
    }

    /// Enters a child; nil where the table is full, and signals then do not reach it.
    static func add(_ pid: pid_t) -> Int? {
        (0..<capacity).first { index in
            slots[index].compareExchange(
                expected: 0, desired: pid, ordering: .sequentiallyConsistent
            )
            .exchanged
        }
    }

    static func remove(_ pid: pid_t, at slot: Int?) {
        if let slot { slots[slot].store(0, ordering: .sequentiallyConsistent) }
    }

    static func signalAll(_ number: Int32) {
        var index = 0
        while index < capacity {
            let pid = slots[index].load(ordering: .sequentiallyConsistent)
            if pid > 0 { _ = kill(pid, number) }
            index += 1
        }
    }
}
