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

    private let file: AppendedFile

    /// Bytes of a record besides its data.
    static let frameByteCount = 16

    /// Opens a file for appending, or creates it.
    ///
    /// - Parameters:
    ///   - limit: the largest file in bytes that is accepted.
    ///   - keep: called with the data of one whole record after the other, until it says no: that
    ///     one and all behind it are cut.
    public init(_ path: String, limit: Int = 1 << 28, keeping keep: (Data) -> Bool) throws {
        var damaged = 0
        file = try AppendedFile(path, limit: limit, isShared: false) { existing in
            let found = Self.scan(existing, keep)
            damaged = found.damaged
            return found.kept
        }
        self.path = path
        damagedByteCount = damaged
    }

    /// Appends one record; it survives the end of this process, and once flushed a power loss.
    ///
    /// If it cannot be written whole, what was written of it is taken back.
    public func append(_ data: Data) throws { try file.append(Self.framed(data)) }

    /// Flushes and closes; appending afterwards is a programming error.
    public func close() throws { try file.close() }

    // MARK: Framing

    /// One record as it stands in the file.
    static func framed(_ data: Data) -> Data {
        var record = Data(capacity: data.count + frameByteCount)
        record.append(littleEndian: UInt64(data.count))
        record.append(littleEndian: masked(CRC32C.of(record)))
        record += data
        record.append(littleEndian: masked(CRC32C.of(data)))
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
        func checksum(at place: Int) -> UInt64 {
            bytes.dropFirst(place).prefix(4).littleEndianNumber
        }
        let head = bytes.prefix(8)
        let length = head.littleEndianNumber
        guard checksum(at: 8) == UInt64(masked(CRC32C.of(head))),
            // Said as what is left, since the length may be any number.
            length <= UInt64(bytes.count - frameByteCount)
        else { return nil }
        let count = Int(length)
        let data = bytes.dropFirst(12).prefix(count)
        guard checksum(at: 12 + count) == UInt64(masked(CRC32C.of(data))) else { return nil }
        return (Data(data), count + frameByteCount)
    }

    /// A checksum of bytes that hold their own checksum is always the same, hence the change.
    private static func masked(_ checksum: UInt32) -> UInt32 {
        (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
    }
}
