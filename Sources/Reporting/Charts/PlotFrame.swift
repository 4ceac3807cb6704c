/// The axes of a plot and the room between them.
struct PlotFrame {
    let width: Double
    let height: Double
    let x: AxisTicks
    let y: AxisTicks
    let xTitle: String
    let yTitle: String
    let left: Double
    let top: Double
    let right: Double
    let bottom: Double

    /// - Parameter labelRoom: kept free at the right.
    init(
        width: Double, height: Double, x: AxisTicks, y: AxisTicks, xTitle: String, yTitle: String,
        labelRoom: Double = 0
    ) {
        self.width = width
        self.height = height
        self.x = x
        self.y = y
        self.xTitle = xTitle
        self.yTitle = yTitle
        let labels = y.ticks.map { TextWidth.estimate($0.label, size: ChartMeasure.small) }
        left = (labels.max() ?? 0) + 10
        // Half of the last label of the x axis may stand out.
        let outer = TextWidth.estimate(x.ticks.last?.label ?? "", size: ChartMeasure.small) / 2
        right = width - max(labelRoom, outer + 2, 8)
        top = yTitle.isEmpty ? 8 : 26
        bottom = height - (xTitle.isEmpty ? 20 : 38)
    }

    /// Nil for what cannot be shown, such as zero on a logarithmic axis.
    func across(_ value: Double) -> Double? {
        x.position(value).map { left + $0 * (right - left) }
    }

    func down(_ value: Double) -> Double? {
        y.position(value).map { bottom - $0 * (bottom - top) }
    }

    /// Grid, marks and titles; data goes on top.
    func draw(into drawing: inout SVGDrawing) {
        let small = ChartMeasure.small
        for tick in y.ticks {
            guard let position = down(tick.value) else { continue }
            drawing.line(
                left, position, right, position, class: tick.label.isEmpty ? "grid faint" : "grid")
            drawing.text(
                tick.label, left - 6, position + 0.35 * small, class: "label", anchor: .end)
        }
        if !y.isLogarithmic, y.domain.contains(0), y.domain.lowerBound < 0,
            let zero = down(0)
        {
            drawing.line(left, zero, right, zero, class: "axis")
        }
        drawing.line(left, bottom, right, bottom, class: "axis")
        var lastEnd = -Double.infinity
        for tick in x.ticks {
            guard let position = across(tick.value) else { continue }
            drawing.line(position, bottom, position, bottom + 4, class: "axis")
            // A label that would touch the one before it is left out; its mark stays.
            let half = TextWidth.estimate(tick.label, size: small) / 2
            guard position - half > lastEnd + 5 else { continue }
            lastEnd = position + half
            drawing.text(tick.label, position, bottom + 16, class: "label", anchor: .middle)
        }
        drawing.name(
            xTitle, right, bottom + 33, class: "label title", size: small, room: right - left,
            anchor: .end)
        drawing.name(
            yTitle, 0, 12, class: "label title", size: small, room: width)
    }
}
