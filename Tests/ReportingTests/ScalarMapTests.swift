import SegmentationData
import Testing

@testable import Reporting

@Suite struct ScalarMapTests {
    @Test func theEndsAreThoseOfCividis() {
        #expect(ScalarMap.color(0).description == "#00224e")
        #expect(ScalarMap.color(0.5).description == "#7c7b78")
        #expect(ScalarMap.color(1).description == "#fee838")
        #expect(ScalarMap.color(-3) == ScalarMap.color(0))
        #expect(ScalarMap.color(.nan) == ScalarMap.color(0))
        #expect(ScalarMap.color(7) == ScalarMap.color(1))
    }

    @Test func moreIsLighter() {
        let lightness = (0...200).map { ScalarMap.color(Double($0) / 200).luminance }
        #expect(zip(lightness.dropFirst(), lightness).allSatisfy { $0 > $1 - 0.001 })
        #expect(lightness[200] > lightness[0] + 0.7)
    }

    @Test func picturesTakeTheirRange() {
        let picture = ScalarMap.picture(
            of: [-1, 2, 5, 9, .nan, 2], height: 2, width: 3, range: -1...5)
        func color(_ pixel: Int) -> ClassColor {
            let values = picture.values[3 * pixel..<3 * pixel + 3].map { $0 }
            return ClassColor(red: values[0], green: values[1], blue: values[2])
        }
        #expect(color(0) == ScalarMap.color(0) && color(2) == ScalarMap.color(1))
        #expect(color(3) == color(2) && color(4) == ScalarMap.missing && color(5) == color(1))
        let flat = ScalarMap.picture(of: [3], height: 1, width: 1, range: 3...3)
        #expect(flat.values.count == 3)
    }
}
