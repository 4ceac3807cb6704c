import DurableFiles
import Foundation
import Testing

@testable import SegmentationData

struct NumPyArchiveWriterTests {
    /// What `numpy.lib.format` and `zipfile` read back (numpy 2, Python 3.11): two members named
    /// `a.npy` and `training_set.npy`.
    @Test func theBytesAreThoseOfAStoredArchive() throws {
        try Fixtures.withFolder { folder in
            let path = "\(folder)/two.npz"
            try NumPyArchiveWriter.write(
                [
                    .init(name: "a", shape: [3], values: [1, 2, 3]),
                    .init(name: "training_set", shape: [1, 2, 2, 2], values: Array(0..<8)),
                ], to: path)
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            #expect(data.prefix(4) == Data([0x50, 0x4B, 3, 4]))
            // The first value stands at a multiple of 64 bytes within its member.
            let magic = Data([0x93] + Array("NUMPY".utf8) + [1, 0])
            let start = try #require(data.range(of: magic)).lowerBound
            #expect(data[start + 128 - 1] == UInt8(ascii: "\n"))
            #expect(Array(data[start + 128..<start + 131]) == [1, 2, 3])
            let text = String(decoding: data[start + 10..<start + 128], as: UTF8.self)
            #expect(
                text.hasPrefix("{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }"))
            // Each `.npy` on its own is what the reader of arrays takes.
            let member = Data(data[start..<start + 131])
            #expect(try NumPyFile.decode(member).shape == [3])
            #expect(data.suffix(22).prefix(4) == Data([0x50, 0x4B, 5, 6]))
        }
    }
}
