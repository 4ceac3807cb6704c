import Foundation
import Testing

@testable import DurableFiles

@Suite struct CRC32CTests {
    /// RFC 3720, appendix B.4; the last is the check value of the algorithm's catalogue.
    @Test func knownValues() {
        #expect(CRC32C.of(Data(repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.of(Data(repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(CRC32C.of(Data(0..<32)) == 0x46DD_794E)
        #expect(CRC32C.of(Data((0..<32).reversed())) == 0x113F_DB5C)
        #expect(CRC32C.of(Data()) == 0)
        #expect(CRC32C.of(bytes("123456789")) == 0xE306_9283)
    }
}
