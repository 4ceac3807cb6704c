import CCrypto
import Foundation
import Glibc
import Synchronization

/// SIGINT and SIGTERM as a question that long work asks after every step.
///
/// The first signal is noted and passed on to the running children; a second one kills them and
/// exits at once with 128 plus its number.
public enum StopSignal {
    static let noted = Atomic<Int32>(0)
    private static let installed = Atomic<Bool>(false)

    /// Installs the handlers, and lets a file-size limit show as an error of the write (`EFBIG`)
    /// instead of killing the process. The command line calls it before anything else.
    public static func install() {
        // A handler must not be the first to touch what is made on first use.
        ChildTable.prepare()
        _ = noted.load(ordering: .relaxed)
        floe_ignore_signal(SIGXFSZ)
        for number in [SIGINT, SIGTERM] {
            let status = floe_handle_signal(number) { StopSignal.handle($0) }
            precondition(status == 0, "the handler of signal \(number) was refused")
        }
        installed.store(true, ordering: .sequentiallyConsistent)
    }

    /// Whether this process handles the signals.
    public static var isInstalled: Bool { installed.load(ordering: .sequentiallyConsistent) }

    /// The number of the signal that came; nil while there was none.
    public static var received: Int32? {
        let number = noted.load(ordering: .sequentiallyConsistent)
        return number == 0 ? nil : number
    }

    /// Throws `FloeError` of kind `.interrupted` once a signal has come.
    public static func throwIfReceived() throws {
        guard let number = received else { return }
        throw FloeError(
            .interrupted(signal: number),
            "stopped by \(number == SIGINT ? "SIGINT" : "SIGTERM")")
    }

    /// Runs inside the signal handler: atomics, `kill` and `_exit` only.
    private static func handle(_ number: Int32) {
        let first = noted.compareExchange(
            expected: 0, desired: number, ordering: .sequentiallyConsistent
        ).exchanged
        guard first else {
            ChildTable.signalAll(SIGKILL)
            _exit(128 + number)
        }
        let code = errno
        ChildTable.signalAll(number)
        errno = code
    }
}
