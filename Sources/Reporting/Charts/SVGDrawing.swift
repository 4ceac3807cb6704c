import SegmentationData

/// A drawing being made: marks are added one by one; colours come from the page's style sheet, by
/// class, so that they follow light and dark.
struct SVGDrawing {
    enum Anchor: String { case start, middle, end }

    let width: Double
    let height: Double
    private var body = ""

    init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    /// A coordinate to a tenth of a unit, which no screen shows.
    static func coordinate(_ value: Double) -> String {
        let limited = value.isFinite ? max(-1e6, min(1e6, value)) : 0
        let tenths = Int((limited * 10).rounded())
        let sign = tenths < 0 ? "-" : ""
        let (whole, part) = (tenths.magnitude / 10, tenths.magnitude % 10)
        return part == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(part)"
    }

    mutating func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, class style: String
    ) {
        add(
            "line",
            ["class": style, "x1": n(x1), "y1": n(y1), "x2": n(x2), "y2": n(y2)])
    }

    mutating func rectangle(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, class style: String,
        radius: Double = 0, title: String? = nil
    ) {
        add(
            "rect",
            [
                "class": style, "x": n(x), "y": n(y), "width": n(max(0, width)),
                "height": n(max(0, height)), "rx": radius > 0 ? n(radius) : nil,
            ], title: title)
    }

    /// A box of a colour that is the same on light pages and dark ones.
    mutating func block(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, color: ClassColor
    ) {
        add(
            "rect",
            [
                "x": n(x), "y": n(y), "width": n(width), "height": n(height),
                "fill": color.description,
            ])
    }

    mutating func circle(
        _ x: Double, _ y: Double, radius: Double, class style: String, title: String? = nil
    ) {
        add("circle", ["class": style, "cx": n(x), "cy": n(y), "r": n(radius)], title: title)
    }

    mutating func path(
        _ data: String, class style: String, dash: String? = nil, title: String? = nil
    ) {
        guard !data.isEmpty else { return }
        add("path", ["class": style, "d": data, "stroke-dasharray": dash], title: title)
    }

    /// Text with its base line at `y`; `title` is what was cut off.
    mutating func text(
        _ text: String, _ x: Double, _ y: Double, class style: String, anchor: Anchor = .start,
        turned degrees: Double? = nil, title: String? = nil
    ) {
        guard !text.isEmpty else { return }
        let turn = degrees.map { "rotate(\(n($0)) \(n(x)) \(n(y)))" }
        let content = (title.map { [HTML.element("title", [:], [HTML($0)])] } ?? []) + [HTML(text)]
        body +=
            HTML.element(
                "text",
                [
                    "class": style, "x": n(x), "y": n(y),
                    "text-anchor": anchor == .start ? nil : anchor.rawValue, "transform": turn,
                ], content
            ).source
    }

    /// A name at one line, cut where there is no room for it, and then whole on hovering.
    mutating func name(
        _ name: String, _ x: Double, _ y: Double, class style: String, size: Double, room: Double,
        anchor: Anchor = .start, turned degrees: Double? = nil
    ) {
        let fitted = TextWidth.fitted(name, size: size, within: room)
        text(
            fitted, x, y, class: style, anchor: anchor, turned: degrees,
            title: fitted == name ? nil : name)
    }

    /// Marks of one class.
    mutating func group(class style: String, _ content: (inout SVGDrawing) -> Void) {
        var inner = SVGDrawing(width: width, height: height)
        content(&inner)
        guard !inner.body.isEmpty else { return }
        body += "<g class=\"\(HTMLText.escaped(style))\">\(inner.body)</g>"
    }

    mutating func marker(
        _ marker: SeriesStyle.Marker, _ x: Double, _ y: Double, size: Double,
        class style: String = "mark", title: String? = nil
    ) {
        if marker == .circle {
            circle(x, y, radius: size, class: style, title: title)
        } else {
            path(marker.path(x, y, size), class: style, title: title)
        }
    }

    /// The drawing as a picture with words for those who cannot see it.
    func html(title: String, description: String, class style: String = "plot") -> HTML {
        .element(
            "svg",
            [
                "class": style, "viewBox": "0 0 \(n(width)) \(n(height))", "role": "img",
                "aria-label": "\(title). \(description)",
            ],
            [
                .element("title", [:], [HTML(title)]), .element("desc", [:], [HTML(description)]),
                HTML(source: body),
            ])
    }

    /// The drawing as an ornament that is read out by words beside it.
    func ornament(class style: String) -> HTML {
        .element(
            "svg",
            [
                "class": style, "viewBox": "0 0 \(n(width)) \(n(height))", "width": n(width),
                "height": n(height), "aria-hidden": "true",
            ], [HTML(source: body)])
    }

    private mutating func add(
        _ name: String, _ attributes: KeyValuePairs<String, String?>, title: String? = nil
    ) {
        let content = title.map { [HTML.element("title", [:], [HTML($0)])] } ?? []
        body += HTML.element(name, attributes, content).source
    }

    private func n(_ value: Double) -> String { Self.coordinate(value) }
}
