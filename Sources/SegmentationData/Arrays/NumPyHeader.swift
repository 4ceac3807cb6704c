import DurableFiles
import Foundation

/// The beginning of a `.npy` array: what its elements are and how many along each axis.
struct NumPyHeader: Sendable, Hashable {
    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    /// No header takes more bytes.
    static let largestHeader = (1 << 16) + 12
    private static let largestRank = 8

    let shape: [Int]
    let element: NumPyElement
    /// Where the elements begin.
    let start: Int

    /// The product of the extents.
    var count: Int { shape.reduce(1, *) }
    /// Bytes of all elements.
    var byteCount: Int { count * element.size }

    /// Reads the header from the first bytes of an array.
    ///
    /// - Parameter limit: the most bytes that the elements may take.
    /// - Throws: `FloeError` of kind `.badData`, without a file, for a damaged header, Fortran order,
    ///   objects and records.
    init(_ bytes: some RandomAccessCollection<UInt8>, limit: Int) throws {
        let prefix = Array(bytes.prefix(Self.largestHeader))
        guard prefix.count >= 10, prefix.starts(with: Self.magic), (1...3).contains(prefix[6])
        else {
            throw FloeError(.badData, "not a NumPy array", expected: "a file that numpy.save wrote")
        }
        let lengthBytes = prefix[6] == 1 ? 2 : 4
        let begin = 8 + lengthBytes
        guard prefix.count >= begin else { throw Self.damaged }
        let length = (0..<lengthBytes).reduce(0) { $0 | Int(prefix[8 + $1]) << (8 * $1) }
        guard length <= Self.largestHeader, prefix.count >= begin + length,
            let text = String(validating: prefix[begin..<begin + length], as: UTF8.self)
        else { throw Self.damaged }
        start = begin + length
        shape = try Self.shape(text)
        element = try Self.element(text)
        var bytes = element.size
        for extent in shape {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
            guard !overflow, product <= limit else {
                throw FloeError(
                    .badData, "a NumPy array that is too large", expected: "at most \(limit) bytes",
                    got: "the shape \(shape)")
            }
            bytes = product
        }
    }

    private static var damaged: FloeError { FloeError(.badData, "a damaged NumPy header") }

    /// The value of a key of the header, which is a Python dictionary of three entries.
    private static func value(_ key: String, _ header: String) throws -> Substring {
        guard let found = header.range(of: "'\(key)':") else { throw damaged }
        return header[found.upperBound...].drop { $0 == " " }
    }

    private static func element(_ header: String) throws -> NumPyElement {
        let text = try value("descr", header)
        guard text.first == "'", let end = text.dropFirst().firstIndex(of: "'") else {
            throw FloeError(.badData, "a NumPy array of records", expected: "numbers")
        }
        return try NumPyElement(code: text[text.index(after: text.startIndex)..<end])
    }

    private static func shape(_ header: String) throws -> [Int] {
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
        guard extents.count <= largestRank else { throw damaged }
        return extents
    }
}
