import DurableFiles
import Foundation
import TensorCore

/// Arrays as NumPy's `save` writes them (`.npy`, format versions 1 to 3).
public enum NumPyFile {
    /// Bytes of a file that are read at most.
    static let largestFile = 8 << 30

    /// An array as float32.
    ///
    /// Floating point of 2, 4 or 8 bytes, integers of 1 to 8 and truth values are taken, in either
    /// byte order; rows must be contiguous.
    /// - Throws: `FloeError` of kind `badData` for anything else, and for a file that is shorter or
    ///   longer than its header says.
    public static func read(_ path: String) throws -> Tensor {
        let data = try DurableFile.read(path, limit: largestFile)
        do { return try decode(data) } catch let error as FloeError { throw error.naming(path) }
    }

    static func decode(_ data: Data) throws -> Tensor {
        let header = try NumPyHeader(data, limit: largestFile)
        guard data.count - header.start == header.byteCount else {
            throw FloeError(
                .badData, "a NumPy array of another size",
                expected: "\(header.count) values of \(header.element.size) bytes",
                got: "\(data.count - header.start) bytes")
        }
        // Elements of one byte take four times as much in memory as in the file.
        guard header.count <= largestFile / MemoryLayout<Float>.size else {
            throw FloeError(
                .badData, "a NumPy array that is too large",
                expected: "at most \(largestFile / MemoryLayout<Float>.size) values",
                got: "the shape \(header.shape)")
        }
        var result = Tensor(uninitialized: Shape(header.shape))
        data.withUnsafeBytes { source in
            let values = UnsafeRawBufferPointer(rebasing: source[header.start...])
            result.withUnsafeMutableElements { header.element.convert(values, to: $0) }
        }
        return result
    }
}
