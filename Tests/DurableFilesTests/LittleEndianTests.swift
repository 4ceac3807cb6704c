import Foundation
import Testing

@testable import DurableFiles

@Suite struct LittleEndianTests {
    @Test func theLowestByteIsTheFirst() {
        var data = Data([9])
        data.append(littleEndian: UInt32(0x0102_0304))
        data.append(littleEndian: Int16(-2))
        #expect(data == Data([9, 4, 3, 2, 1, 0xFE, 0xFF]))
        #expect(data.dropFirst().prefix(4).littleEndianNumber == 0x0102_0304)
    }

    @Test(arguments: [0, 1, 0x80, UInt64(UInt32.max) + 1, .max])
    func numbersComeBack(_ number: UInt64) {
        var data = Data()
        data.append(littleEndian: number)
        #expect(data.littleEndianNumber == number)
        #expect(([UInt8](data) + [7])[...].littleEndianNumber == number)
    }

    @Test func noByteIsZero() { #expect([UInt8]().littleEndianNumber == 0) }
}
