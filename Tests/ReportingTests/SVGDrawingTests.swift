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

    /// The corners of an outline of straight lines.
    private func corners(_ outline: String) -> [(x: Double, y: Double)] {
        outline.dropFirst().dropLast().split(separator: "L").compactMap { corner in
            let numbers = corner.split(separator: " ").compactMap { Double($0) }
            return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
        }
    }

    /// As large as one another, so that no series looks more important.
    @Test(arguments: SeriesStyle.Marker.allCases.filter { $0 != .circle })
    func markersAreOutlinesAroundTheirPoints(_ marker: SeriesStyle.Marker) {
        let size = 4.0
        let outline = marker.path(50, 30, size)
        #expect(outline.hasPrefix("M") && outline.hasSuffix("Z"))
        let corners = corners(outline)
        #expect(corners.count == outline.split(separator: "L").count && corners.count > 2)
        for corner in corners {
            #expect(abs(corner.x - 50) <= 1.3 * size && abs(corner.y - 30) <= 1.3 * size)
        }
        let next = corners.dropFirst() + corners.prefix(1)
        let area = zip(corners, next).reduce(0) { $0 + $1.0.x * $1.1.y - $1.1.x * $1.0.y } / 2
        #expect(abs(area) > 2 * size * size && abs(area) < 3.5 * size * size, "\(area)")
        // The point is inside: a ray to the right leaves an odd number of times.
        let crossings = zip(corners, next).count { from, to in
            guard (from.y > 30.05) != (to.y > 30.05) else { return false }
            return from.x + (30.05 - from.y) / (to.y - from.y) * (to.x - from.x) > 50.05
        }
        #expect(crossings % 2 == 1)
    }

    @Test func theCircleIsTwoArcs() {
        #expect(
            SeriesStyle.Marker.circle.path(50, 30, 4) == "M46 30a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z")
        let outlines = SeriesStyle.Marker.allCases.map { $0.path(50, 30, 4) }
        #expect(Set(outlines).count == outlines.count)
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
