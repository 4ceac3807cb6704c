import Foundation
import Glibc
import Synchronization

/// A file of JSON objects, one a line, that is only ever appended to.
///
/// Each line ends in the field `crc`: eight hexadecimal digits, the CRC-32 (zlib's) of the same
/// line without that field. A line is written by one call. Opening cuts the file at the first
/// line that is torn or damaged: after a power loss nothing behind it can be trusted.
public final class Journal: Sendable {
    /// The journal's file.
    public let path: String
    /// How many bytes were cut at opening; 0 after a clean end.
    public let cutByteCount: Int

    private let calls: any FileSystemCalls
    private let state: Mutex<State>

    private struct State {
        var descriptor: Int32?
        var length: Int
        /// Whether part of a line may stand behind `length`.
        var isTorn = false
    }

    /// Opens a journal for appending, or creates it.
    ///
    /// - Parameter limit: the largest file in bytes that is accepted.
    public init(_ path: String, limit: Int = 1 << 28) throws {
        let calls = FileSystem.calls
        let parts = try PathParts(path)
        let existing: Data?
        do {
            existing = try DurableFile.read(path, limit: limit, followingLinks: false)
        } catch let error as FloeError where error.kind == .notFound {
            existing = nil
        }
        let valid = existing.map { JournalLines($0).validByteCount } ?? 0
        let descriptor = try attempt(path, "could not open") { () throws(SystemCallError) in
            try calls.open(path, flags: OpenFlags.appending, mode: 0o666)
        }
        do {
            if valid < existing?.count ?? 0 {
                try attempt(path, "could not cut the torn end") { () throws(SystemCallError) in
                    try calls.truncate(descriptor, to: valid)
                    try calls.flush(descriptor)
                }
            }
            if existing == nil { try calls.flushFolder(parts.folder) }
        } catch {
            try? calls.close(descriptor)
            throw error
        }
        self.path = path
        self.calls = calls
        cutByteCount = (existing?.count ?? 0) - valid
        state = Mutex(State(descriptor: descriptor, length: valid))
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
            if state.isTorn {
                try attempt(path, "could not take back a torn line") {
                    () throws(SystemCallError) in
                    try calls.truncate(descriptor, to: state.length)
                }
            }
            state.isTorn = true
            do {
                try line.withUnsafeBytes { bytes in
                    try calls.writeAll(
                        bytes, to: descriptor, at: nil, of: path, "could not append")
                }
            } catch {
                state.isTorn = (try? calls.truncate(descriptor, to: state.length)) == nil
                throw error
            }
            state.isTorn = false
            state.length += line.count
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
