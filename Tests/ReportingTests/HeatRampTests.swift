import SegmentationData
import Testing

@testable import Reporting

@Suite struct HeatRampTests {
    @Test(arguments: [false, true])
    func textStandsOutFromEveryStep(isDark: Bool) {
        let ramp = isDark ? HeatRamp.dark : .light
        for step in 0..<HeatRamp.steps {
            #expect(ramp.color(step).contrast(to: ramp.text(on: step)) >= 4.5, "\(step)")
        }
        let lightness = (0..<HeatRamp.steps).map { ramp.color($0).luminance }
        let sorted = lightness.sorted()
        #expect(lightness == (isDark ? sorted : sorted.reversed()))
    }

    @Test func stepsCoverZeroToOne() {
        #expect([-1, 0, 0.5, 1, 2, .nan].map { HeatRamp.step($0) } == [0, 0, 8, 15, 15, 0])
    }

    @Test func contrastIsThatOfTheGuidelines() {
        #expect(HeatRamp.black.contrast(to: HeatRamp.white) == 21)
        let grey = ClassColor(red: 0x76, green: 0x76, blue: 0x76)
        #expect(abs(grey.contrast(to: HeatRamp.white) - 4.54) < 0.01)
    }
}
