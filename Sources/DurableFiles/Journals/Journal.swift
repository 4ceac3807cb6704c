import Foundation
import Glibc
import Synchronization

/// A file of JSON objects, one a line, that is only ever appended to.
///
/// Each line ends in the field `crc`: eight hexadecimal digits, the CRC-32 (zlib's) of the same
/// line without that field. A line is written by one call. Opening cuts the file at the first
/// line that is torn or damaged: after a power loss nothing behind it can be trusted.
///
/// Several processes may append to one journal: each cuts and writes under the file's own lock.
public final class Journal: Sendable {
    /// The journal's file.
    public let path: String
    /// How many bytes were cut at opening; 0 after a clean end.
    public let cutByteCount: Int

    private let calls: any FileSystemCalls
    private let state: Mutex<State>

    private struct State {
        var descriptor: Int32?
        var appends = WholeAppends()
    }

    /// Opens a journal for appending, or creates it.
    ///
    /// - Parameter limit: the largest file in bytes that is accepted.
    public init(_ path: String, limit: Int = 1 << 28) throws {
        let calls = FileSystem.calls
        let parts = try PathParts(path)
        let isNew = (try? calls.status(at: path, followingLinks: false)) == nil
        let descriptor = try attempt(path, "could not open") { () throws(SystemCallError) in
            try calls.open(path, flags: OpenFlags.appending, mode: 0o666)
        }
        do {
            cutByteCount = try calls.locked(descriptor, of: path) {
                // Read under the lock: what another process is just writing is not torn.
                let existing = try DurableFile.read(path, limit: limit, followingLinks: false)
                let valid = JournalLines(existing).validByteCount
                guard valid < existing.count else { return 0 }
                try attempt(path, "could not cut the torn end") { () throws(SystemCallError) in
                    try calls.truncate(descriptor, to: valid)
                    try calls.flush(descriptor)
                }
                return existing.count - valid
            }
            if isNew { try calls.flushFolder(parts.folder) }
        } catch {
            try? calls.close(descriptor)
            throw error
        }
        self.path = path
        self.calls = calls
        state = Mutex(State(descriptor: descriptor))
    }

    deinit {
        state.withLock { state in
            if let descriptor = state.descriptor { try? calls.close(descriptor) }
        }
    }

    /// Appends one object as a line; with `flushing`, it survives a power loss.
    ///
    /// If the line cannot be written whole, what was written of it is taken back.
    public func append(_ value: some Encodable, flushing: Bool = false) throws {
        let line = try JournalLines.line(of: value)
        try state.withLock { state in
            guard let descriptor = state.descriptor else {
                preconditionFailure("the journal \(path) is closed")
            }
            try calls.locked(descriptor, of: path) {
                try state.appends.append(line, to: descriptor, of: path, calls)
            }
            if flushing { try flush(descriptor) }
        }
    }

    /// Makes everything appended so far survive a power loss.
    public func flush() throws {
        try state.withLock { state in
            if let descriptor = state.descriptor { try flush(descriptor) }
        }
    }

    /// Flushes and closes; appending afterwards is a programming error.
    public func close() throws {
        try state.withLock { state in
            guard let descriptor = state.descriptor else { return }
            state.descriptor = nil
            do {
                try flush(descriptor)
            } catch {
                try? calls.close(descriptor)
                throw error
            }
            try attempt(path, "could not close") { () throws(SystemCallError) in
                try calls.close(descriptor)
            }
        }
    }

    /// The objects of a journal's valid lines, decoded; it may be open in this or another process.
    public static func entries<Entry: Decodable>(
        of type: Entry.Type, at path: String, limit: Int = 1 << 28
    ) throws -> [Entry] {
        try lines(at: path, limit: limit).map { line in
            try BoundedJSON.decode(type, from: line, file: path, limit: JournalLines.longestLine)
        }
    }

    /// The valid lines of a journal, each a JSON object without its field `crc`.
    public static func lines(at path: String, limit: Int = 1 << 28) throws -> [Data] {
        JournalLines(try DurableFile.read(path, limit: limit)).objects
    }

    private func flush(_ descriptor: Int32) throws(FloeError) {
        try attempt(path, "could not flush") { () throws(SystemCallError) in
            try calls.flush(descriptor)
        }
    }
}

extension FileSystemCalls {
    /// Runs `body` while no other process writes to the file.
    fileprivate func locked<Result>(
        _ descriptor: Int32, of path: String, _ body: () throws -> Result
    ) throws -> Result {
        try attempt(path, "could not lock") { () throws(SystemCallError) in
            try lockWaiting(descriptor)
        }
        defer { try? unlock(descriptor) }
        return try body()
    }
}
