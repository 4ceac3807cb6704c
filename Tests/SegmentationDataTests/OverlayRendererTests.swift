import TensorCore
import Testing

@testable import SegmentationData

struct OverlayRendererTests {
    private let black = Picture(height: 1, width: 5, values: [UInt8](repeating: 0, count: 15))

    private func pixel(_ picture: Picture, _ index: Int) -> [UInt8] {
        Array(picture.values[(3 * index)..<(3 * index + 3)])
    }

    @Test func rightIsYellowWrongRedMissedGreen() {
        let result = OverlayRenderer.overlay(
            on: black, truth: [1, 0, 1, 0, 255], prediction: [1, 1, 0, 0, 1], opacity: 1)
        #expect(pixel(result, 0) == [255, 255, 0])
        #expect(pixel(result, 1) == [255, 0, 0])
        #expect(pixel(result, 2) == [0, 255, 0])
        #expect(pixel(result, 3) == [0, 0, 0] && pixel(result, 4) == [0, 0, 0])
    }

    @Test func labelMapsFollowTheSameColours() {
        let result = OverlayRenderer.overlay(
            on: black, truth: LabelMap(height: 1, width: 5, labels: [2, 0, 1, 0, 2]),
            prediction: LabelMap(height: 1, width: 5, labels: [2, 1, 0, 0, 1]), opacity: 1)
        #expect(pixel(result, 0) == [255, 255, 0] && pixel(result, 1) == [255, 0, 0])
        #expect(pixel(result, 2) == [0, 255, 0] && pixel(result, 3) == [0, 0, 0])
        #expect(pixel(result, 4) == [255, 0, 0])
    }

    @Test func theKindOfTheTruthDecides() {
        let labels: [UInt8] = [1, 0, 1, 0, 255]
        let decisions: [UInt8] = [1, 1, 0, 0, 1]
        let planes = ClassPlanes(classes: 1, height: 1, width: 5, values: labels)
        let map = LabelMap(height: 1, width: 5, labels: labels)
        #expect(
            OverlayRenderer.overlay(
                on: black, truth: .planes(planes), decisions: decisions, hasBackground: true)
                == OverlayRenderer.overlay(on: black, truth: labels, prediction: decisions))
        for hasBackground in [true, false] {
            #expect(
                OverlayRenderer.overlay(
                    on: black, truth: .labels(map), decisions: decisions,
                    hasBackground: hasBackground)
                    == OverlayRenderer.overlay(
                        on: black, truth: map,
                        prediction: LabelMap(height: 1, width: 5, labels: decisions),
                        background: hasBackground ? 0 : nil))
        }
    }

    @Test func opacityMixes() {
        let result = OverlayRenderer.overlay(
            on: black, truth: [1, 0, 0, 0, 0], prediction: [1, 0, 0, 0, 0], opacity: 0.5)
        #expect(pixel(result, 0) == [128, 128, 0])
    }

    @Test func picturesAreStretched() {
        let grey = BandImage(
            bands: 1, height: 1, width: 5, values: [-50, 0, 50, 100, 150], nodata: nil)
        let picture = OverlayRenderer.picture(of: grey)
        #expect(pixel(picture, 0) == [0, 0, 0] && pixel(picture, 4) == [255, 255, 255])
        #expect(pixel(picture, 2) == [128, 128, 128])
        let constant = BandImage(
            bands: 3, height: 1, width: 5, values: [Float](repeating: 7, count: 15))
        #expect(OverlayRenderer.picture(of: constant).values.allSatisfy { $0 == 0 })
    }

    @Test func classesHaveTheirColours() {
        let result = OverlayRenderer.classes(
            of: LabelMap(height: 1, width: 5, labels: [0, 1, 255, 2, 1]),
            colors: [nil, ClassColor("#0a141e")], on: black, opacity: 1)
        #expect(pixel(result, 1) == [10, 20, 30] && pixel(result, 0) == [0, 0, 0])
        #expect(pixel(result, 2) == [0, 0, 0] && pixel(result, 3) == [0, 0, 0])
    }

    @Test(arguments: [
        ("#ff8000", true), ("255, 128,0", true), ("1,2", false), ("#ff80", false),
        ("#gggggg", false), ("256,0,0", false), ("#+12345", false),
    ])
    func coloursAreParsed(text: String, valid: Bool) {
        #expect((ClassColor(text) != nil) == valid)
        if valid { #expect(ClassColor(text)?.description == "#ff8000") }
    }
}
