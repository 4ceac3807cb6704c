import Foundation
import Testing

@testable import Reporting

@Suite struct HTMLPageTests {
    private static let demos: [DemoReport] = [.usual, .extreme, .single, .empty]

    @Test(arguments: demos.indices)
    func pagesAreWholeSmallAndTheSameEveryTime(index: Int) throws {
        let page = try Self.demos[index].page
        let source = page.source
        #expect(try Self.demos[index].page.source == source)
        #expect(source.utf8.count < 5_000_000)
        let markup = try Markup(source)
        #expect(source.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">"))
        #expect(markup.all("h1").count == 1 && markup.all("title")[0].text.isEmpty == false)
        #expect(markup.all("h2").count == page.sections.count + 1)
        #expect(markup.all("script").isEmpty)

        // Every place is there once, and every link leads to one.
        let places = markup.elements.compactMap { $0.attributes["id"] }
        #expect(Set(places).count == places.count)
        for link in markup.all("a") {
            let target = try #require(link.attributes["href"])
            #expect(target.hasPrefix("#") && places.contains(String(target.dropFirst())))
        }
        #expect(markup.all("a").first?.attributes["href"] == "#content")

        // Pictures have words, and nothing comes from elsewhere.
        for image in markup.all("img") {
            #expect(image.attributes["alt"]?.isEmpty == false)
            #expect(image.attributes["src"]?.hasPrefix("data:image/png;base64,") == true)
        }
        for picture in markup.all("svg") {
            let isOrnament = picture.attributes["aria-hidden"] == "true"
            let isNamed = picture.attributes["aria-label"]?.isEmpty == false
            #expect(isOrnament != isNamed)
        }
        let addresses = ["src", "href", "srcset", "data", "action"]
        for element in markup.elements {
            for key in addresses {
                guard let address = element.attributes[key] else { continue }
                #expect(address.hasPrefix("#") || address.hasPrefix("data:"), "\(address)")
            }
            #expect(element.attributes["style"]?.contains("url(") != true)
        }
        #expect(!HTMLStyle.sheet.contains("url(") && !HTMLStyle.sheet.contains("@import"))
    }

    @Test func styleIsAsGoodAsXML() {
        #expect(!HTMLStyle.sheet.contains("<") && !HTMLStyle.sheet.contains("&"))
        let braces = HTMLStyle.sheet.filter { "{}".contains($0) }
        #expect(braces.filter { $0 == "{" }.count == braces.filter { $0 == "}" }.count)
    }

    /// A class without a rule looks like plain text.
    @Test func everyClassHasARule() throws {
        let spoiled = ComparisonReport(
            SampleComparison.make { $0.seenInTraining = 2 }, members: SampleMembers.make(3))
        let pages = try [
            DemoReport.usual.page, spoiled.page,
            MembersReport(title: "m", subtitle: "s", members: SampleMembers.make(2)).page,
        ]
        let used = try Set(
            pages.flatMap { page in
                try Markup(page.source).elements
                    .flatMap { ($0.attributes["class"] ?? "").split(separator: " ") }
            }.map(String.init))
        #expect(used.contains("warning") && used.contains("star"))
        let ruled = Set(
            HTMLStyle.sheet.split(separator: ".").dropFirst().map {
                String($0.prefix { $0.isLetter || $0.isNumber || $0 == "-" })
            })
        // Cells without a value keep what is around them.
        #expect(used.subtracting(ruled).subtracting(["hx"]) == [])
    }

    @Test func headingsComeInOrder() throws {
        let markup = try Markup(DemoReport.usual.page.source)
        let levels = markup.elements.compactMap { element -> Int? in
            element.name.count == 2 && element.name.hasPrefix("h") && element.name != "hr"
                ? Int(element.name.dropFirst()) : nil
        }
        #expect(levels.first == 1)
        #expect(zip(levels.dropFirst(), levels).allSatisfy { $0 <= $1 + 1 })
    }

    @Test func sectionsOfOneNameHavePlacesOfTheirOwn() throws {
        let section = HTMLPage.Section(id: "Content", title: "a <b>", body: HTML("text & more"))
        let page = HTMLPage(
            title: "A & B", subtitle: "", verdict: "Better & smaller.",
            sections: [section, section])
        let markup = try Markup(page.source)
        #expect(markup.all("section").map { $0.attributes["id"] } == ["content-2", "content-3"])
        #expect(markup.all("nav")[0].text == "a <b>a <b>")
        #expect(markup.all("title")[0].text == "A & B")
        #expect(markup.all(class: "verdict").map(\.text) == ["Better & smaller."])
        #expect(markup.all("section")[0].text == "a <b>text & more")
        #expect(markup.all("footer").isEmpty && markup.all(class: "subtitle").isEmpty)
    }

    @Test func aPageWithoutATitleIsAReport() throws {
        let markup = try Markup(HTMLPage(title: " ", subtitle: "", sections: []).source)
        #expect(markup.all("h1").map(\.text) == ["Report"])
        #expect(markup.all("nav").isEmpty && markup.all("main").count == 1)
    }

    @Test func brokenMarkupWouldBeFound() {
        for broken in [
            "<p>", "<p></div>", "<p a=b></p>", "a & b", "<p a=\"1\" a=\"2\"/>", "<", "</p>",
        ] {
            #expect(throws: Markup.Broken.self, "\(broken)") { try Markup(broken) }
        }
    }
}
