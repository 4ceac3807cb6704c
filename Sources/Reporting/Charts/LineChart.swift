/// Values over an axis, a line a series, with bands around them where there are any.
public struct LineChart: Chart {
    public struct Point: Hashable, Sendable {
        public var x: Double
        /// Nil or not finite: a gap in the line.
        public var y: Double?
        /// The ends of the band at this point.
        public var lower: Double?
        public var upper: Double?

        public init(_ x: Double, _ y: Double?, lower: Double? = nil, upper: Double? = nil) {
            self.x = x
            self.y = y
            self.lower = lower
            self.upper = upper
        }
    }

    public struct Series: Sendable {
        public var name: String
        public var style: SeriesStyle
        public var points: [Point]
        /// The position among the points of one that is marked, such as the best epoch.
        public var highlighted: Int?

        public init(
            _ name: String, style: SeriesStyle, points: [Point], highlighted: Int? = nil
        ) {
            self.name = name
            self.style = style
            self.points = points
            self.highlighted = highlighted
        }
    }

    public struct Axis: Sendable {
        public var title: String
        public var isLogarithmic: Bool
        /// Whether there is nothing between whole numbers.
        public var isInteger: Bool
        /// What must be on the axis whatever the values are.
        public var including: [Double]

        public init(
            _ title: String, isLogarithmic: Bool = false, isInteger: Bool = false,
            including: [Double] = []
        ) {
            self.title = title
            self.isLogarithmic = isLogarithmic
            self.isInteger = isInteger
            self.including = including
        }
    }

    /// How series get their names.
    public enum Naming: Sendable {
        /// At the ends of the lines where there is room for all, else in a legend.
        case automatic
        case legend
        /// Somewhere else in the page.
        case none
    }

    public var title: String
    public var x: Axis
    public var y: Axis
    public var series: [Series]
    /// Level lines with names.
    public var references: [(name: String, y: Double)] = []
    public var naming = Naming.automatic
    /// In units of the drawing; the default fits a telephone and half a screen.
    public var width = 400.0
    public var height = 250.0
    public var note: String?

    public init(_ title: String, x: Axis, y: Axis, series: [Series]) {
        self.title = title
        self.x = x
        self.y = y
        self.series = series
    }

    public var legend: [LegendEntry] {
        guard naming != .none, series.count > 1, hasValues, !plot.isNamedAtEnds else { return [] }
        return series.map { .series($0.style, $0.name) }
    }

    public var drawing: HTML {
        guard hasValues else { return EmptyDrawing.html(for: self) }
        return LinePlot(self).html
    }

    public var description: String {
        guard hasValues else { return "no values" }
        let shown = series.prefix(12).map { series -> String in
            let values = series.points.compactMap { point -> (x: Double, y: Double)? in
                guard let y = point.y, y.isFinite else { return nil }
                return (point.x, y)
            }
            guard let first = values.first, let last = values.last else {
                return "\(series.name): no values"
            }
            var text =
                "\(series.name): \(NumberText.significant(first.y)) to "
                + NumberText.significant(last.y)
            if let index = series.highlighted, series.points.indices.contains(index),
                isShown(series.points[index])
            {
                let point = series.points[index]
                text += ", marked \(NumberText.significant(point.y)) at \(number(point.x))"
            }
            return text
        }
        let more = series.count > 12 ? "; and \(series.count - 12) more" : ""
        return "\(y.title) by \(x.title). " + shown.joined(separator: "; ") + more
    }

    private var plot: LinePlot { LinePlot(self) }

    private var hasValues: Bool {
        series.contains { series in
            series.points.contains { isShown($0) }
        }
    }

    func isShown(_ point: Point) -> Bool {
        guard let value = point.y, value.isFinite, point.x.isFinite else { return false }
        return (!x.isLogarithmic || point.x > 0) && (!y.isLogarithmic || value > 0)
    }

    func number(_ value: Double) -> String {
        x.isInteger ? NumberText.fixed(value, 0) : NumberText.significant(value)
    }
}
