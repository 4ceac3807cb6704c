import DurableFiles
import Foundation
import Testing

@testable import SegmentationData

struct TIFFWriterTests {
    @Test(arguments: [true, false], [true, false])
    func floatsRoundTripInAnyBlocks(separate: Bool, compressed: Bool) throws {
        try Fixtures.withFolder { folder in
            let image = Fixtures.image(bands: 5, modulus: 1000, height: 300, width: 130)
            let layout = TIFFWriter.Layout(
                height: 300, width: 130, bands: 5, sampleType: .float32, separatePlanes: separate,
                compressed: compressed, nodata: -9999)
            var digests: [SHA256Digest] = []
            for blocks in [[300], [1, 99, 200], [127, 127, 46]] {
                let path = "\(folder)/\(blocks.count).tiff"
                let digest = try TIFFWriter.write(to: path, layout: layout) { writer in
                    var row = 0
                    for count in blocks {
                        try writer.writeRows(
                            image.cropped(rows: row..<(row + count), columns: 0..<130).values)
                        row += count
                    }
                }
                digests.append(digest)
                #expect(try ImageReader.readBands(path: path) == image)
                #expect(try ImageReader.probe(path: path).nodata == -9999)
            }
            #expect(Set(digests).count == 1)
        }
    }

    @Test(arguments: [1, 2, 3, 4])
    func bytesRoundTrip(bands: Int) throws {
        try Fixtures.withFolder { folder in
            let image = Fixtures.image(bands: bands, modulus: 256)
            let path = "\(folder)/a.tiff"
            let layout = TIFFWriter.Layout(
                height: 13, width: 17, bands: bands, sampleType: .unsigned8,
                separatePlanes: false)
            try TIFFWriter.write(to: path, layout: layout) {
                try $0.writeRows(image.values.map { UInt8($0) })
            }
            #expect(try ImageReader.readBands(path: path) == image)
        }
    }

    @Test func sixteenBitsRoundTrip() throws {
        try Fixtures.withFolder { folder in
            let image = Fixtures.image(bands: 2, modulus: 65536)
            let path = "\(folder)/a.tiff"
            let layout = TIFFWriter.Layout(
                height: 13, width: 17, bands: 2, sampleType: .unsigned16)
            try TIFFWriter.write(to: path, layout: layout) {
                try $0.writeRows(image.values.map { UInt16($0) })
            }
            #expect(try ImageReader.readBands(path: path) == image)
        }
    }

    @Test func bigFilesAreBigTIFF() {
        let small = TIFFWriter.Layout(
            height: 10_000, width: 10_000, bands: 10, sampleType: .float32)
        let large = TIFFWriter.Layout(
            height: 10_000, width: 10_000, bands: 11, sampleType: .float32)
        #expect(!small.isBig && large.isBig)
    }

    @Test func aFailureLeavesNothingBehind() throws {
        struct Stop: Error {}
        try Fixtures.withFolder { folder in
            let layout = TIFFWriter.Layout(
                height: 13, width: 17, bands: 1, sampleType: .unsigned8)
            #expect(throws: Stop.self) {
                try TIFFWriter.write(to: "\(folder)/a.tiff", layout: layout) { writer in
                    try writer.writeRows([UInt8](repeating: 1, count: 17))
                    throw Stop()
                }
            }
            let left = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(left.isEmpty)
        }
    }
}
