import DurableFiles
import Foundation
import TensorCore
import Testing

@testable import SegmentationData

@Suite struct NumPyFileTests {
    private static func file(
        _ header: String, _ body: [UInt8], version: UInt8 = 1
    ) -> Data {
        let text = header + "\n"
        var data = Data([0x93] + Array("NUMPY".utf8) + [version, 0])
        data += (0..<(version == 1 ? 2 : 4)).map { UInt8(text.utf8.count >> (8 * $0) & 255) }
        return data + Data(text.utf8) + Data(body)
    }

    private static func header(_ type: String, _ shape: String, order: String = "False") -> String {
        "{'descr': '\(type)', 'fortran_order': \(order), 'shape': \(shape), }"
    }

    @Test(
        arguments: [
            ("<f4", [0, 0, 192, 63, 0, 0, 0, 192], [1.5, -2]),
            (">f4", [63, 192, 0, 0, 192, 0, 0, 0], [1.5, -2]),
            ("<f8", [0, 0, 0, 0, 0, 0, 248, 63, 0, 0, 0, 0, 0, 0, 0, 192], [1.5, -2]),
            ("|u1", [7, 255], [7, 255]), ("|i1", [7, 255], [7, -1]),
            ("<u2", [1, 2, 255, 255], [513, 65535]), (">i2", [255, 254, 0, 3], [-2, 3]),
            ("<i4", [255, 255, 255, 255, 1, 0, 0, 0], [-1, 1]),
            ("<u4", [0, 0, 1, 0, 2, 0, 0, 0], [65536, 2]),
            ("<f2", [0, 62, 0, 192], [1.5, -2]), ("|b1", [0, 2], [0, 1]),
            ("<i8", [254, 255, 255, 255, 255, 255, 255, 255, 3, 0, 0, 0, 0, 0, 0, 0], [-2, 3]),
            (">u8", [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 9], [256, 9]),
        ] as [(String, [UInt8], [Float])])
    func everyTypeIsRead(_ type: String, _ bytes: [UInt8], _ values: [Float]) throws {
        for version in [1, 2, 3] as [UInt8] {
            let data = Self.file(Self.header(type, "(1, 2)"), bytes, version: version)
            let tensor = try NumPyFile.decode(data)
            #expect(tensor.shape == [1, 2])
            #expect(tensor.values == values)
        }
    }

    @Test func shapesAreThoseOfPython() throws {
        let one = try NumPyFile.decode(Self.file(Self.header("|u1", "(3,)"), [1, 2, 3]))
        #expect(one.shape == [3])
        let none = try NumPyFile.decode(Self.file(Self.header("|u1", "(2, 0)"), []))
        #expect(none.shape == [2, 0])
    }

    @Test(arguments: [
        Data(), Data("numpy".utf8), file(header("<f4", "(2,)"), [0, 0, 0, 0]),
        file(header("<f4", "(1,)"), [0, 0, 0, 0, 0]), file(header("<f3", "(1,)"), [0, 0, 0]),
        file(header("<f4", "(1,)", order: "True"), [0, 0, 0, 0]), file(header("|O", "(1,)"), [0]),
        file(header("<f4", "(9223372036854775807, 4)"), []), file(header("<f4", "(-1,)"), []),
        file(header("<f4", "(1, 1, 1, 1, 1, 1, 1, 1, 1)"), [0, 0, 0, 0]), file("{}", []),
        file("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", [0, 0, 0, 0]),
        file(header("<f4", "(1,)"), [0, 0, 0, 0]).prefix(20),
        file(header("<f4", "1"), [0, 0, 0, 0]),
        file(header("<f4", "(1,)"), [0, 0, 0, 0], version: 9),
    ])
    func anythingElseIsRefused(_ data: Data) {
        #expect(throws: FloeError.self) { _ = try NumPyFile.decode(Data(data)) }
    }
}
