/// Differences with their intervals, a row each, around zero: who is better, and how sure that is.
public struct IntervalPlot: Chart {
    public struct Row: Sendable {
        public var name: String
        public var mean: Double?
        /// The ends of the 95 % interval; nil where there is none.
        public var lower: Double?
        public var upper: Double?
        /// On how many images the difference is positive, zero, negative.
        public var counts: (wins: Int, ties: Int, losses: Int)?
        /// Whether it stands out, as the mean member among the members.
        public var isEmphasised: Bool

        public init(
            _ name: String, mean: Double?, lower: Double? = nil, upper: Double? = nil,
            counts: (wins: Int, ties: Int, losses: Int)? = nil, isEmphasised: Bool = false
        ) {
            self.name = name
            self.mean = mean
            self.lower = lower
            self.upper = upper
            self.counts = counts
            self.isEmphasised = isEmphasised
        }

        /// The interval where there is one.
        var interval: ClosedRange<Double>? {
            guard let lower, let upper, lower.isFinite, upper.isFinite, lower <= upper else {
                return nil
            }
            return lower...upper
        }

        /// Whether the interval leaves out zero.
        var isClear: Bool { interval.map { !$0.contains(0) } ?? false }
    }

    public var title: String
    /// What is subtracted from what.
    public var axis: String
    /// What a negative and a positive difference mean.
    public var sides: (negative: String, positive: String)
    public var rows: [Row]
    /// Decimals of the means.
    public var digits: Int
    /// What else belongs below the drawing.
    public var remark: String?

    private static let rowHeight = 46.0
    private static let top = 26.0

    public init(
        _ title: String, axis: String,
        sides: (negative: String, positive: String) = ("worse", "better"), rows: [Row],
        digits: Int = 4
    ) {
        self.title = title
        self.axis = axis
        self.sides = sides
        self.rows = rows
        self.digits = digits
    }

    public var note: String? {
        guard rows.contains(where: { $0.mean?.isFinite == true }) else { return nil }
        let counted = rows.contains { $0.counts != nil }
        return "Point: mean difference, filled where the interval leaves out zero. Bar: "
            + "95\u{A0}% interval."
            + (counted
                ? " Counts of images: \(sides.positive), equal, \(sides.negative)." : "")
            + (remark.map { " " + $0 } ?? "")
    }

    public var description: String {
        guard !rows.isEmpty else { return "no values" }
        return axis + ". " + rows.map { describe($0) }.joined(separator: "; ")
    }

    private func describe(_ row: Row) -> String {
        var text = "\(row.name): \(NumberText.signed(row.mean, digits))"
        if let interval = row.interval {
            text +=
                ", 95 % interval \(NumberText.signed(interval.lowerBound, digits)) to "
                + NumberText.signed(interval.upperBound, digits)
        }
        if let counts = row.counts {
            text +=
                ", \(sides.positive) on \(counts.wins), equal on \(counts.ties), "
                + "\(sides.negative) on \(counts.losses)"
        }
        return text
    }

    public var drawing: HTML {
        guard rows.contains(where: { $0.mean?.isFinite == true }) else {
            return EmptyDrawing.html(for: self)
        }
        let values = rows.flatMap { row in
            [row.mean, row.interval?.lowerBound, row.interval?.upperBound].compactMap { $0 }
        }
        let texts = rows.map { NumberText.signed($0.mean, digits) }
        let numberRoom =
            (texts.map { TextWidth.estimate($0, size: ChartMeasure.text) }.max() ?? 0) + 12
        let track = RowTrack(
            ticks: AxisTicks.linear(values + [0], count: 5), left: 10,
            right: ChartMeasure.width - numberRoom - 6, top: Self.top,
            bottom: Self.top + Self.rowHeight * Double(rows.count) + 4)
        var drawing = SVGDrawing(width: ChartMeasure.width, height: track.bottom + 36)
        track.draw(into: &drawing, title: axis)
        drawSides(&drawing, zero: track.across(0), bottom: track.bottom)
        let counts = countTexts(within: track.right - track.left)
        for (index, row) in rows.enumerated() {
            draw(
                row, at: Self.top + Self.rowHeight * Double(index), track, texts[index],
                counts: counts[index], &drawing)
        }
        return drawing.html(title: title, description: description)
    }

    /// The line at zero, and what it means to be on either side of it.
    private func drawSides(_ drawing: inout SVGDrawing, zero: Double, bottom: Double) {
        drawing.line(zero, Self.top - 8, zero, bottom, class: "zero")
        let size = ChartMeasure.small
        let (left, right) = ("◂ " + sides.negative, sides.positive + " ▸")
        // A side without room has no differences on it either.
        if TextWidth.estimate(left, size: size) < zero - 8 {
            drawing.text(left, zero - 8, 12, class: "label", anchor: .end)
        }
        if TextWidth.estimate(right, size: size) < drawing.width - zero - 8 {
            drawing.text(right, zero + 8, 12, class: "label")
        }
    }

    /// In words where there is room for them beside every name, else as numbers.
    private func countTexts(within room: Double) -> [String] {
        let long = rows.map { row in
            row.counts.map { counts in
                "\(counts.wins) \(sides.positive) · \(counts.ties) equal · "
                    + "\(counts.losses) \(sides.negative)"
            } ?? ""
        }
        let doFit = zip(rows, long).allSatisfy { row, text in
            TextWidth.estimate(row.name, size: ChartMeasure.text)
                + TextWidth.estimate(text, size: ChartMeasure.small) + 20 <= room
        }
        if doFit { return long }
        return rows.map { row in
            row.counts.map { "\($0.wins) : \($0.ties) : \($0.losses)" } ?? ""
        }
    }

    private func draw(
        _ row: Row, at y: Double, _ track: RowTrack, _ text: String, counts: String,
        _ drawing: inout SVGDrawing
    ) {
        let countRoom = TextWidth.estimate(counts, size: ChartMeasure.small)
        drawing.name(
            row.name, track.left, y + 15, class: row.isEmphasised ? "name strong" : "name",
            size: ChartMeasure.text, room: track.right - track.left - countRoom - 14)
        drawing.text(counts, track.right, y + 15, class: "label halo", anchor: .end)
        let middle = y + 31
        drawing.text(
            text, ChartMeasure.width - 2, middle + 4,
            class: row.isEmphasised ? "name strong" : "name", anchor: .end)
        guard let mean = row.mean, mean.isFinite else { return }
        drawing.group(class: row.isEmphasised ? "se" : "s0") { drawing in
            if let interval = row.interval {
                let start = track.across(interval.lowerBound)
                let end = track.across(interval.upperBound)
                drawing.line(start, middle, end, middle, class: "interval")
                for edge in [start, end] {
                    drawing.line(edge, middle - 5, edge, middle + 5, class: "interval thin")
                }
            }
            drawing.marker(
                row.isEmphasised ? .diamond : .circle, track.across(mean), middle, size: 5,
                class: row.isClear ? "mark" : "mark open", title: describe(row))
        }
    }
}
