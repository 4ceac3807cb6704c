import CCrypto
import Foundation
import Glibc
import Synchronization

/// The two ends of a pipe, neither of which a child inherits by accident.
final class DescriptorPair: Sendable {
    private let ends: Mutex<(read: Int32, write: Int32)>

    init(for executable: String) throws {
        var pair: [Int32] = [-1, -1]
        guard floe_pipe(&pair) == 0 else {
            throw FloeError.systemCall(errno, file: executable, "could not make a pipe")
        }
        ends = Mutex((pair[0], pair[1]))
    }

    deinit { closeBoth() }

    var readEnd: Int32 { ends.withLock { $0.read } }
    var writeEnd: Int32 { ends.withLock { $0.write } }

    func closeReadEnd() {
        ends.withLock { ends in
            if ends.read >= 0 { Glibc.close(ends.read) }
            ends.read = -1
        }
    }

    func closeWriteEnd() {
        ends.withLock { ends in
            if ends.write >= 0 { Glibc.close(ends.write) }
            ends.write = -1
        }
    }

    func closeBoth() {
        closeReadEnd()
        closeWriteEnd()
    }
}

/// A pipe from a child, read on a thread of its own until the child has ended.
///
/// A process that the child left behind may hold the other end for ever; what matters is what the
/// child itself wrote, and that is in the pipe when it ends.
final class OutputPipe: Sendable {
    private static let pieceSize = 1 << 16
    private let ends: DescriptorPair
    /// Its write end is closed to tell the reading thread that the child has ended.
    private let news: DescriptorPair
    private let onPiece: @Sendable (UnsafeRawBufferPointer) -> Void
    private let onEnd: @Sendable () -> Void
    private let ended = DispatchSemaphore(value: 0)

    init(
        for executable: String, onPiece: @escaping @Sendable (UnsafeRawBufferPointer) -> Void,
        onEnd: @escaping @Sendable () -> Void
    ) throws {
        ends = try DescriptorPair(for: executable)
        news = try DescriptorPair(for: executable)
        self.onPiece = onPiece
        self.onEnd = onEnd
        guard fcntl(ends.readEnd, F_SETFL, O_NONBLOCK) == 0 else {
            throw FloeError.systemCall(errno, file: executable, "could not make a pipe")
        }
    }

    var writeEnd: Int32 { ends.writeEnd }

    func closeBoth() {
        ends.closeBoth()
        news.closeBoth()
    }

    /// Starts the reading thread; the child has its own copy of the other end by now.
    func startReading() {
        ends.closeWriteEnd()
        let thread = Thread { [self] in
            read()
            closeBoth()
            onEnd()
            ended.signal()
        }
        thread.stackSize = 1 << 19
        thread.start()
    }

    /// Called once the child has ended: waits until all that it wrote was passed on.
    func finish() {
        news.closeWriteEnd()
        ended.wait()
        ended.signal()
    }

    private func read() {
        let piece = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.pieceSize, alignment: 64)
        defer { piece.deallocate() }
        // What a pipe can hold when the child ends; anything beyond is somebody else's.
        var allowance = Int.max
        while allowance > 0 {
            let count = Glibc.read(ends.readEnd, piece.baseAddress, min(allowance, piece.count))
            if count > 0 {
                onPiece(UnsafeRawBufferPointer(rebasing: piece[..<count]))
                if allowance != .max { allowance -= count }
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) || allowance != .max {
                return
            }
            if allowance == .max, !waitForNews(dataMayBeThere: count > 0) {
                allowance = Self.pieceSize
            }
        }
    }

    /// Waits for output; false once the child has ended.
    private func waitForNews(dataMayBeThere: Bool) -> Bool {
        var descriptors = [
            pollfd(fd: ends.readEnd, events: Int16(POLLIN), revents: 0),
            pollfd(fd: news.readEnd, events: Int16(POLLIN), revents: 0),
        ]
        let result = poll(&descriptors, 2, dataMayBeThere ? 0 : -1)
        return result <= 0 || descriptors[1].revents == 0
    }
}

/// Cuts pieces of output into lines.
final class LineSplitter: Sendable {
    private static let longest = 1 << 16
    private let onLine: @Sendable (String) -> Void
    private let rest = Mutex<[UInt8]>([])

    init(_ onLine: @escaping @Sendable (String) -> Void) {
        self.onLine = onLine
    }

    func add(_ piece: UnsafeRawBufferPointer) {
        var lines: [[UInt8]] = []
        rest.withLock { rest in
            for byte in piece {
                if byte == UInt8(ascii: "\n") || rest.count == Self.longest {
                    lines.append(rest)
                    rest.removeAll(keepingCapacity: true)
                }
                if byte != UInt8(ascii: "\n") { rest.append(byte) }
            }
        }
        for line in lines { onLine(String(decoding: line, as: UTF8.self)) }
    }

    /// Passes on a last line that has no line break.
    func finish() {
        let last = rest.withLock { rest in
            defer { rest = [] }
            return rest
        }
        if !last.isEmpty { onLine(String(decoding: last, as: UTF8.self)) }
    }
}
