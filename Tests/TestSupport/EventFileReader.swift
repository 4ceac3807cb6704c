import Foundation

/// Reads TensorBoard's event files as event.proto and the TFRecord framing say, with nothing of what
/// writes them.
public enum EventFileReader {
    public struct Event {
        public var wallTime = 0.0
        public var step = 0
        public var version: String?
        public var scalars: [String: Float] = [:]
        public var images: [String: Image] = [:]
        public var tags: [String] = []
    }

    public struct Image: Equatable {
        public var height = 0
        public var width = 0
        public var colors = 0
        public var png: [UInt8] = []
    }

    struct Damaged: Error {
        let offset: Int
    }

    /// Every event of a file that must be whole to its last byte.
    public static func events(_ path: String) throws -> [Event] {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        var events: [Event] = []
        var offset = 0
        while offset < bytes.count {
            guard bytes.count - offset >= 16 else { throw Damaged(offset: offset) }
            let length = Int(number(bytes[offset..<offset + 8]))
            let data = offset + 12..<offset + 12 + length
            guard data.upperBound + 4 <= bytes.count,
                number(bytes[offset + 8..<offset + 12]) == masked(bytes[offset..<offset + 8]),
                number(bytes[data.upperBound..<data.upperBound + 4]) == masked(bytes[data])
            else { throw Damaged(offset: offset) }
            events.append(event(Array(bytes[data])))
            offset = data.upperBound + 4
        }
        return events
    }

    /// The points of one curve in the order of the file.
    public static func curve(_ tag: String, _ events: [Event]) -> [(step: Int, value: Float)] {
        events.compactMap { event in event.scalars[tag].map { (event.step, $0) } }
    }

    private static func event(_ bytes: [UInt8]) -> Event {
        var event = Event()
        for (field, value, part) in fields(bytes) {
            switch field {
            case 1: event.wallTime = Double(bitPattern: value)
            case 2: event.step = Int(value)
            case 3: event.version = String(decoding: part, as: UTF8.self)
            case 5: for (_, _, inner) in fields(part) { add(inner, to: &event) }
            default: break
            }
        }
        return event
    }

    private static func add(_ bytes: [UInt8], to event: inout Event) {
        var tag = ""
        var scalar: Float?
        var image: Image?
        for (field, value, part) in fields(bytes) {
            switch field {
            case 1: tag = String(decoding: part, as: UTF8.self)
            case 2: scalar = Float(bitPattern: UInt32(value))
            case 4:
                var found = Image()
                for (field, value, part) in fields(part) {
                    switch field {
                    case 1: found.height = Int(value)
                    case 2: found.width = Int(value)
                    case 3: found.colors = Int(value)
                    default: found.png = part
                    }
                }
                image = found
            default: break
            }
        }
        event.tags.append(tag)
        event.scalars[tag] = scalar
        event.images[tag] = image
    }

    private static func fields(
        _ bytes: [UInt8]
    ) -> [(field: Int, value: UInt64, part: [UInt8])] {
        var result: [(Int, UInt64, [UInt8])] = []
        var place = 0
        func varint() -> UInt64 {
            var (value, shift): (UInt64, UInt64) = (0, 0)
            while true {
                let byte = bytes[place]
                place += 1
                value += UInt64(byte & 127) << shift
                shift += 7
                if byte < 128 { return value }
            }
        }
        while place < bytes.count {
            let key = varint()
            let field = Int(key / 8)
            switch key % 8 {
            case 0: result.append((field, varint(), []))
            case 2:
                let count = Int(varint())
                result.append((field, 0, Array(bytes[place..<place + count])))
                place += count
            case let type:
                let count = type == 1 ? 8 : 4
                result.append((field, number(bytes[place..<place + count]), []))
                place += count
            }
        }
        return result
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 * 256 + UInt64($1) }
    }

    /// Bit by bit, as RFC 3720 defines it; rotated as TFRecord wants it.
    private static func masked(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        var register: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            register ^= UInt32(byte)
            for _ in 0..<8 {
                register = register & 1 == 1 ? register >> 1 ^ 0x82F6_3B78 : register >> 1
            }
        }
        let checksum = ~register
        return UInt64((checksum >> 15 | checksum << 17) &+ 0xA282_EAD8)
    }
}
