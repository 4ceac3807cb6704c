import Foundation

/// The CRC-32C of iSCSI, ext4 and TFRecord: polynomial 0x82F63B78, reflected (Castagnoli; RFC 3720,
/// appendix B.4).
public enum CRC32C {
    private static let table = ReflectedChecksum.table(of: 0x82F6_3B78)

    public static func of(_ data: Data) -> UInt32 {
        data.withUnsafeBytes { bytes in
            ~ReflectedChecksum.updated(0xFFFF_FFFF, by: bytes, table)
        }
    }
}
