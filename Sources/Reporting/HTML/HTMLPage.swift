/// A report as one file: markup, style sheet and pictures in one, no script, nothing from elsewhere.
///
/// It reads on a telephone and on a wide screen, light and dark, on paper, and aloud. The same
/// content gives the same bytes.
public struct HTMLPage: Sendable {
    public struct Section: Sendable {
        /// The place in the page that links lead to.
        public var id: String
        public var title: String
        /// A sentence or two on how to read it.
        public var intro: String
        public var body: HTML

        public init(id: String, title: String, intro: String = "", body: HTML) {
            self.id = id
            self.title = title
            self.intro = intro
            self.body = body
        }
    }

    /// A number that people take away, with its name and what it is compared with.
    public struct Fact: Sendable {
        public var name: String
        public var value: String
        public var note: String?

        public init(_ name: String, _ value: String, note: String? = nil) {
            self.name = name
            self.value = value
            self.note = note
        }
    }

    public var title: String
    public var subtitle: String
    /// One sentence: what came out. Nil leaves its place out.
    public var verdict: String?
    public var facts: [Fact]
    public var sections: [Section]
    /// Where the numbers come from, for the foot of the page: names and values.
    public var provenance: [(name: String, value: String)]
    /// The language of the text (BCP 47).
    public var language = "en"

    public init(
        title: String, subtitle: String, verdict: String? = nil, facts: [Fact] = [],
        sections: [Section], provenance: [(name: String, value: String)] = []
    ) {
        self.title = title
        self.subtitle = subtitle
        self.verdict = verdict
        self.facts = facts
        self.sections = sections
        self.provenance = provenance
    }

    /// What a browser may do with the page: show its own pictures and style, and nothing else.
    static let policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

    /// Every page has a title, whatever there is to call it.
    private var heading: String {
        title.allSatisfy(\.isWhitespace) ? "Report" : title
    }

    /// The whole file.
    public var source: String {
        let page = HTML.element(
            "html", ["lang": language],
            [head, HTML(source: "\n"), HTML.element("body", [:], [content]), HTML(source: "\n")])
        return "<!DOCTYPE html>\n" + page.source + "\n"
    }

    private var head: HTML {
        .element(
            "head", [:],
            [
                .element("meta", ["charset": "utf-8"]),
                .element(
                    "meta", ["http-equiv": "Content-Security-Policy", "content": Self.policy]),
                .element(
                    "meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
                .element("meta", ["name": "color-scheme", "content": "light dark"]),
                // Without it browsers ask the server for a picture of their own.
                .element("link", ["rel": "icon", "href": "data:,"]),
                .element("title", [:], [HTML(heading)]),
                .element("style", [:], [HTML(source: HTMLStyle.sheet)]),
            ])
    }

    private var content: HTML {
        let identified = identifiers
        return HTML([
            .element("a", ["class": "skip", "href": "#content"], [HTML("Skip to the content")]),
            .element(
                "div", ["class": "page"],
                [
                    header, contents(identified),
                    .element(
                        "main", ["id": "content"],
                        zip(sections, identified).map { Self.html($0.0, id: $0.1) }),
                    footer,
                ]),
        ])
    }

    private var header: HTML {
        .element(
            "header", [:],
            [
                .element("h1", [:], [.name(heading)]),
                subtitle.isEmpty
                    ? .empty : .element("p", ["class": "subtitle"], [.name(subtitle)]),
                verdict.map { .paragraph($0, class: "verdict") } ?? .empty,
                facts.isEmpty
                    ? .empty
                    : .element(
                        "dl", ["class": "facts"],
                        facts.map { fact in
                            .element(
                                "div", [:],
                                [
                                    .element("dt", [:], [.name(fact.name)]),
                                    .element("dd", [:], [HTML(fact.value)]),
                                    fact.note.map {
                                        .element("dd", ["class": "note"], [.name($0)])
                                    } ?? .empty,
                                ])
                        }),
            ])
    }

    /// One for every section, of letters and digits, none twice nor one of the page's own.
    private var identifiers: [String] {
        var taken: Set<String> = ["content"]
        return sections.map { section in
            let base = HTMLText.identifier(section.id)
            var id = base
            var number = 1
            while !taken.insert(id).inserted {
                number += 1
                id = "\(base)-\(number)"
            }
            return id
        }
    }

    private func contents(_ identifiers: [String]) -> HTML {
        guard sections.count > 1 else { return .empty }
        let entries = zip(sections, identifiers).map { section, id in
            HTML.element(
                "li", [:], [.element("a", ["href": "#\(id)"], [.name(section.title)])])
        }
        return .element("nav", ["aria-label": "Contents"], [.element("ol", [:], entries)])
    }

    private static func html(_ section: Section, id: String) -> HTML {
        .element(
            "section", ["id": id, "aria-labelledby": "\(id)-title"],
            [
                .element("h2", ["id": "\(id)-title"], [.name(section.title)]),
                section.intro.isEmpty ? .empty : .paragraph(section.intro, class: "intro"),
                section.body,
            ])
    }

    private var footer: HTML {
        guard !provenance.isEmpty else { return .empty }
        return .element(
            "footer", [:],
            [
                .element("h2", [:], [HTML("Where this comes from")]),
                .element(
                    "dl", [:],
                    provenance.map { entry in
                        .element(
                            "div", [:],
                            [
                                .element("dt", [:], [.name(entry.name)]),
                                .element("dd", [:], [.name(entry.value)]),
                            ])
                    }),
            ])
    }
}
