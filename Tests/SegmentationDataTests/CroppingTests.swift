import Testing

@testable import SegmentationData

struct CroppingTests {
    @Test func reflectionIsNumPys() throws {
        for item in try Fixtures.golden().reflect {
            let image = Fixtures.image(
                bands: item.from[0], height: item.from[1], width: item.from[2])
            let padded = image.paddedByReflection(height: item.to[0], width: item.to[1])
            let expected = item.values.map { ($0 * 7).rounded() }
            #expect(padded.values == expected)
            let back = padded.cropped(rows: 0..<item.from[1], columns: 0..<item.from[2])
            #expect(back == image)
        }
    }

    @Test func cropsKeepMissingData() {
        var image = Fixtures.image(bands: 2, height: 5, width: 6)
        image.nodata = (0..<30).map { UInt8($0 % 2) }
        let part = image.cropped(rows: 2..<4, columns: 1..<4)
        #expect(part.nodata == [1, 0, 1, 1, 0, 1])
        #expect(part.values[0] == image.values[13] && part.values[6] == image.values[43])
    }
}
