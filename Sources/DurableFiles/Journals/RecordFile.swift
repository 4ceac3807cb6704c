import Foundation

/// A file of records that is only ever appended to, framed as TFRecord files are: the length (8 bytes,
/// little endian), its checksum, the data, its checksum.
///
/// The checksums are CRC-32C, rotated and shifted by a constant. A record is written by one call.
/// Opening cuts the file at the first record that is torn or damaged, or that the caller does not
/// want to keep. One process writes to a file at a time: the caller holds a lock.
public final class RecordFile {
    /// The file.
    public let path: String
    /// How many bytes at the end were no whole records and were cut at opening.
    public let damagedByteCount: Int

    private let calls: any FileSystemCalls
    private var descriptor: Int32?
    private var appends = WholeAppends()

    /// Bytes of a record besides its data.
    static let frameByteCount = 16

    /// Opens a file for appending, or creates it.
    ///
    /// - Parameters:
    ///   - limit: the largest file in bytes that is accepted.
    ///   - keep: called with the data of one whole record after the other, until it says no: that
    ///     one and all behind it are cut.
    public init(_ path: String, limit: Int = 1 << 28, keeping keep: (Data) -> Bool) throws {
        let calls = FileSystem.calls
        let parts = try PathParts(path)
        let isNew = (try? calls.status(at: path, followingLinks: false)) == nil
        let descriptor = try attempt(path, "could not open") { () throws(SystemCallError) in
            try calls.open(path, flags: OpenFlags.appending, mode: 0o666)
        }
        do {
            let existing = try DurableFile.read(path, limit: limit, followingLinks: false)
            let (kept, damaged) = Self.scan(existing, keep)
            damagedByteCount = damaged
            if kept < existing.count {
                try attempt(path, "could not cut the end") { () throws(SystemCallError) in
                    try calls.truncate(descriptor, to: kept)
                    try calls.flush(descriptor)
                }
            }
            if isNew { try calls.flushFolder(parts.folder) }
        } catch {
            try? calls.close(descriptor)
            throw error
        }
        self.path = path
        self.calls = calls
        self.descriptor = descriptor
    }

    deinit {
        if let descriptor { try? calls.close(descriptor) }
    }

    /// Appends one record; it survives the end of this process, and once flushed a power loss.
    ///
    /// If it cannot be written whole, what was written of it is taken back.
    public func append(_ data: Data) throws {
        guard let descriptor else { preconditionFailure("the file \(path) is closed") }
        try appends.append(Self.framed(data), to: descriptor, of: path, calls)
    }

    /// Flushes and closes; appending afterwards is a programming error.
    public func close() throws {
        guard let descriptor else { return }
        self.descriptor = nil
        do {
            try attempt(path, "could not flush") { () throws(SystemCallError) in
                try calls.flush(descriptor)
            }
        } catch {
            try? calls.close(descriptor)
            throw error
        }
        try attempt(path, "could not close") { () throws(SystemCallError) in
            try calls.close(descriptor)
        }
    }

    // MARK: Framing

    /// One record as it stands in the file.
    static func framed(_ data: Data) -> Data {
        let length = littleEndian(UInt64(data.count))
        var record = length
        record.reserveCapacity(data.count + frameByteCount)
        record += littleEndian(masked(CRC32C.of(length)))
        record += data
        record += littleEndian(masked(CRC32C.of(data)))
        return record
    }

    /// Where the last record ends that is whole and wanted, and how many bytes behind it are damaged.
    private static func scan(_ file: Data, _ keep: (Data) -> Bool) -> (kept: Int, damaged: Int) {
        var rest = file
        while !rest.isEmpty {
            guard let (data, count) = firstRecord(of: rest) else {
                return (file.count - rest.count, rest.count)
            }
            guard keep(data) else { break }
            rest = rest.dropFirst(count)
        }
        return (file.count - rest.count, 0)
    }

    /// The data of the record that begins here, and the record's length; nil if it is torn or damaged.
    private static func firstRecord(of bytes: Data) -> (data: Data, count: Int)? {
        guard bytes.count >= frameByteCount else { return nil }
        let head = bytes.prefix(8)
        guard number(bytes.dropFirst(8).prefix(4)) == UInt64(masked(CRC32C.of(head))),
            // Said as what is left, since the length may be any number.
            number(head) <= UInt64(bytes.count - frameByteCount)
        else { return nil }
        let count = Int(number(head))
        let data = bytes.dropFirst(12).prefix(count)
        guard number(bytes.dropFirst(12 + count).prefix(4)) == UInt64(masked(CRC32C.of(data)))
        else { return nil }
        return (Data(data), count + frameByteCount)
    }

    /// A checksum of bytes that hold their own checksum is always the same, hence the change.
    private static func masked(_ checksum: UInt32) -> UInt32 {
        (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
    }

    private static func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> Data {
        withUnsafeBytes(of: value.littleEndian) { Data($0) }
    }

    private static func number(_ bytes: Data) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
