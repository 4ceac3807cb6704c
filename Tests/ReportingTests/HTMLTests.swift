import Testing

@testable import Reporting

@Suite struct HTMLTests {
    @Test func attributesAndTextAreEscaped() {
        let link = HTML.element(
            "a", ["href": "#x\"><script>", "class": nil], [HTML("<b>"), .name("M&M")])
        #expect(
            link.source == "<a href=\"#x&quot;&gt;&lt;script&gt;\">&lt;b&gt;<bdi>M&amp;M</bdi></a>")
    }

    @Test func everyElementIsClosed() {
        #expect(HTML.element("br").source == "<br/>")
        #expect(HTML.element("td").source == "<td></td>")
        #expect(HTML.element("circle", ["r": "1"]).source == "<circle r=\"1\"/>")
        #expect(
            HTML.element("rect", [:], [.element("title", [:], [HTML("a")])]).source
                == "<rect><title>a</title></rect>")
    }

    @Test func boxesThatScrollAreReachedByKeys() throws {
        let box = try #require(
            try Markup(HTML.scrolling(HTML("wide"), label: "A table").source).elements.first)
        #expect(box.attributes["tabindex"] == "0")
        #expect(box.attributes["role"] == "region" && box.attributes["aria-label"] == "A table")
    }
}
