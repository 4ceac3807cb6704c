import Foundation
import Testing

@testable import DurableFiles

@Suite struct CRC32Tests {
    /// Values of Python's `zlib.crc32`; the first is the check value of the algorithm's catalogue.
    @Test func knownValues() {
        #expect(CRC32.of(bytes("123456789")) == 0xCBF4_3926)
        #expect(CRC32.of(Data()) == 0)
        #expect(CRC32.of(Data(0...255)) == 0x2905_8C73)
        #expect(CRC32.of(Data(repeating: 0x61, count: 1_000_000)) == 0xDC25_BFBC)
    }

    @Test func piecesDoNotMatter() {
        let content = noise(500)
        var checksum = CRC32()
        for start in stride(from: 0, to: 500, by: 37) {
            content.dropFirst(start).prefix(37).withUnsafeBytes { checksum.update($0) }
        }
        #expect(checksum.value == CRC32.of(content))
    }
}
