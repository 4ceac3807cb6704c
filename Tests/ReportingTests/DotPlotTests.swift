import TensorCore
import Testing

@testable import Reporting

@Suite struct DotPlotTests {
    private func plot(_ values: [Double?]) -> DotPlot {
        DotPlot(
            "Scores", axis: "Dice",
            rows: [
                .init(
                    "m0", values: values.enumerated().map { ("image \($0)", $1) }, style: .series(0)
                )
            ])
    }

    @Test func quartilesAreThoseOfNumPy() throws {
        let spread = try #require(Distribution([4, 1, nil, 3, 2, .nan]))
        #expect(spread.sorted == [1, 2, 3, 4])
        #expect(
            spread.lowerQuartile == 1.75 && spread.median == 2.5 && spread.upperQuartile == 3.25)
        #expect(Distribution([nil, .nan]) == nil)
        #expect(try #require(Distribution([7])).median == 7)
    }

    @Test func everyImageIsADot() throws {
        var random = RandomStream(seed: 1, purpose: .test)
        let values = (0..<200).map { _ in 1 - 0.2 * random.uniform() * random.uniform() }
        let dots = try #require(
            Markup(plot(values).drawing.source).all(class: "dots").first?.attributes["d"])
        let places = dots.split(separator: "M").map(String.init)
        #expect(places.count == 200)
        // Moved apart, as far as there is room.
        #expect(Set(places).count > 180)
    }

    @Test func imagesFarBelowAreNamed() throws {
        let page = try Markup(plot([0.9, 0.91, 0.92, 0.93, 0.94, 0.1, nil]).drawing.source)
        #expect(page.all(class: "ring").map(\.text) == ["image 5: 0.100"])
        #expect(plot([0.9, 0.91, 0.1, 0.92, 0.93]).note?.contains("Ring") == true)
        #expect(plot([0.9, 0.91]).note?.contains("Ring") == false)
    }

    @Test func imagesAtZeroAreCounted() throws {
        let failed = plot([0.9, 0, 0.8, 0, nil, 0.7])
        #expect(
            try Markup(failed.drawing.source).all("text").map(\.text)
                .contains("median 0.700, 2 at 0"))
        #expect(failed.description.hasSuffix("5 images, 2 of them at 0"))
        #expect(!plot([0.9, 0.8]).description.contains("at 0"))
        let text = try Markup(plot([0.9, 0.8]).drawing.source).all("text").map(\.text)
        #expect(text.contains("median 0.850"))
    }

    @Test func ringsThatAreLeftOutAreSaid() {
        let values = (0..<200).map { $0 < 21 ? 0.1 : 0.9 + 0.0001 * Double($0) }
        #expect(plot(values).note?.contains("box, the 20 worst of a row;") == true)
        #expect(plot(Array(values.dropFirst())).note?.contains("far below the box;") == true)
    }

    @Test func veryManyImagesAreAnOutline() throws {
        let page = try Markup(plot((0..<5000).map { Double($0 % 100) / 100 }).drawing.source)
        #expect(page.all(class: "dots").isEmpty && page.all(class: "outline").count == 1)
    }

    @Test func theDescriptionHoldsTheQuartiles() {
        #expect(
            plot([1, 2, 3, 4]).description
                == "Dice. m0: median 2.500, quartiles 1.750 and 3.250, 4 images")
        #expect(plot([nil]).description == "Dice. m0: no values")
    }
}
