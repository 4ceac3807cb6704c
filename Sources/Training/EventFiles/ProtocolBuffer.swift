import DurableFiles
import Foundation

/// Writes the fields of one message of Google's protocol buffers, in the order of the calls.
struct ProtocolBufferWriter {
    private(set) var data = Data()

    mutating func varint(_ field: Int, _ value: UInt64) {
        key(field, .varint)
        append(varint: value)
    }

    mutating func double(_ field: Int, _ value: Double) {
        key(field, .fixed64)
        data.append(littleEndian: value.bitPattern)
    }

    mutating func float(_ field: Int, _ value: Float) {
        key(field, .fixed32)
        data.append(littleEndian: value.bitPattern)
    }

    mutating func bytes(_ field: Int, _ value: Data) {
        key(field, .bytes)
        append(varint: UInt64(value.count))
        data.append(value)
    }

    mutating func text(_ field: Int, _ value: String) { bytes(field, Data(value.utf8)) }

    mutating func message(_ field: Int, _ write: (inout ProtocolBufferWriter) -> Void) {
        var inner = ProtocolBufferWriter()
        write(&inner)
        bytes(field, inner.data)
    }

    private mutating func key(_ field: Int, _ type: ProtocolBufferWireType) {
        append(varint: UInt64(field) << 3 | type.rawValue)
    }

    private mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            data.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        data.append(UInt8(rest))
    }
}

/// How a field's value stands in the bytes.
enum ProtocolBufferWireType: UInt64 {
    case varint = 0
    case fixed64 = 1
    case bytes = 2
    case fixed32 = 5
}

/// Reads the fields of one message, as they come.
struct ProtocolBufferReader {
    enum Value: Hashable {
        case varint(UInt64)
        case fixed64(UInt64)
        case bytes(Data)
        case fixed32(UInt32)
    }

    private var rest: Data

    /// The fields of a message in their order; nil where the bytes are none.
    static func fields(of data: Data) -> [(number: UInt64, value: Value)]? {
        var reader = ProtocolBufferReader(rest: data)
        var fields: [(UInt64, Value)] = []
        while !reader.rest.isEmpty {
            guard let key = reader.varint(), let type = ProtocolBufferWireType(rawValue: key & 7),
                let value = reader.value(type)
            else { return nil }
            fields.append((key >> 3, value))
        }
        return fields
    }

    private mutating func value(_ type: ProtocolBufferWireType) -> Value? {
        switch type {
        case .varint: varint().map { .varint($0) }
        case .fixed64: take(8).map { .fixed64($0.littleEndianNumber) }
        case .fixed32: take(4).map { .fixed32(UInt32($0.littleEndianNumber)) }
        case .bytes:
            varint().flatMap { Int(exactly: $0) }.flatMap { take($0) }.map { .bytes($0) }
        }
    }

    private mutating func varint() -> UInt64? {
        var result: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            result |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return result }
        }
        return nil
    }

    private mutating func take(_ count: Int) -> Data? {
        guard count <= rest.count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return Data(rest.prefix(count))
    }
}
