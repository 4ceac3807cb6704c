import Foundation
import Testing
import TrainingTestSupport

@testable import Ensembling
@testable import Reporting

/// Pages as a browser shows them.
@Suite struct HTMLPageBrowserTests {
    private static let widths = [390, 768, 1280, 1600]
    private static let demos: [(name: String, page: @Sendable () throws -> HTMLPage)] = [
        ("usual", { try DemoReport.usual.page }), ("extreme", { try DemoReport.extreme.page }),
        ("single", { try DemoReport.single.page }), ("empty", { try DemoReport.empty.page }),
        ("comparison", { ComparisonReport(SampleComparison.make()).page }),
        ("spoiled", { spoiled }), ("members", { members }),
    ]

    /// Every warning and remark that there is, and more classes than are drawn.
    private static var spoiled: HTMLPage {
        let comparison = SampleComparison.make { comparison in
            comparison.missingMembers = ["m2: gone"]
            comparison.seenInTraining = 2
            comparison.fittedImages = 3
            comparison.postprocessing = (0..<9).map { "class \($0): holes and all below 40 pixels" }
            comparison.classes = (0..<50).map { "class \($0)" }
            comparison.confusion = .init(
                pixels: (0..<50).map { row in (0..<50).map { $0 == row ? 90_000 : 7 } })
            comparison.perImage[0].ensembleDice = 0
        }
        return ComparisonReport(comparison, members: SampleMembers.make(2)).page
    }

    /// Members without a comparison: a name that is hard to lay out, unknown ids, a long recipe.
    private static var members: HTMLPage {
        let members = SampleMembers.make(9) { member, index in
            if index == 1 { member.name = String(repeating: "unbreakable", count: 12) }
            if index == 2 {
                member.bag?.distinct = nil
                member.loss = .string("dice")
            }
            if index == 3 { (member.records, member.seconds) = ([], nil) }
            member.bag?.unit = "(.*)_tile-[0-9]+_of_a_rather_long_expression"
        }
        return MembersReport(
            title: "Sea ice", subtitle: "9 of 10 members of a run are finished", members: members,
            recipe: "data:\n  root: " + String(repeating: "very-long/", count: 30),
            provenance: [("software", "test")]
        ).page
    }

    /// What a page says of itself in a window.
    private struct Measures: Decodable {
        var name: String
        var window: Int
        /// What it needs from left to right.
        var needed: Int
        var height: Int
        var isDark: Bool
        /// Texts that stick out of their drawings.
        var outside: [String]
    }

    /// Measures a page and tells the page around it. It is added to the copy that is tested, never to
    /// a report.
    private static let measuring = """
        addEventListener("load", () => {
          const root = document.documentElement, outside = [];
          for (const text of document.querySelectorAll("svg text")) {
            const inner = text.getBoundingClientRect();
            const outer = text.ownerSVGElement.getBoundingClientRect();
            const room = 3;
            if (inner.left + room >= outer.left && inner.right <= outer.right + room &&
                inner.top + room >= outer.top && inner.bottom <= outer.bottom + room) continue;
            outside.push(text.ownerSVGElement.getAttribute("aria-label") + ": " + text.textContent);
          }
          parent.postMessage({
            name: location.pathname.split("/").pop(), window: innerWidth, needed: root.scrollWidth,
            height: root.scrollHeight, outside,
            isDark: matchMedia("(prefers-color-scheme: dark)").matches}, "*");
        });
        """

    /// Shows every page at every width, and collects what they say.
    private static func frames(_ names: [String]) -> String {
        let frames = names.flatMap { name in
            widths.map { "<iframe src=\"\(name)\" width=\"\($0)\" height=\"900\"></iframe>" }
        }
        return """
            <!DOCTYPE html><meta charset="utf-8"><meta name="color-scheme" content="light dark">
            <link rel="icon" href="data:,"><style>iframe{border:0}</style><pre></pre>
            <script>
            const all = [];
            addEventListener("message", event => {
              all.push(event.data);
              document.querySelector("pre").textContent = btoa(encodeURIComponent(JSON.stringify(all)));
            });
            </script>
            \(frames.joined(separator: "\n"))
            """
    }

    /// A copy that may run the script, and still nothing else.
    private static func measured(_ source: String) -> String {
        let policy = HTMLText.escaped(HTMLPage.policy)
        let copy = source.replacingOccurrences(
            of: policy, with: policy + "; script-src &#39;unsafe-inline&#39;")
        #expect(copy != source)
        return copy.replacingOccurrences(
            of: "</body>", with: "<script>\(measuring)</script></body>")
    }

    @Test(
        .enabled(
            if: Browser.found != nil,
            "SKIPPED: no Chromium; install one, or name it in FLOE_CHROMIUM"),
        arguments: [false, true])
    func nothingSticksOutAndNothingIsFetched(isDark: Bool) throws {
        let browser = try #require(Browser.found)
        try TrainingFixtures.withFolder { folder in
            for (name, page) in Self.demos {
                try Data(Self.measured(page().source).utf8)
                    .write(to: URL(fileURLWithPath: "\(folder)/\(name).html"))
            }
            let file = "\(folder)/frames.html"
            let names = Self.demos.map { "\($0.name).html" }
            try Data(Self.frames(names).utf8).write(to: URL(fileURLWithPath: file))
            let shown = try browser.show(file, width: 1700, height: 900, isDark: isDark)
            #expect(shown.console == [])
            let start = try #require(shown.document.range(of: "<pre>"), "it did not load")
            let text = shown.document[start.upperBound...].prefix { $0 != "<" }
            let data = try #require(Data(base64Encoded: String(text)))
            let decoded = try #require(
                String(decoding: data, as: UTF8.self).removingPercentEncoding)
            let pages = try JSONDecoder().decode([Measures].self, from: Data(decoded.utf8))
            #expect(
                Set(pages.map { "\($0.name) \($0.window)" })
                    == Set(names.flatMap { name in Self.widths.map { "\(name) \($0)" } }))
            for page in pages {
                #expect(page.needed <= page.window, "\(page.name)")
                #expect(page.isDark == isDark)
                #expect(page.outside == [], "\(page.name) \(page.window)")
            }
            if let pictures = ProcessInfo.processInfo.environment["FLOE_SCREENSHOTS"] {
                for (name, page) in Self.demos {
                    try Data(page().source.utf8)
                        .write(to: URL(fileURLWithPath: "\(pictures)/\(name).html"))
                }
                for page in pages {
                    try browser.photograph(
                        "\(folder)/\(page.name)",
                        to: "\(pictures)/\(page.name.dropLast(5))-\(page.window)-"
                            + "\(isDark ? "dark" : "light").png",
                        width: page.window, height: min(16_000, page.height), isDark: isDark)
                }
            }
        }
    }
}
