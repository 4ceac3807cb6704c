/// Amounts as level bars, a row each; a bar may be of several parts.
public struct BarChart: Chart {
    public struct Row: Sendable {
        public var name: String
        /// One a part; nil or not finite: nothing is drawn. Only bars of one part may be negative.
        public var values: [Double?]
        /// What stands beside the name; nil for the first value.
        public var text: String?
        public var isEmphasised: Bool

        public init(
            _ name: String, _ values: [Double?], text: String? = nil, isEmphasised: Bool = false
        ) {
            self.name = name
            self.values = values
            self.text = text
            self.isEmphasised = isEmphasised
        }
    }

    public var title: String
    public var axis: String
    /// What the parts are; for bars of one part it may be empty.
    public var parts: [String]
    public var rows: [Row]
    public var note: String?

    private static let rowHeight = 38.0
    private static let top = 2.0

    public init(
        _ title: String, axis: String, parts: [String] = [], rows: [Row], note: String? = nil
    ) {
        for row in rows {
            precondition(
                row.values.count == max(1, parts.count),
                "\(row.values.count) values, \(max(1, parts.count)) parts")
        }
        self.title = title
        self.axis = axis
        self.parts = parts
        self.rows = rows
        self.note = note
    }

    public var legend: [LegendEntry] {
        guard parts.count > 1, hasValues else { return [] }
        return parts.enumerated().map { index, name in
            LegendEntry(
                sample: SeriesStyle.series(index).block(class: Self.style(of: index)), name: name)
        }
    }

    private var hasValues: Bool {
        rows.contains { row in row.values.contains { $0?.isFinite == true } }
    }

    public var description: String {
        guard !rows.isEmpty else { return "no values" }
        return axis + ". "
            + rows.map { row in
                let values = row.values.enumerated().map { index, value in
                    (parts.count > 1 ? "\(parts[index]) " : "") + number(value)
                }
                return "\(row.name): \(row.text ?? values.joined(separator: ", "))"
            }.joined(separator: "; ")
    }

    /// Whether all are counts rather than measures.
    private var areWhole: Bool {
        rows.allSatisfy { row in
            finite(row).allSatisfy { $0 == $0.rounded() && abs($0) < 1e15 }
        }
    }

    /// A count without decimals, a measure with as many digits as matter.
    private func number(_ value: Double?) -> String {
        guard areWhole, let value, value.isFinite else { return NumberText.significant(value) }
        return NumberText.count(Int(value))
    }

    /// Every second part is an outline: parts are told apart without their colours too.
    private static func style(of part: Int) -> String { part % 2 == 0 ? "bar" : "bar light" }

    private func finite(_ row: Row) -> [Double] {
        row.values.map { value in value.flatMap { $0.isFinite ? $0 : nil } ?? 0 }
    }

    public var drawing: HTML {
        guard hasValues else { return EmptyDrawing.html(for: self) }
        let totals = rows.map { finite($0).reduce(0, +) }
        let track = RowTrack(
            ticks: AxisTicks.linear(totals + [0], count: 5), left: 10,
            right: ChartMeasure.width - 16, top: Self.top,
            bottom: Self.top + Self.rowHeight * Double(rows.count) + 6)
        var drawing = SVGDrawing(width: ChartMeasure.width, height: track.bottom + 36)
        track.draw(into: &drawing, title: axis)
        for (index, row) in rows.enumerated() {
            draw(row, at: Self.top + Self.rowHeight * Double(index), track, &drawing)
        }
        let zero = track.across(0)
        drawing.line(zero, Self.top, zero, track.bottom, class: "axis")
        return drawing.html(title: title, description: description)
    }

    private func draw(
        _ row: Row, at y: Double, _ track: RowTrack, _ drawing: inout SVGDrawing
    ) {
        let text = row.text ?? number(row.values[0])
        let style = row.isEmphasised ? "name strong" : "name"
        drawing.text(text, track.right, y + 15, class: "label halo", anchor: .end)
        drawing.name(
            row.name, track.left, y + 15, class: style, size: ChartMeasure.text,
            room: track.right - track.left - 14
                - TextWidth.estimate(text, size: ChartMeasure.small))
        var start = 0.0
        for (index, value) in finite(row).enumerated() where value != 0 {
            let (from, to) = (track.across(start), track.across(start + value))
            let series =
                row.isEmphasised && parts.count < 2
                ? SeriesStyle.ensemble : SeriesStyle.series(index)
            drawing.group(class: series.name) { drawing in
                drawing.rectangle(
                    min(from, to), y + 21, max(abs(to - from) - (parts.count > 1 ? 1 : 0), 0.8), 12,
                    class: Self.style(of: index), radius: 2,
                    title: parts.count > 1
                        ? "\(row.name), \(parts[index]): \(number(value))" : nil)
            }
            start += value
        }
    }
}
