import DurableFiles
import Foundation
import TensorCore
import Testing

@testable import SegmentationData

struct ImageWriterTests {
    let bytes = Fixtures.pattern(bands: 1, modulus: 256).map { UInt8($0) }

    @Test func greyRoundTripsToTheSameBytes() throws {
        try Fixtures.withFolder { folder in
            let first = try ImageWriter.writeGrey(
                bytes, height: 13, width: 17, to: "\(folder)/a.png")
            let second = try ImageWriter.writeGrey(
                bytes, height: 13, width: 17, to: "\(folder)/b.png")
            #expect(first == second)
            #expect(
                try ImageReader.readBands(path: "\(folder)/a.png")
                    == Fixtures.image(bands: 1, modulus: 256))
        }
    }

    @Test func rgbRoundTrips() throws {
        try Fixtures.withFolder { folder in
            let planar = Fixtures.image(bands: 3, modulus: 256)
            var mixed: [UInt8] = []
            for pixel in 0..<221 {
                for band in 0..<3 { mixed.append(UInt8(planar.values[band * 221 + pixel])) }
            }
            let path = "\(folder)/a.png"
            let picture = Picture(height: 13, width: 17, values: mixed)
            try ImageWriter.writeRGB(picture, to: path)
            #expect(try ImageReader.readBands(path: path) == planar)
            let written = try Data(contentsOf: URL(fileURLWithPath: path))
            #expect(try ImageWriter.png(of: picture) == written)
        }
    }

    @Test func indexesKeepTheirValuesAndColours() throws {
        try Fixtures.withFolder { folder in
            let path = "\(folder)/a.png"
            var map = LabelMap(height: 2, width: 3, labels: [0, 1, 2, 0, 1, 255])
            let colors = (0..<3).map { ClassColor.standard($0) }
            try ImageWriter.writeIndexes(map, colors: colors, to: path)
            #expect(try ImageReader.readMask(path: path).values == [0, 1, 2, 0, 1, 255])
            let image = try ImageReader.readBands(path: path)
            #expect(image.values[1] == Float(colors[1].red))
            #expect(image.values[5] == 0)
            map.labels[5] = 0
            try ImageWriter.writeIndexes(map, colors: colors, to: path)
            #expect(try ImageReader.readMask(path: path).values == [0, 1, 2, 0, 1, 0])
        }
    }

    @Test func aFolderThatIsMissingIsAnError() throws {
        let error = Fixtures.error {
            try ImageWriter.writeGrey(bytes, height: 13, width: 17, to: "/nowhere/a.png")
        }
        #expect(error?.kind == .notFound)
    }
}
