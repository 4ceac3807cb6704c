/// How the marks of drawings look, by class.
enum ChartStyle {
    static let sheet = """
        \(series)
        .chart svg.plot{display:block;width:100%;height:auto;max-width:31rem;overflow:visible}
        .scroll svg.plot{max-width:none}
        .tiles .chart{margin:0}
        .tiles .chart figcaption{font-size:.85rem;font-weight:500}
        svg text{font-size:12.5px;fill:var(--ink);pointer-events:none}
        svg text:has(title){pointer-events:auto}
        svg .label{font-size:11.5px;fill:var(--muted)}
        svg .small{font-size:11.5px}
        svg .strong{font-weight:700}
        svg .title{font-style:normal;fill:var(--muted)}
        svg .halo{paint-order:stroke;stroke:var(--page);stroke-width:4px;stroke-linejoin:round}
        svg .name{paint-order:stroke;stroke:var(--page);stroke-width:4px;stroke-linejoin:round}
        svg .grid{stroke:var(--rule);stroke-width:1;fill:none}
        svg .faint{stroke-opacity:.5}
        svg .axis{stroke:var(--muted);stroke-width:1}
        svg .zero{stroke:var(--ink);stroke-width:1.4}
        svg .dashed{stroke-dasharray:5 4;stroke-width:1.2;stroke:var(--muted)}
        svg .reference{stroke:var(--muted);stroke-width:1.2;stroke-dasharray:2 3}
        svg .line{stroke:var(--c);stroke-width:2;fill:none;stroke-linejoin:round;
        stroke-linecap:round}
        svg .se .line{stroke-width:2.8}
        svg .band{fill:var(--c);fill-opacity:.16}
        svg .mark{fill:var(--c);stroke:var(--page);stroke-width:1}
        svg .open{fill:var(--page);stroke:var(--c);stroke-width:2}
        svg .soft{fill-opacity:.75}
        svg .ring{fill:var(--page);stroke:var(--c);stroke-width:2.4}
        svg .ring.thin{fill:none;stroke-width:1.2;pointer-events:all}
        svg .drop{stroke:var(--c);stroke-width:1.2;stroke-dasharray:1.5 3}
        svg .leader{stroke:var(--c);stroke-width:1;stroke-opacity:.6;fill:none}
        svg .interval{stroke:var(--c);stroke-width:3}
        svg .interval.thin{stroke-width:1.6}
        svg .box{fill:var(--c);fill-opacity:.17;stroke:var(--c);stroke-opacity:.55}
        svg .median{stroke:var(--ink);stroke-width:2.4}
        svg .dots{stroke:var(--c);stroke-width:3.2;stroke-linecap:round;fill:none;stroke-opacity:.85}
        svg .outline{fill:var(--c);fill-opacity:.5;stroke:var(--c)}
        svg .bar{fill:var(--c)}
        svg .bar.light{fill-opacity:.25;stroke:var(--c);stroke-width:1.2}
        svg .empty{fill:none;stroke:var(--rule);stroke-dasharray:4 4}
        svg .cell{fill:var(--cell,none)}
        svg .cell-text{fill:var(--cell-ink,var(--muted));pointer-events:none}
        svg .minor{font-size:10.5px}
        """

    private static let series =
        (0..<SeriesStyle.colors).map { ".s\($0){--c:var(--s\($0))}" }.joined(separator: "\n")
        + "\n.se{--c:var(--ink)}\n.sr{--c:var(--muted)}"
}

extension SeriesStyle {
    /// Okabe and Ito's blue, vermillion, green, purple, orange, sky and yellow, darkened until they
    /// stand out from white at 3 to 1 or more.
    static let lightColors = [
        "#0072b2", "#cc5500", "#00805c", "#a8558c", "#b57200", "#2a8fcb", "#857600",
    ]

    /// The same, lightened for dark screens.
    static let darkColors = [
        "#56b4e9", "#f5894f", "#2cc79a", "#e29ac4", "#e6a817", "#8ea6f8", "#d9d06a",
    ]

    static func variables(_ colors: [String]) -> String {
        colors.enumerated().map { "--s\($0.offset):\($0.element);" }.joined()
    }
}
