import Foundation
import TestSupport
import Testing

@testable import SegmentationData

@Suite struct PolygonFillTests {
    struct Fixture: Decodable {
        struct Case: Decodable {
            var rings: [[[Double]]]
            var rows: [String]
            /// Pixels in which pycocotools differs from GDAL.
            var coco: Int?
        }
        var height: Int
        var width: Int
        var cases: [Case]
    }

    private func mask(_ rings: [[[Double]]], _ height: Int, _ width: Int) -> [UInt8] {
        var mask = [UInt8](repeating: 0, count: height * width)
        let points = rings.map { ring in
            ring.map { PolygonFill.Point(x: $0[0], y: $0[1]) }[...]
        }
        PolygonFill.spans(rings: points, height: height, width: width) { span in
            for place in 0..<span.count { mask[span.first + place * span.stride] += 1 }
        }
        return mask
    }

    @Test func everyPixelIsThatOfGDAL() throws {
        let fixture = try Golden.load("polygons", as: Fixture.self)
        #expect(fixture.cases.count >= 16)
        for golden in fixture.cases {
            let expected: [UInt8] = golden.rows.joined().utf8.map { $0 - 48 }
            #expect(mask(golden.rings, fixture.height, fixture.width) == expected)
        }
    }

    @Test func pycocotoolsDiffersAtEdgesOnly() throws {
        let fixture = try Golden.load("polygons", as: Fixture.self)
        let inside = fixture.cases.reduce(0) { sum, golden in
            sum + golden.rows.joined().utf8.reduce(0) { $0 + Int($1 - 48) }
        }
        #expect(fixture.cases.reduce(0) { $0 + ($1.coco ?? 0) } * 50 < inside)
    }

    @Test func neighboursShareNoPixelAndLeaveNoneOut() {
        // Edges that run through centres of pixels.
        let cuts = [0.0, 2.5, 6.5, 7, 11]
        var sum = [UInt8](repeating: 0, count: 121)
        for (left, right) in zip(cuts, cuts.dropFirst()) {
            for (top, bottom) in zip(cuts, cuts.dropFirst()) {
                let box = [[left, top], [right, top], [right, bottom], [left, bottom]]
                for (pixel, count) in mask([box], 11, 11).enumerated() { sum[pixel] += count }
            }
        }
        #expect(sum.allSatisfy { $0 == 1 })
    }

    @Test func polygonsAreClippedToTheImage() {
        let far = PolygonFill.largestCoordinate
        let all = mask([[[-far, -far], [far, -far], [far, far], [-far, far]]], 4, 5)
        #expect(all.allSatisfy { $0 == 1 })
        #expect(mask([[[-9, -9], [-1, -9], [-1, -1]]], 4, 5).allSatisfy { $0 == 0 })
        #expect(mask([[[1, 1], [1, 1], [1, 1]]], 4, 5).allSatisfy { $0 == 0 })
        #expect(mask([[]], 4, 5).allSatisfy { $0 == 0 })
    }
}
