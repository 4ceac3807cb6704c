import Testing

@testable import Reporting

@Suite struct BoundedConfusionTests {
    @Test func fewClassesStayAsTheyAre() {
        let bounded = BoundedConfusion(
            classes: ["a", "b"], counts: [[1, 2], [3, 4]], most: 2)
        #expect(bounded.classes == ["a", "b"] && bounded.counts == [[1, 2], [3, 4]])
        #expect(bounded.merged == 0)
    }

    /// "b" has few true pixels but many are taken for it; "a" and "d" have the fewest.
    @Test func thoseWithTheFewestPixelsArePutTogether() {
        let bounded = BoundedConfusion(
            classes: ["a", "b", "c", "d"],
            counts: [[5, 1, 0, 2], [0, 1, 0, 0], [0, 30, 70, 1], [3, 0, 4, 6]], most: 3)
        #expect(bounded.classes == ["b", "c", "2 other classes"] && bounded.merged == 2)
        #expect(bounded.counts == [[1, 0, 0], [30, 70, 1], [1, 4, 16]])
    }

    @Test func manyClassesMakeNoLargerMapAndSayWhatIsLeftOut() throws {
        let names = (0..<60).map { "k\($0)" }
        let counts = names.indices.map { row in names.indices.map { $0 == row ? 100 - row : 1 } }
        let map = HeatMap.confusion("Confusion", classes: names, counts: counts)
        #expect(map.rows.count == 40 && map.columns == map.rows)
        #expect(
            map.rows.first == "k0" && map.rows[38] == "k38" && map.rows[39] == "21 other classes")
        #expect(
            map.note?.hasSuffix(
                "The 39 classes with the most pixels; the other 21 are put together, right or not "
                    + "among themselves.") == true)
        #expect(!map.description.contains("other classes") && map.description.contains("k38 "))
        #expect(try Markup(map.drawing.source).all(class: "cell").count == 1600)
        let whole = HeatMap.confusion(
            "Confusion", classes: Array(names.prefix(40)),
            counts: counts.prefix(40).map { Array($0.prefix(40)) })
        #expect(whole.rows == Array(names.prefix(40)) && whole.note?.contains("other") == false)
    }
}
