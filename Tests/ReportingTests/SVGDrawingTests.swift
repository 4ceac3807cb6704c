import Testing

@testable import Reporting

@Suite struct SVGDrawingTests {
    @Test(arguments: [
        (0, "0"), (12, "12"), (12.34, "12.3"), (-0.04, "0"), (-0.06, "-0.1"), (99.96, "100"),
        (.nan, "0"), (-.infinity, "0"), (1e12, "1000000"),
    ])
    func coordinatesAreShort(_ value: Double, _ text: String) {
        #expect(SVGDrawing.coordinate(value) == text)
    }

    @Test func everyMarkerIsAClosedOutlineAroundItsPoint() {
        for marker in SeriesStyle.Marker.allCases {
            let outline = marker.path(50, 50, 4)
            #expect(outline.hasPrefix("M") && outline.hasSuffix("Z"))
        }
    }

    @Test func aNameThatIsCutIsWholeInItsTip() throws {
        var drawing = SVGDrawing(width: 100, height: 20)
        let name = "unet-resnet34-imagenet-seed-1004"
        drawing.name(name, 0, 10, class: "name", size: 12, room: 60)
        drawing.name("unet", 0, 10, class: "name", size: 12, room: 60)
        let texts = try Markup(drawing.html(title: "a", description: "b").source).all("text")
        #expect(texts[0].text.hasPrefix(name) && texts[0].text.contains("…"))
        #expect(texts[1].text == "unet")
    }
}
