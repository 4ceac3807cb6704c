import Foundation
import SegmentationData
import TensorCore
import Testing

@testable import Reporting

@Suite struct PictureGridTests {
    private func noise(_ height: Int, _ width: Int) -> Picture {
        var random = RandomStream(seed: 4, purpose: .test)
        return Picture(
            height: height, width: width,
            values: (0..<3 * height * width).map { _ in UInt8(random.index(below: 256)) })
    }

    private func images(_ grid: PictureGrid) throws -> [Markup.Element] {
        try Markup(grid.html().source).all("img")
    }

    @Test func picturesAreInThePageWithWords() throws {
        let picture = noise(30, 50)
        let grid = PictureGrid(
            rows: [.init("a <b>.png", note: "Dice 0.5", cells: [.init("image", picture)])],
            legend: PictureGrid.overlayLegend + [.map("dark: agree, bright: disagree")])
        let image = try #require(images(grid).first)
        #expect(image.attributes["alt"] == "image of a <b>.png")
        #expect(image.attributes["width"] == "50" && image.attributes["height"] == "30")
        let source = try #require(image.attributes["src"])
        let data = try #require(
            Data(base64Encoded: String(source.dropFirst("data:image/png;base64,".count))))
        #expect(try data == ImageWriter.png(of: picture))
        let page = try Markup(grid.html().source)
        let words = page.all("li").map(\.text)
        for color in ["yellow: right", "red: wrong", "green: missed", "dark: agree"] {
            #expect(words.contains { $0.hasPrefix(color) })
        }
        #expect(page.all("figcaption").map(\.text) == ["a <b>.pngDice 0.5", "image"])
    }

    @Test func largePicturesAreMadeSmaller() throws {
        var grid = PictureGrid(
            rows: [.init("a", cells: [.init("image", noise(100, 200))])], legend: [])
        #expect(try images(grid)[0].attributes["width"] == "200")
        grid.side = 80
        #expect(try images(grid)[0].attributes["width"] == "80")
        #expect(try images(grid)[0].attributes["height"] == "40")
    }

    @Test func allTogetherKeepTheirBudget() throws {
        let picture = noise(120, 240)
        var grid = PictureGrid(
            rows: (0..<3).map { .init("\($0)", cells: [.init("image", picture)]) }, legend: [])
        let whole = try grid.html().source.utf8.count
        grid.budget = whole / 2
        #expect(try grid.html().source.utf8.count < whole / 2 + 2000)
        #expect(try images(grid).count == 3)
        // Not smaller than what can be seen, whatever the budget.
        grid.budget = 1
        #expect(try images(grid)[0].attributes["width"] == "96")
    }

    @Test func noPicturesAreSaid() throws {
        #expect(try PictureGrid(rows: [], legend: []).html().source.contains("No images."))
    }
}
