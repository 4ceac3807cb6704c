import Foundation

extension Data {
    /// Appends a number's bytes, the lowest first.
    package mutating func append(littleEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}

extension BidirectionalCollection<UInt8> {
    /// The number that the first eight bytes are, or all where they are fewer, the lowest first.
    package var littleEndianNumber: UInt64 {
        prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
