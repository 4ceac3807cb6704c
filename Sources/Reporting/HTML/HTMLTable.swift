/// A table of a page: its caption, headings for every column and row, numbers aligned, the best of
/// a column marked.
public struct HTMLTable: Sendable {
    public struct Column: Sendable {
        /// Which value of a column is the best.
        public enum Best: Sendable { case highest, lowest }

        public var heading: String
        public var isNumeric: Bool
        /// Nil where none is better than another.
        public var best: Best?

        public init(_ heading: String, isNumeric: Bool = true, best: Best? = nil) {
            self.heading = heading
            self.isNumeric = isNumeric
            self.best = best
        }
    }

    public struct Cell: Sendable {
        var content: HTML
        /// What is compared with the column's others; nil for a cell that takes no part.
        var value: Double?

        /// Text as it is.
        public static func text(_ text: String) -> Cell { Cell(content: HTML(text)) }

        /// A number with a fixed count of decimals.
        public static func number(_ value: Double?, _ digits: Int) -> Cell {
            Cell(content: HTML(NumberText.fixed(value, digits)), value: value)
        }

        /// A number that is shown as some other text.
        public static func number(_ value: Double?, shown: String) -> Cell {
            Cell(content: HTML(value == nil ? NumberText.missing : shown), value: value)
        }

        /// Whatever else.
        public static func content(_ content: HTML) -> Cell { Cell(content: content) }
    }

    public struct Row: Sendable {
        public var name: String
        public var cells: [Cell]
        /// Whether it stands out, as the ensemble among its members.
        public var isEmphasised: Bool
        /// Whether its values take part in the search for a column's best.
        public var competes: Bool

        public init(
            _ name: String, _ cells: [Cell], isEmphasised: Bool = false, competes: Bool = true
        ) {
            self.name = name
            self.cells = cells
            self.isEmphasised = isEmphasised
            self.competes = competes
        }
    }

    /// Rows that belong together, under a heading of their own where they have one.
    public struct Group: Sendable {
        public var heading: String?
        public var rows: [Row]

        public init(_ heading: String? = nil, _ rows: [Row]) {
            self.heading = heading
            self.rows = rows
        }
    }

    public var caption: String
    /// The heading over the rows' names.
    public var rowHeading: String
    /// The columns after the rows' names.
    public var columns: [Column]
    public var groups: [Group]
    /// A line below the table.
    public var note: String?
    /// What a star means; to be said more precisely where rows take no part that may look better.
    public var star: String

    public init(
        _ caption: String, rowHeading: String, columns: [Column], groups: [Group],
        note: String? = nil, star: String = "best of the column"
    ) {
        for row in groups.flatMap(\.rows) {
            precondition(
                row.cells.count == columns.count,
                "\(row.cells.count) cells, \(columns.count) columns")
        }
        self.caption = caption
        self.rowHeading = rowHeading
        self.columns = columns
        self.groups = groups
        self.note = note
        self.star = star
    }

    public var html: HTML {
        let filled = groups.filter { !$0.rows.isEmpty }
        let bests = columns.indices.map(best)
        let isMarked = bests.contains { $0 != nil }
        var notes = note.map { [$0] } ?? []
        if isMarked { notes.insert("\u{2605} \(star).", at: 0) }
        let table = HTML.element(
            "table", [:],
            [
                .element("caption", [:], [HTML(caption)]),
                .element("thead", [:], [headings]),
            ] + (filled.isEmpty ? [nothing] : filled.map { body($0, bests) }))
        return HTML.element(
            "div", ["class": "table"],
            [
                .scrolling(table, label: caption),
                notes.isEmpty
                    ? .empty : .paragraph(notes.joined(separator: " "), class: "note"),
            ])
    }

    private var nothing: HTML {
        let cell = HTML.element(
            "td", ["colspan": String(columns.count + 1)], [HTML("nothing to show")])
        return .element("tbody", [:], [.element("tr", [:], [cell])])
    }

    private var headings: HTML {
        .element(
            "tr", [:],
            [.element("th", ["scope": "col"], [HTML(rowHeading)])]
                + columns.map { column in
                    .element(
                        "th", ["scope": "col", "class": column.isNumeric ? "number" : nil],
                        [HTML(column.heading)])
                })
    }

    private func body(_ group: Group, _ bests: [String?]) -> HTML {
        var rows: [HTML] = []
        if let heading = group.heading {
            rows.append(
                .element(
                    "tr", ["class": "group"],
                    [
                        .element(
                            "th", ["scope": "rowgroup", "colspan": String(columns.count + 1)],
                            [.element("span", [:], [.name(heading)])])
                    ]))
        }
        for row in group.rows {
            let cells = zip(columns, row.cells).enumerated().map { index, pair in
                let isBest =
                    row.competes && pair.1.value != nil && bests[index] == pair.1.content.source
                return HTML.element(
                    "td", ["class": pair.0.isNumeric ? "number" : nil],
                    [isBest ? Self.marked(pair.1.content) : pair.1.content])
            }
            rows.append(
                .element(
                    "tr", ["class": row.isEmphasised ? "emphasised" : nil],
                    [.element("th", ["scope": "row"], [.name(row.name)])] + cells))
        }
        return .element("tbody", [:], rows)
    }

    /// Bold with a star: neither colour nor weight alone says it, and a screen reader reads it.
    private static func marked(_ content: HTML) -> HTML {
        .element(
            "strong", ["class": "best"],
            [
                content,
                .element(
                    "span", ["class": "star", "role": "img", "aria-label": "best"],
                    [HTML("\u{2605}")]),
            ])
    }

    /// The best as it is shown: what looks the same is equally good.
    private func best(of column: Int) -> String? {
        guard let direction = columns[column].best else { return nil }
        let competing = groups.flatMap(\.rows).filter(\.competes).map { $0.cells[column] }
            .filter { $0.value?.isFinite == true }
        guard competing.count > 1 else { return nil }
        let sorted = competing.sorted { left, right in
            let (left, right) = (left.value ?? 0, right.value ?? 0)
            return direction == .highest ? left > right : left < right
        }
        // Where all are the same, none is the best.
        guard let first = sorted.first, sorted.last?.content != first.content else { return nil }
        return first.content.source
    }
}
