import DurableFiles
import Foundation
import TensorCore

/// Arrays as NumPy's `save` writes them (`.npy`, format versions 1 to 3).
public enum NumPyFile {
    /// Bytes of a file that are read at most.
    static let largestFile = 8 << 30
    private static let largestHeader = 1 << 16
    private static let largestRank = 8

    /// An array as float32.
    ///
    /// Floating point of 4 or 8 bytes and integers of 1, 2 or 4 are taken, in either byte order;
    /// rows must be contiguous.
    /// - Throws: `FloeError` of kind `badData` for anything else, and for a file that is shorter or
    ///   longer than its header says.
    public static func read(_ path: String) throws -> Tensor {
        let data = try DurableFile.read(path, limit: largestFile)
        do { return try decode(data) } catch let error as FloeError { throw error.naming(path) }
    }

    static func decode(_ data: Data) throws -> Tensor {
        let (header, start) = try header(of: data)
        let shape = try Self.shape(header)
        let kind = try ElementKind(header)
        let (bytes, overflow) = shape.count.multipliedReportingOverflow(by: kind.size)
        guard !overflow, data.count - start == bytes else {
            throw FloeError(
                .badData, "a NumPy array of another size",
                expected: "\(shape.count) values of \(kind.size) bytes",
                got: "\(data.count - start) bytes")
        }
        var result = Tensor(uninitialized: shape)
        data.withUnsafeBytes { source in
            let values = UnsafeRawBufferPointer(rebasing: source[start...])
            result.withUnsafeMutableElements { kind.convert(values, to: $0) }
        }
        return result
    }

    private static func header(of data: Data) throws -> (text: String, start: Int) {
        let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
        guard data.count >= 10, Array(data.prefix(6)) == magic, (1...3).contains(data[6]) else {
            throw FloeError(.badData, "not a NumPy array", expected: "a file that numpy.save wrote")
        }
        let lengthBytes = data[6] == 1 ? 2 : 4
        let start = 8 + lengthBytes
        guard data.count >= start else { throw damaged }
        let length = (0..<lengthBytes).reduce(0) { $0 | Int(data[8 + $1]) << (8 * $1) }
        guard length <= largestHeader, data.count >= start + length,
            let text = String(validating: data[start..<start + length], as: UTF8.self)
        else { throw damaged }
        return (text, start + length)
    }

    private static var damaged: FloeError { FloeError(.badData, "a damaged NumPy header") }

    /// The value of a key of the header, which is a Python dictionary of three entries.
    private static func value(_ key: String, _ header: String) throws -> Substring {
        guard let found = header.range(of: "'\(key)':") else { throw damaged }
        return header[found.upperBound...].drop { $0 == " " }
    }

    private static func shape(_ header: String) throws -> Shape {
        guard try value("fortran_order", header).hasPrefix("False") else {
            throw FloeError(
                .badData, "a NumPy array in Fortran order",
                advice: "save numpy.ascontiguousarray(array)")
        }
        let text = try value("shape", header)
        guard text.first == "(", let end = text.firstIndex(of: ")") else { throw damaged }
        let parts = text[text.index(after: text.startIndex)..<end].split(separator: ",")
        let extents = try parts.map { part in
            guard let extent = Int(part.trimmingCharacters(in: .whitespaces)), extent >= 0 else {
                throw damaged
            }
            return extent
        }
        var count = 1
        for extent in extents {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard !overflow, product <= largestFile else { throw damaged }
            count = product
        }
        guard extents.count <= largestRank else { throw damaged }
        return Shape(extents)
    }

    /// What one element is.
    private struct ElementKind {
        let size: Int
        private let letter: Character
        private let isBig: Bool

        init(_ header: String) throws {
            let text = try NumPyFile.value("descr", header)
            guard let quote = text.first, quote == "'",
                let end = text.dropFirst().firstIndex(of: "'")
            else {
                throw FloeError(.badData, "a NumPy array of records", expected: "numbers")
            }
            let code = text[text.index(after: text.startIndex)..<end]
            guard code.count == 3, let order = code.first, "<>|=".contains(order),
                let letter = code.dropFirst().first, let size = Int(code.dropFirst(2)),
                letter == "f" && (size == 4 || size == 8)
                    || (letter == "u" || letter == "i") && [1, 2, 4].contains(size)
            else {
                throw FloeError(
                    .badData, "a NumPy array of another type", expected: "float32",
                    got: "'\(code.prefix(12))'")
            }
            self.letter = letter
            self.size = size
            isBig = order == ">"
        }

        func convert(
            _ source: UnsafeRawBufferPointer, to target: UnsafeMutableBufferPointer<Float>
        ) {
            switch (letter, size) {
            case ("f", 4): each(source, target) { (bits: UInt32) in Float(bitPattern: bits) }
            case ("f", _):
                each(source, target) { (bits: UInt64) in Float(Double(bitPattern: bits)) }
            case ("u", 1): each(source, target) { (bits: UInt8) in Float(bits) }
            case ("u", 2): each(source, target) { (bits: UInt16) in Float(bits) }
            case ("u", _): each(source, target) { (bits: UInt32) in Float(bits) }
            case (_, 1): each(source, target) { (bits: UInt8) in Float(Int8(bitPattern: bits)) }
            case (_, 2): each(source, target) { (bits: UInt16) in Float(Int16(bitPattern: bits)) }
            default: each(source, target) { (bits: UInt32) in Float(Int32(bitPattern: bits)) }
            }
        }

        private func each<Bits: FixedWidthInteger>(
            _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableBufferPointer<Float>,
            _ value: (Bits) -> Float
        ) {
            for index in target.indices {
                let bits = source.loadUnaligned(
                    fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self)
                target[index] = value(isBig ? Bits(bigEndian: bits) : Bits(littleEndian: bits))
            }
        }
    }
}
