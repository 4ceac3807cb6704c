import Foundation
import Glibc
import Synchronization

/// Keeps a second process from the same work, for as long as the value lives.
///
/// The lock is the kernel's (`flock`) on a file that names the holder, so that it ends with the
/// process, however that dies. The file is removed at release; one left by a dead process is
/// simply taken over.
public final class FileLock: Sendable {
    /// The lock file.
    public let path: String
    private let calls: any FileSystemCalls
    private let descriptor: Int32
    private let isHeld = Mutex(true)

    /// Takes the lock or fails.
    ///
    /// - Parameter patience: for how many seconds to try again while another process holds it; a
    ///   worker whose parent was killed needs a moment to follow it.
    /// - Throws: `FloeError` of kind `.locked`: "locked by pid 123 on host since …".
    public static func acquire(_ path: String, patience: Double = 0) throws -> FileLock {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(patience)
        while true {
            do {
                return try FileLock(path)
            } catch let error as FloeError where error.kind == .locked && clock.now < deadline {
                try StopSignal.throwIfReceived()
                usleep(10_000)
            }
        }
    }

    private init(_ path: String) throws {
        let calls = FileSystem.calls
        self.calls = calls
        self.path = path
        while true {
            let descriptor = try attempt(path, "could not open the lock file") {
                () throws(SystemCallError) in
                try calls.open(path, flags: OpenFlags.locking, mode: 0o666)
            }
            do {
                if try Self.take(descriptor, path, calls) {
                    self.descriptor = descriptor
                    return
                }
                try? calls.close(descriptor)
            } catch {
                try? calls.close(descriptor)
                throw error
            }
        }
    }

    deinit { release() }

    /// Gives the lock back; harmless the second time.
    public func release() {
        let wasHeld = isHeld.withLock { held in
            defer { held = false }
            return held
        }
        guard wasHeld else { return }
        // Removed while still locked: whoever opened it meanwhile sees that it has gone. A file
        // that somebody put in its place is not ours to remove.
        if let named = try? calls.status(at: path, followingLinks: false),
            let own = try? calls.status(of: descriptor),
            named.inode == own.inode, named.device == own.device
        {
            try? calls.removeFile(path)
        }
        try? calls.close(descriptor)
    }

    /// Locks an opened lock file; false if its holder removed it in between.
    private static func take(
        _ descriptor: Int32, _ path: String, _ calls: any FileSystemCalls
    ) throws -> Bool {
        let status = try attempt(path, "could not read the lock file") {
            () throws(SystemCallError) in
            try calls.status(of: descriptor)
        }
        guard status.kind == .regularFile else {
            throw FloeError(
                .usage, file: path, "cannot be locked", expected: "a regular file",
                got: status.kind.words)
        }
        do {
            try calls.lock(descriptor)
        } catch {
            guard error.code == EWOULDBLOCK else {
                throw FloeError.systemCall(error.code, file: path, "could not lock")
            }
            throw heldByAnother(descriptor, path, calls)
        }
        guard let now = try? calls.status(at: path, followingLinks: false),
            now.inode == status.inode, now.device == status.device
        else { return false }
        try writeHolder(descriptor, path, calls)
        return true
    }

    private static func writeHolder(
        _ descriptor: Int32, _ path: String, _ calls: any FileSystemCalls
    ) throws {
        let holder = Holder(pid: getpid(), host: hostName(), since: Date().ISO8601Format())
        let text = try BoundedJSON.encode(holder)
        try attempt(path, "could not write the lock file") { () throws(SystemCallError) in
            try calls.truncate(descriptor, to: 0)
        }
        try text.withUnsafeBytes { bytes in
            try calls.writeAll(
                bytes, to: descriptor, at: 0, of: path, "could not write the lock file")
        }
    }

    private static func heldByAnother(
        _ descriptor: Int32, _ path: String, _ calls: any FileSystemCalls
    ) -> FloeError {
        var bytes = Data(count: 4096)
        let count = try? bytes.withUnsafeMutableBytes { buffer in
            try calls.read(descriptor, into: buffer, at: 0)
        }
        let text = bytes.prefix(count ?? 0)
        let who: String
        if let holder = try? BoundedJSON.decode(Holder.self, from: text, file: path, limit: 4096) {
            who = "pid \(holder.pid) on \(holder.host.shortened) since \(holder.since.shortened)"
        } else {
            // The holder has the lock and has not written its name yet.
            who = "another process"
        }
        return FloeError(
            .locked, file: path, "locked by \(who)", advice: "wait for it to end or stop it")
    }

    private static func hostName() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "unknown host" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private struct Holder: Codable {
        let pid: Int32
        let host: String
        let since: String
    }
}
