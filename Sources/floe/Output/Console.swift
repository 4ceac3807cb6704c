import DurableFiles
import Foundation
import Synchronization

/// Results to standard output, everything else to standard error, straight to the descriptors.
///
/// A reader that has gone (`floe zoo list | head -1`) ends the output but not the command, so that
/// its exit code still tells what it found.
enum Console {
    private static let isOpen = Mutex([Int32: Bool]())

    /// Lets a broken pipe show as an error of the write instead of killing the process.
    static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

    /// Writes a line of the result.
    ///
    /// - Throws: `FloeError` where standard output takes nothing more, as on a full disk.
    static func print(_ line: String = "") throws { try write(line + "\n", to: 1) }

    /// Writes a value as JSON: sorted keys, indented; same value, same bytes.
    static func printJSON(_ value: some Encodable) throws {
        try write(String(decoding: BoundedJSON.encode(value), as: UTF8.self), to: 1)
    }

    /// Writes a line to standard error; what cannot be written is lost.
    static func note(_ line: String) { try? write(line + "\n", to: 2) }

    /// Writes to standard error without a line break.
    static func noteRaw(_ text: String) { try? write(text, to: 2) }

    /// Writes a result where nothing more can be done about a failure.
    static func tryWrite(_ text: String) { try? write(text, to: 1) }

    /// Says whether everything was written; closing is where some file systems tell.
    static func finish() throws {
        guard isOpen.withLock({ $0[1] }) == true else { return }
        if fsync(1) != 0, errno == EIO || errno == ENOSPC || errno == EDQUOT {
            throw FloeError.systemCall(errno, file: "standard output", "could not write")
        }
    }

    static func exit(_ code: Int32) -> Never { Foundation.exit(code) }

    /// Whether a descriptor is a terminal.
    static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// Columns of the terminal behind standard error, or 80.
    static var columns: Int {
        var size = winsize()
        guard ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    private static func write(_ text: String, to descriptor: Int32) throws {
        try isOpen.withLock { open in
            guard open[descriptor] != false else { return }
            open[descriptor] = true
            var rest = ArraySlice(text.utf8)
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    Foundation.write(descriptor, $0.baseAddress, $0.count)
                }
                if count >= 0 {
                    rest = rest.dropFirst(count)
                } else if errno != EINTR {
                    open[descriptor] = false
                    if errno == EPIPE { return }
                    throw FloeError.systemCall(
                        errno, file: descriptor == 1 ? "standard output" : "standard error",
                        "could not write")
                }
            }
        }
    }
}
