/// The level axis that the rows of a chart share, with its grid behind them.
struct RowTrack {
    let ticks: AxisTicks
    let left: Double
    let right: Double
    let top: Double
    let bottom: Double

    func across(_ value: Double) -> Double {
        left + (ticks.position(value) ?? 0) * (right - left)
    }

    /// The grid, its labels below, and the axis' title below those.
    func draw(into drawing: inout SVGDrawing, title: String) {
        let small = ChartMeasure.small
        var lastEnd = -Double.infinity
        for tick in ticks.ticks {
            let x = across(tick.value)
            drawing.line(x, top, x, bottom, class: "grid")
            let half = TextWidth.estimate(tick.label, size: small) / 2
            // Drawn whole inside the picture.
            let middle = min(max(x, half), drawing.width - half)
            guard middle - half > lastEnd + 5 else { continue }
            lastEnd = middle + half
            drawing.text(tick.label, middle, bottom + 15, class: "label", anchor: .middle)
        }
        drawing.name(
            title, left, bottom + 32, class: "label title", size: small,
            room: drawing.width - left)
    }
}
