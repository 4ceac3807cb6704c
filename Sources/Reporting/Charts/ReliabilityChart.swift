/// Whether probabilities mean what they say: how often pixels are of a class, by how probable the
/// model found it; on the diagonal both are the same.
public struct ReliabilityChart: Chart {
    public struct Bin: Hashable, Sendable {
        /// The mean probability of the bin's pixels, 0 to 1.
        public var confidence: Double
        /// How many of them are of the class, 0 to 1.
        public var frequency: Double
        public var count: Int

        public init(confidence: Double, frequency: Double, count: Int) {
            self.confidence = confidence
            self.frequency = frequency
            self.count = count
        }
    }

    public struct Series: Sendable {
        public var name: String
        public var style: SeriesStyle
        public var bins: [Bin]
        /// The expected calibration error, where it is known.
        public var error: Double?

        public init(_ name: String, style: SeriesStyle, bins: [Bin], error: Double? = nil) {
            self.name = name
            self.style = style
            self.bins = bins
            self.error = error
        }

        var shown: [Bin] {
            bins.filter { $0.count > 0 && $0.confidence.isFinite && $0.frequency.isFinite }
        }

        var note: String { error.map { ", error \(NumberText.fixed($0, 3))" } ?? "" }
    }

    public var title: String
    public var series: [Series]

    public init(_ title: String, series: [Series]) {
        self.title = title
        self.series = series
    }

    public var legend: [LegendEntry] {
        hasValues ? series.map { .series($0.style, $0.name, note: $0.note) } : []
    }

    public var note: String? {
        hasValues
            ? "Points grow with the number of pixels. Below the diagonal the class is there less often "
                + "than the model says, above it more often. Error: expected calibration error."
            : nil
    }

    private var hasValues: Bool { series.contains { !$0.shown.isEmpty } }

    public var description: String {
        guard hasValues else { return "no values" }
        return "Observed frequency by predicted probability. "
            + series.map { series in
                let worst = series.shown.max {
                    abs($0.frequency - $0.confidence) < abs($1.frequency - $1.confidence)
                }
                guard let worst else { return "\(series.name): no values" }
                return "\(series.name)\(series.note): farthest from the diagonal at probability "
                    + "\(NumberText.fixed(worst.confidence, 2)), observed "
                    + NumberText.fixed(worst.frequency, 2)
            }.joined(separator: "; ")
    }

    public var drawing: HTML {
        guard hasValues else { return EmptyDrawing.html(for: self) }
        let ticks = AxisTicks.linear([0, 1], count: 5)
        let frame = PlotFrame(
            width: ChartMeasure.width, height: 380, x: ticks, y: ticks,
            xTitle: "predicted probability", yTitle: "observed frequency")
        var drawing = SVGDrawing(width: frame.width, height: frame.height)
        frame.draw(into: &drawing)
        drawing.line(frame.left, frame.bottom, frame.right, frame.top, class: "zero dashed")
        let most = Double(series.flatMap { $0.shown.map(\.count) }.max() ?? 1)
        for series in series {
            let points = series.shown.sorted { $0.confidence < $1.confidence }.compactMap { bin in
                frame.across(bin.confidence).flatMap { x in
                    frame.down(bin.frequency).map { (x: x, y: $0, bin: bin) }
                }
            }
            let line = points.map {
                "\(SVGDrawing.coordinate($0.x)) \(SVGDrawing.coordinate($0.y))"
            }.joined(separator: "L")
            drawing.group(class: series.style.name) { drawing in
                drawing.path(line.isEmpty ? "" : "M" + line, class: "line", dash: series.style.dash)
                for point in points {
                    // The area is in proportion, down to what can be seen.
                    let size = max(2.2, 9 * (Double(point.bin.count) / most).squareRoot())
                    drawing.marker(
                        series.style.marker, point.x, point.y, size: size, class: "mark soft",
                        title: "\(series.name): predicted "
                            + "\(NumberText.fixed(point.bin.confidence, 3)), observed "
                            + "\(NumberText.fixed(point.bin.frequency, 3)), "
                            + "\(NumberText.count(point.bin.count)) pixels")
                }
            }
        }
        return drawing.html(title: title, description: description)
    }
}
