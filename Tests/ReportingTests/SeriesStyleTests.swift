import SegmentationData
import Testing

@testable import Reporting

@Suite struct SeriesStyleTests {
    @Test func fortyTwoSeriesDiffer() {
        #expect(Set((0..<42).map { SeriesStyle.series($0) }).count == 42)
    }

    @Test func neighboursDifferWithoutTheirColoursToo() {
        for index in 0..<41 {
            let (one, next) = (SeriesStyle.series(index), SeriesStyle.series(index + 1))
            #expect(one.marker != next.marker && one.dash != next.dash)
        }
    }

    @Test func linesStandOutFromThePage() throws {
        let pages = [
            (SeriesStyle.lightColors, HeatRamp.white),
            (SeriesStyle.darkColors, ClassColor(red: 0x10, green: 0x16, blue: 0x1D)),
        ]
        for (colors, page) in pages {
            #expect(colors.count == SeriesStyle.colors)
            for text in colors {
                let color = try #require(ClassColor(text))
                #expect(color.contrast(to: page) >= 3, "\(text)")
            }
        }
        #expect(
            HTMLStyle.sheet.contains("--page:#ffffff") && HTMLStyle.sheet.contains("--page:#10161d")
        )
    }
}
