/// A line chart laid out.
struct LinePlot {
    /// A name at the end of a line.
    private struct EndLabel {
        var series: Int
        var end: (x: Double, y: Double)
        /// Where the name stands, moved away from the others.
        var y: Double
    }

    private let chart: LineChart
    private let frame: PlotFrame
    private let labels: [EndLabel]

    private static let labelHeight = 15.0
    private static let widestLabel = 120.0

    var isNamedAtEnds: Bool { !labels.isEmpty }

    init(_ chart: LineChart) {
        self.chart = chart
        let points = chart.series.flatMap(\.points)
        let shown = points.filter { chart.isShown($0) }
        let xs = shown.map(\.x) + chart.x.including
        let ys =
            shown.compactMap(\.y) + points.compactMap(\.lower) + points.compactMap(\.upper)
            + chart.references.map(\.y) + chart.y.including
        let wished = max(4, Int((chart.width / 70).rounded()))
        let x =
            chart.x.isLogarithmic
            ? AxisTicks.logarithmic(xs, count: wished)
            : AxisTicks.linear(xs, count: wished, isInteger: chart.x.isInteger, isTight: true)
        let marks = chart.height < 200 ? 3 : 5
        let y =
            chart.y.isLogarithmic
            ? AxisTicks.logarithmic(ys, count: marks + 1)
            : AxisTicks.linear(ys, count: marks, isInteger: chart.y.isInteger)
        func frame(_ room: Double) -> PlotFrame {
            PlotFrame(
                width: chart.width, height: chart.height, x: x, y: y, xTitle: chart.x.title,
                yTitle: chart.y.title, labelRoom: room)
        }
        let names = chart.series.map {
            TextWidth.estimate($0.name, size: ChartMeasure.small)
        }
        let widest = names.max() ?? 0
        if chart.naming == .automatic, (2...6).contains(names.count), widest <= Self.widestLabel {
            let narrower = frame(widest + 24)
            let labels = Self.endLabels(chart, narrower)
            self.labels = labels
            self.frame = labels.isEmpty ? frame(0) : narrower
        } else {
            labels = []
            self.frame = frame(0)
        }
    }

    /// A label for every series, spread so that none covers another; none at all where one would
    /// have to move too far from its line.
    private static func endLabels(_ chart: LineChart, _ frame: PlotFrame) -> [EndLabel] {
        var labels: [EndLabel] = []
        for (index, series) in chart.series.enumerated() {
            guard let last = series.points.last(where: { chart.isShown($0) }), let value = last.y,
                let x = frame.across(last.x), let y = frame.down(value)
            else { return [] }
            labels.append(EndLabel(series: index, end: (x, y), y: y))
        }
        labels.sort { ($0.end.y, $0.series) < ($1.end.y, $1.series) }
        for index in labels.indices.dropFirst() {
            labels[index].y = max(labels[index].y, labels[index - 1].y + labelHeight)
        }
        // Those that left at the bottom push the others up again.
        var limit = frame.bottom
        for index in labels.indices.reversed() {
            labels[index].y = min(labels[index].y, limit)
            limit = labels[index].y - labelHeight
        }
        let isFar = labels.contains { abs($0.y - $0.end.y) > 3 * labelHeight }
        let isOutside = labels.contains { $0.y < frame.top - 6 }
        return isFar || isOutside ? [] : labels
    }

    var html: HTML {
        var drawing = SVGDrawing(width: chart.width, height: chart.height)
        frame.draw(into: &drawing)
        for series in chart.series {
            drawing.group(class: series.style.name) { drawing in
                drawing.path(band(series), class: "band")
            }
        }
        drawReferences(&drawing)
        for (index, series) in chart.series.enumerated() {
            drawing.group(class: series.style.name) { drawing in
                drawing.path(line(series), class: "line", dash: series.style.dash)
                drawMarkers(&drawing, series, index)
            }
        }
        for series in chart.series { drawHighlight(&drawing, series) }
        drawLabels(&drawing)
        return drawing.html(title: chart.title, description: chart.description)
    }

    private func place(_ point: LineChart.Point) -> (x: Double, y: Double)? {
        guard chart.isShown(point), let value = point.y, let x = frame.across(point.x),
            let y = frame.down(value)
        else { return nil }
        return (x, y)
    }

    private func line(_ series: LineChart.Series) -> String {
        var runs: [[String]] = [[]]
        for point in series.points {
            guard let (x, y) = place(point) else {
                runs.append([])
                continue
            }
            let text = Self.pair(x, y)
            // Points that fall on one another are one: a long history stays small.
            if runs[runs.count - 1].last != text { runs[runs.count - 1].append(text) }
        }
        // A point between two gaps is a line of no length, whose round ends show.
        return runs.filter { !$0.isEmpty }
            .map { "M" + $0.joined(separator: "L") + ($0.count == 1 ? "h0" : "") }.joined()
    }

    private static func pair(_ x: Double, _ y: Double) -> String {
        "\(SVGDrawing.coordinate(x)) \(SVGDrawing.coordinate(y))"
    }

    private func band(_ series: LineChart.Series) -> String {
        var data = ""
        var upper: [String] = []
        var lower: [String] = []
        func close() {
            if upper.count > 1 {
                data += "M" + (upper + lower.reversed()).joined(separator: "L") + "Z"
            }
            (upper, lower) = ([], [])
        }
        for point in series.points {
            guard let low = point.lower, let high = point.upper, let x = frame.across(point.x),
                let bottom = frame.down(low), let top = frame.down(high)
            else {
                close()
                continue
            }
            upper.append(Self.pair(x, top))
            lower.append(Self.pair(x, bottom))
        }
        close()
        return data
    }

    /// Markers at every point of a short line, at some of a long one, not the same for all.
    private func drawMarkers(
        _ drawing: inout SVGDrawing, _ series: LineChart.Series, _ index: Int
    ) {
        let shown = series.points.indices.filter { place(series.points[$0]) != nil }
        // Small drawings have room for lines only.
        guard chart.width >= 300 || shown.count == 1 else { return }
        let every = shown.count <= 16 ? 1 : shown.count / 7
        for (position, pointIndex) in shown.enumerated()
        where position % every == (every == 1 ? 0 : (3 * index + every / 2) % every) {
            let point = series.points[pointIndex]
            guard let (x, y) = place(point) else { continue }
            drawing.marker(
                series.style.marker, x, y, size: 3.4,
                title: "\(series.name), \(chart.x.title) \(chart.number(point.x)): "
                    + NumberText.significant(point.y))
        }
    }

    private func drawHighlight(_ drawing: inout SVGDrawing, _ series: LineChart.Series) {
        guard let index = series.highlighted, series.points.indices.contains(index),
            let (x, y) = place(series.points[index])
        else { return }
        let point = series.points[index]
        drawing.group(class: series.style.name) { drawing in
            drawing.line(x, y, x, frame.bottom, class: "drop")
            drawing.circle(
                x, y, radius: 5, class: "ring",
                title: "\(series.name), marked at \(chart.x.title) \(chart.number(point.x)): "
                    + NumberText.significant(point.y))
        }
    }

    private func drawReferences(_ drawing: inout SVGDrawing) {
        for reference in chart.references {
            guard let y = frame.down(reference.y) else { continue }
            drawing.line(frame.left, y, frame.right, y, class: "reference")
            drawing.name(
                reference.name, frame.left + 4, y - 4, class: "label", size: ChartMeasure.small,
                room: frame.right - frame.left - 8)
        }
    }

    private func drawLabels(_ drawing: inout SVGDrawing) {
        for label in labels {
            let series = chart.series[label.series]
            let x = frame.right + 6
            drawing.group(class: series.style.name) { drawing in
                drawing.path(
                    "M\(Self.pair(label.end.x, label.end.y))L\(Self.pair(x, label.y))",
                    class: "leader")
                drawing.marker(series.style.marker, x + 5, label.y, size: 3.4)
            }
            drawing.text(
                series.name, x + 13, label.y + 0.35 * ChartMeasure.small, class: "name small")
        }
    }
}
