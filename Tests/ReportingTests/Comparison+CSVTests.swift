import Testing

@testable import Ensembling
@testable import Reporting

@Suite struct ComparisonCSVTests {
    private func table(_ name: String, _ comparison: Comparison) throws -> [String] {
        try #require(comparison.csvTables.first { $0.name == name }).text
            .split(separator: "\n").map(String.init)
    }

    @Test func everyTableHasAHeaderAndRows() {
        let tables = SampleComparison.make().csvTables
        #expect(
            tables.map(\.name) == [
                "models", "classes", "differences", "images", "size-curve", "leave-one-out",
                "pairs",
                "reliability", "uncertainty", "confusion",
            ])
        for (name, text) in tables {
            #expect(text.hasSuffix("\n") && text.split(separator: "\n").count > 1, "\(name)")
        }
    }

    @Test func numbersAreUnroundedAndGapsEmpty() throws {
        let comparison = SampleComparison.make { $0.perImage[0].ensembleDice = 1.0 / 3 }
        let images = try table("images", comparison)
        #expect(images[0] == "id,group,ensemble,m<0>,m1")
        #expect(images[1] == "a,,0.3333333333333333,0.4,")
        #expect(images[2] == "b,g,,,0.5")
        #expect(try table("leave-one-out", comparison)[2] == "m1,,,,,,,,,,")
    }

    @Test func namesAreQuoted() throws {
        let comparison = SampleComparison.make()
        #expect(try table("images", comparison)[3] == "\"c,\"\"d\"\"\",g,0.9,0.9,0.8")
        #expect(try table("confusion", comparison)[0] == "truth,ice,\"open, \"\"dark\"\" water\"")
        #expect(try table("confusion", comparison)[2] == "\"open, \"\"dark\"\" water\",5,95")
    }

    /// A line's end of two scalars is one character, and so is a quotation mark with an accent.
    @Test(arguments: [
        ("a\r\nb", "\"a\r\nb\""), ("a\rb", "\"a\rb\""), ("a\u{2028}b", "\"a\u{2028}b\""),
        ("a\"\u{301}b", "\"a\"\"\u{301}b\""), ("a,\u{301}b", "\"a,\u{301}b\""), ("a b", "a b"),
    ])
    func scalarsDecideAboutQuotes(_ id: String, _ written: String) throws {
        let text = try #require(
            SampleComparison.make { $0.perImage[0].id = id }.csvTables.first { $0.name == "images" }
        ).text
        let start = "id,group,ensemble,m<0>,m1\n" + written + ",,0.5,0.4,\n"
        #expect(Array(text.utf8).starts(with: Array(start.utf8)), "\(text)")
    }

    @Test func masksOfTheirOwnHaveCounts() throws {
        let comparison = SampleComparison.make {
            $0.confusion = .init(
                perClass: [
                    .init(
                        class: "ice", truePositive: 1, falsePositive: 2, falseNegative: 3,
                        trueNegative: 4)
                ])
        }
        #expect(try table("confusion", comparison)[1] == "ice,1,2,3,4")
    }

    @Test func whatThereIsNotHasNoTable() {
        let names = SampleComparison.make {
            SampleComparison.empty(&$0)
            for index in $0.rows.indices { $0.rows[index].classes = nil }
        }.csvTables.map(\.name)
        #expect(names == ["models", "differences", "images"])
    }
}
