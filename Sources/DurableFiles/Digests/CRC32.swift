import Foundation

/// The CRC-32 of zlib, PNG and gzip: polynomial 0xEDB88320, reflected (ISO 3309).
public struct CRC32: Sendable {
    private static let table = ReflectedChecksum.table(of: 0xEDB8_8320)

    private var register: UInt32 = 0xFFFF_FFFF

    public init() {}

    /// The checksum of everything so far.
    public var value: UInt32 { ~register }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        register = ReflectedChecksum.updated(register, by: bytes, Self.table)
    }

    public static func of(_ data: Data) -> UInt32 {
        data.withUnsafeBytes { of($0) }
    }

    public static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var checksum = CRC32()
        checksum.update(bytes)
        return checksum.value
    }
}
