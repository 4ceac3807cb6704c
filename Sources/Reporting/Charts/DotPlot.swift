/// How scores are spread: a row a model, a dot an image, the box from the lower to the upper
/// quartile, a line at the median.
public struct DotPlot: Chart {
    public struct Row: Sendable {
        public var name: String
        /// Names of images with their scores; nil for one without.
        public var values: [(id: String, value: Double?)]
        public var style: SeriesStyle

        public init(
            _ name: String, values: [(id: String, value: Double?)], style: SeriesStyle
        ) {
            self.name = name
            self.values = values
            self.style = style
        }
    }

    public var title: String
    /// What is measured.
    public var axis: String
    public var rows: [Row]
    /// Beyond this many values a row is an outline of their frequencies.
    static let mostDots = 400
    /// Rings of a row: some of the worst, which somebody may want to look at.
    private static let mostRings = 20

    private static let rowHeight = 58.0
    private static let top = 4.0

    public init(_ title: String, axis: String, rows: [Row]) {
        self.title = title
        self.axis = axis
        self.rows = rows
    }

    public var note: String? {
        let spreads = rows.compactMap { Distribution($0.values.map(\.value)) }
        guard !spreads.isEmpty else { return nil }
        let isOutlined = spreads.contains { $0.sorted.count > Self.mostDots }
        let outliers =
            spreads.map { spread in spread.sorted.count { $0 < spread.fence } }.max() ?? 0
        return (isOutlined ? "Outline: how many images have a score. " : "Dot: an image. ")
            + "Box: the middle half. Line: median."
            + (outliers > 0
                ? " Ring: an image far below the box"
                    + (outliers > Self.mostRings ? ", the \(Self.mostRings) worst of a row" : "")
                    + "; hover for its name." : "")
    }

    public var description: String {
        guard !rows.isEmpty else { return "no values" }
        return axis + ". "
            + rows.map { row in
                guard let spread = Distribution(row.values.map(\.value)) else {
                    return "\(row.name): no values"
                }
                return "\(row.name): \(Self.text(spread))"
            }.joined(separator: "; ")
    }

    private static func text(_ spread: Distribution) -> String {
        "median \(NumberText.fixed(spread.median, 3)), quartiles "
            + "\(NumberText.fixed(spread.lowerQuartile, 3)) and "
            + "\(NumberText.fixed(spread.upperQuartile, 3)), "
            + NumberText.counted(spread.sorted.count, "image")
            + (spread.zeros > 0 ? ", \(NumberText.count(spread.zeros)) of them at 0" : "")
    }

    /// What stands beside a name. Images at 0 failed altogether; a median does not tell of them.
    private static func label(_ spread: Distribution) -> String {
        "median \(NumberText.fixed(spread.median, 3))"
            + (spread.zeros > 0 ? ", \(NumberText.count(spread.zeros)) at 0" : "")
    }

    public var drawing: HTML {
        let spreads = rows.map { Distribution($0.values.map(\.value)) }
        guard spreads.contains(where: { $0 != nil }) else {
            return EmptyDrawing.html(for: self)
        }
        let track = RowTrack(
            ticks: AxisTicks.linear(spreads.flatMap { $0?.sorted ?? [] }, count: 5), left: 10,
            right: ChartMeasure.width - 14, top: Self.top,
            bottom: Self.top + Self.rowHeight * Double(rows.count) + 4)
        var drawing = SVGDrawing(width: ChartMeasure.width, height: track.bottom + 36)
        track.draw(into: &drawing, title: axis)
        for (index, row) in rows.enumerated() {
            let y = Self.top + Self.rowHeight * Double(index)
            let text = spreads[index].map(Self.label) ?? NumberText.missing
            drawing.text(text, track.right, y + 15, class: "label halo", anchor: .end)
            drawing.name(
                row.name, track.left, y + 15,
                class: row.style == .ensemble ? "name strong" : "name",
                size: ChartMeasure.text,
                room: track.right - track.left - 14
                    - TextWidth.estimate(text, size: ChartMeasure.small))
            guard let spread = spreads[index] else { continue }
            drawing.group(class: row.style.name) {
                draw(row, spread, around: y + 37, track, &$0)
            }
        }
        return drawing.html(title: title, description: description)
    }

    private func draw(
        _ row: Row, _ spread: Distribution, around middle: Double, _ track: RowTrack,
        _ drawing: inout SVGDrawing
    ) {
        let (start, end) = (track.across(spread.lowerQuartile), track.across(spread.upperQuartile))
        drawing.rectangle(start, middle - 13, end - start, 26, class: "box", radius: 3)
        if spread.sorted.count > Self.mostDots {
            drawing.path(outline(spread, around: middle, track), class: "outline")
        } else {
            drawing.path(dots(spread, around: middle, track), class: "dots")
        }
        let median = track.across(spread.median)
        drawing.line(median, middle - 14, median, middle + 14, class: "median")
        let outliers = row.values.enumerated().compactMap { index, entry in
            entry.value.map { (id: entry.id, value: $0, index: index) }
        }.filter { $0.value.isFinite && $0.value < spread.fence }
            .sorted { ($0.value, $0.index) < ($1.value, $1.index) }
        for outlier in outliers.prefix(Self.mostRings) {
            drawing.circle(
                track.across(outlier.value), middle, radius: 4.5, class: "ring thin",
                title: "\(outlier.id): \(NumberText.fixed(outlier.value, 3))")
        }
    }

    /// Points at their values, moved up or down until they do not cover one another.
    private func dots(_ spread: Distribution, around middle: Double, _ track: RowTrack) -> String {
        let diameter = spread.sorted.count > 150 ? 2.6 : 3.6
        let offsets = [0.0] + (1...4).flatMap { [Double($0) * diameter, -Double($0) * diameter] }
        var placed: [(x: Double, offset: Double)] = []
        for value in spread.sorted {
            let x = track.across(value)
            let near = placed.reversed().prefix { x - $0.x < diameter }
            let free = offsets.first { offset in
                !near.contains { abs($0.offset - offset) < diameter / 2 }
            }
            placed.append((x, free ?? 0))
        }
        return placed.map {
            "M\(SVGDrawing.coordinate($0.x)) \(SVGDrawing.coordinate(middle + $0.offset))h0"
        }.joined()
    }

    private func outline(
        _ spread: Distribution, around middle: Double, _ track: RowTrack
    ) -> String {
        let width = 5.0
        let bins = Int(((track.right - track.left) / width).rounded(.up))
        var counts = [Int](repeating: 0, count: bins)
        for value in spread.sorted {
            let bin = Int((track.across(value) - track.left) / width)
            counts[min(bins - 1, max(0, bin))] += 1
        }
        let most = Double(counts.max() ?? 1)
        let heights = counts.map { 14 * Double($0) / most }
        func side(_ sign: Double) -> [String] {
            heights.enumerated().map { bin, height in
                let x = SVGDrawing.coordinate(track.left + (Double(bin) + 0.5) * width)
                return "\(x) \(SVGDrawing.coordinate(middle - sign * height))"
            }
        }
        return "M" + (side(1) + side(-1).reversed()).joined(separator: "L") + "Z"
    }
}
