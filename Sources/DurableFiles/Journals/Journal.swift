import Foundation
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

    private let file: Mutex<AppendedFile>

    /// Opens a journal for appending, or creates it.
    ///
    /// - Parameter limit: the largest file in bytes that is accepted.
    public init(_ path: String, limit: Int = 1 << 28) throws {
        let file = try AppendedFile(path, limit: limit, isShared: true) {
            JournalLines($0).validByteCount
        }
        self.path = path
        cutByteCount = file.cutByteCount
        self.file = Mutex(file)
    }

    /// Appends one object as a line; with `flushing`, it survives a power loss.
    ///
    /// If the line cannot be written whole, what was written of it is taken back.
    public func append(_ value: some Encodable, flushing: Bool = false) throws {
        let line = try JournalLines.line(of: value)
        try file.withLock { file in
            try file.append(line)
            if flushing { try file.flush() }
        }
    }

    /// Makes everything appended so far survive a power loss.
    public func flush() throws { try file.withLock { try $0.flush() } }

    /// Flushes and closes; appending afterwards is a programming error.
    public func close() throws { try file.withLock { try $0.close() } }

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
}
