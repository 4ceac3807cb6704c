import DurableFiles
import Foundation

/// Writes arrays of bytes as `numpy.savez` does: a zip archive, nothing compressed, of `.npy` files.
public enum NumPyArchiveWriter {
    /// One array of unsigned bytes, the last axis fastest.
    public struct Array: Sendable {
        public var name: String
        public var shape: [Int]
        public var values: [UInt8]

        public init(name: String, shape: [Int], values: [UInt8]) {
            precondition(
                values.count == shape.reduce(1, *), "\(values.count) values for \(shape)")
            self.name = name
            self.shape = shape
            self.values = values
        }
    }

    /// Writes an archive, the same arrays giving the same bytes.
    ///
    /// - Throws: `FloeError` of kind `usage` where the archive would need zip's 64-bit form (4 GiB).
    @discardableResult
    public static func write(_ arrays: [Array], to path: String) throws -> SHA256Digest {
        var archive = Data()
        var directory = Data()
        for array in arrays {
            var content = header(of: array)
            content.append(contentsOf: array.values)
            let offset = archive.count
            guard offset + content.count < Int(UInt32.max) - (1 << 16) else {
                throw FloeError(
                    .usage, file: path, "an archive that is too large", expected: "below 4 GiB")
            }
            let name = Data("\(array.name).npy".utf8)
            // Version 2.0, no flags, stored, 1 January 1980.
            var entry = Data()
            for value in [20, 0, 0, 0, 0x21] as [UInt16] { entry.append(littleEndian: value) }
            entry.append(littleEndian: CRC32.of(content))
            entry.append(littleEndian: UInt32(content.count))
            entry.append(littleEndian: UInt32(content.count))
            entry.append(littleEndian: UInt16(name.count))
            entry.append(littleEndian: UInt16(0))
            archive.append(littleEndian: UInt32(0x0403_4B50))
            archive.append(entry)
            archive.append(name)
            archive.append(content)
            directory.append(littleEndian: UInt32(0x0201_4B50))
            directory.append(littleEndian: UInt16(20))
            directory.append(entry)
            for value in [0, 0, 0] as [UInt16] { directory.append(littleEndian: value) }
            directory.append(littleEndian: UInt32(0))
            directory.append(littleEndian: UInt32(offset))
            directory.append(name)
        }
        let start = archive.count
        archive.append(directory)
        archive.append(littleEndian: UInt32(0x0605_4B50))
        for value in [0, 0, UInt16(arrays.count), UInt16(arrays.count)] as [UInt16] {
            archive.append(littleEndian: value)
        }
        archive.append(littleEndian: UInt32(directory.count))
        archive.append(littleEndian: UInt32(start))
        archive.append(littleEndian: UInt16(0))
        return try DurableFile.write(archive, to: path)
    }

    /// What stands before the values (format version 1.0): padded so that they begin at a multiple
    /// of 64 bytes.
    private static func header(of array: Array) -> Data {
        let shape = array.shape.map { "\($0)," }.joined(separator: " ")
        var text = "{'descr': '|u1', 'fortran_order': False, 'shape': (\(shape)), }"
        let length = (10 + text.utf8.count + 1 + 63) / 64 * 64 - 10
        text += String(repeating: " ", count: length - text.utf8.count - 1) + "\n"
        var header = Data([0x93] + Swift.Array("NUMPY".utf8) + [1, 0])
        header.append(littleEndian: UInt16(length))
        header.append(Data(text.utf8))
        return header
    }
}
