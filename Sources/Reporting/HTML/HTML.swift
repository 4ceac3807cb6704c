/// A piece of a page: HTML, or SVG inside it.
///
/// Elements without content are closed as XML wants it, so that a whole page is well-formed XML too.
public struct HTML: Hashable, Sendable {
    /// The markup.
    public private(set) var source: String

    public static let empty = HTML(source: "")

    /// Text; it is escaped.
    public init(_ text: String) { source = HTMLText.escaped(text) }

    /// Markup of our own making, as it is.
    public init(source: String) { self.source = source }

    /// Pieces one after another.
    public init(_ parts: [HTML]) { source = parts.map(\.source).joined() }

    public var isEmpty: Bool { source.isEmpty }

    public static func + (left: HTML, right: HTML) -> HTML {
        HTML(source: left.source + right.source)
    }

    /// An element; attributes that are nil are left out, the others escaped.
    public static func element(
        _ name: String, _ attributes: KeyValuePairs<String, String?> = [:], _ content: [HTML] = []
    ) -> HTML {
        var text = "<" + name
        for (key, value) in attributes {
            if let value { text += " \(key)=\"\(HTMLText.escaped(value))\"" }
        }
        let inner = content.map(\.source).joined()
        // Elements that HTML closes by themselves; all others have an end tag, also when empty.
        if inner.isEmpty, voidElements.contains(name) { return HTML(source: text + "/>") }
        return HTML(source: text + ">" + inner + "</\(name)>")
    }

    private static let voidElements: Set<String> = [
        "br", "hr", "img", "link", "meta", "circle", "line", "path", "rect",
    ]

    /// A name that somebody gave: its direction of writing stays its own.
    public static func name(_ text: String) -> HTML { element("bdi", [:], [HTML(text)]) }

    public static func paragraph(_ text: String, class style: String? = nil) -> HTML {
        element("p", ["class": style], [HTML(text)])
    }

    /// What a reader must know before believing numbers: the word says it, the colour only helps.
    public static func warning(_ text: String) -> HTML {
        element(
            "p", ["class": "warning"],
            [element("strong", [:], [HTML("Warning:")]), HTML(" " + text)])
    }

    /// Parts side by side where the window is wide enough, else below one another.
    public static func columns(_ parts: [HTML]) -> HTML {
        element("div", ["class": "columns"], parts.map { element("div", [:], [$0]) })
    }

    /// Many small parts of one size, as many a row as there is room for.
    public static func tiles(_ parts: [HTML]) -> HTML {
        element("div", ["class": "tiles"], parts.map { element("div", [:], [$0]) })
    }

    /// A box that scrolls sideways by itself, so that the page never has to.
    public static func scrolling(_ content: HTML, label: String) -> HTML {
        element(
            "div", ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": label],
            [content])
    }

    /// A part that is shown on request.
    public static func details(_ summary: String, _ content: HTML) -> HTML {
        element("details", [:], [element("summary", [:], [HTML(summary)]), content])
    }
}
