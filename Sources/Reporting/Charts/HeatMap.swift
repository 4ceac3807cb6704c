/// A table of shaded cells: a confusion matrix, or how much models disagree.
public struct HeatMap: Chart {
    public struct Cell: Sendable {
        /// How dark it is, 0 to 1; nil for a cell without a value.
        public var shade: Double?
        /// What stands in it, one line below the other.
        public var lines: [String]
        /// What it says in a sentence, shown on hovering.
        public var sentence: String

        public init(shade: Double?, lines: [String], sentence: String) {
            self.shade = shade
            self.lines = lines
            self.sentence = sentence
        }
    }

    public var title: String
    public var rowTitle: String
    public var columnTitle: String
    public var rows: [String]
    public var columns: [String]
    /// [row][column].
    public var cells: [[Cell]]
    /// Of a cell.
    var cellWidth = 46.0
    var cellHeight = 32.0
    public var description: String
    public var note: String?

    public init(
        _ title: String, rowTitle: String, columnTitle: String, rows: [String], columns: [String],
        cells: [[Cell]], description: String, note: String? = nil
    ) {
        precondition(
            cells.count == rows.count && cells.allSatisfy { $0.count == columns.count },
            "cells for other rows or columns")
        self.title = title
        self.rowTitle = rowTitle
        self.columnTitle = columnTitle
        self.rows = rows
        self.columns = columns
        self.cells = cells
        self.description = description
        self.note = note
    }

    /// Counts of pixels, a row a true class: percent of the row, and the count below it.
    ///
    /// Of many classes those with the most pixels are shown, and the others together.
    ///
    /// - Parameter counts: [truth][prediction].
    public static func confusion(
        _ title: String, classes: [String], counts: [[Int]]
    ) -> HeatMap {
        let bounded = BoundedConfusion(classes: classes, counts: counts)
        let classes = bounded.classes
        let cells = bounded.counts.enumerated().map { truth, row in
            let total = row.reduce(0, +)
            return row.enumerated().map { prediction, count in
                let part = total > 0 ? Double(count) / Double(total) : nil
                return Cell(
                    shade: part, lines: [share(part), NumberText.compact(count)],
                    sentence: "\(classes[truth]) predicted as \(classes[prediction]): "
                        + "\(NumberText.count(count)) pixels, \(share(part)) of the true ones")
            }
        }
        // Those that are put together may be taken for one another: their diagonal is not right.
        let diagonal = classes.indices.dropLast(bounded.merged > 0 ? 1 : 0).map { index in
            "\(classes[index]) \(cells[index][index].lines[0])"
        }
        var map = HeatMap(
            title, rowTitle: "truth", columnTitle: "prediction", rows: classes, columns: classes,
            cells: cells,
            description: "Rows are true classes, columns predicted ones. Right: "
                + diagonal.joined(separator: ", "),
            note: classes.isEmpty
                ? nil
                : "Percent of a true class's pixels, and their number; rows add up to 100\u{A0}%."
                    + (bounded.merged > 0
                        ? " The \(classes.count - 1) classes with the most pixels; the other "
                            + "\(bounded.merged) are put together, right or not among themselves."
                        : ""))
        (map.cellWidth, map.cellHeight) = (58, 46)
        return map
    }

    /// Percent with one decimal where it would else be 0 or 100 without being it.
    private static func share(_ part: Double?) -> String {
        guard let part else { return NumberText.missing }
        let isNearEnd = (part > 0 && part < 0.01) || (part > 0.99 && part < 1)
        if part > 0, part < 0.0005 { return "<0.1\u{A0}%" }
        if part > 0.9995, part < 1 { return ">99.9\u{A0}%" }
        return NumberText.percent(part, isNearEnd ? 1 : 0)
    }

    /// A value for every pair of models; the diagonal is left out.
    ///
    /// - Parameters:
    ///   - values: [model][model].
    ///   - quantity: what the values are, such as "pixels on which two members disagree".
    public static func pairs(
        _ title: String, names: [String], values: [[Double?]], quantity: String
    ) -> HeatMap {
        let shown = values.enumerated().flatMap { row, line in
            line.enumerated().compactMap { column, value in row == column ? nil : value }
        }.filter(\.isFinite)
        let most = shown.max() ?? 0
        let cells = values.enumerated().map { row, line in
            line.enumerated().map { column, value in
                guard row != column else { return Cell(shade: nil, lines: [], sentence: "") }
                let isThere = value?.isFinite == true
                let text = percentDigits(value)
                return Cell(
                    shade: isThere ? (most > 0 ? (value ?? 0) / most : 0) : nil, lines: [text],
                    sentence: "\(names[row]) and \(names[column]): \(text)")
            }
        }
        var description = "\(quantity). No pairs"
        if let least = shown.min() {
            description =
                "\(quantity), for every pair: from \(percentDigits(least)) to "
                + percentDigits(most)
        }
        return HeatMap(
            title, rowTitle: "", columnTitle: "", rows: names, columns: names, cells: cells,
            description: description, note: shown.isEmpty ? nil : quantity + ".")
    }

    private static func percentDigits(_ value: Double?) -> String {
        NumberText.percent(value, value.map { $0 < 0.0995 } == true ? 1 : 0)
    }

    public var drawing: HTML {
        guard cells.contains(where: { row in row.contains { $0.shade != nil } }) else {
            return EmptyDrawing.html(for: self)
        }
        let layout = HeatMapLayout(self)
        var drawing = SVGDrawing(width: layout.width, height: layout.height)
        layout.drawHeadings(&drawing)
        for (row, line) in cells.enumerated() {
            for (column, cell) in line.enumerated() {
                layout.draw(cell, row: row, column: column, &drawing)
            }
        }
        // Text never gets too small to read: what is too wide scrolls.
        let least = SVGDrawing.coordinate(layout.width * 0.86)
        let most = SVGDrawing.coordinate(layout.width * 1.3)
        let box = HTML.element(
            "div", ["style": "min-width:\(least)px;max-width:\(most)px"],
            [drawing.html(title: title, description: description)])
        return .scrolling(box, label: title)
    }
}

/// Where everything of a heat map is.
private struct HeatMapLayout {
    let map: HeatMap
    let left: Double
    let top: Double
    let width: Double
    let height: Double
    /// Whether the columns' names stand level over their columns.
    let isLevel: Bool

    private static let longest = 130.0
    private static let angle = 0.75

    init(_ map: HeatMap) {
        self.map = map
        func widest(_ names: [String]) -> Double {
            names.map { TextWidth.estimate($0, size: ChartMeasure.small) }.max() ?? 0
        }
        let columnNames = widest(map.columns)
        isLevel = columnNames <= map.cellWidth - 6
        let title = map.rowTitle.isEmpty ? 0 : 18.0
        left = title + min(Self.longest, widest(map.rows)) + 10
        // Names that do not fit stand at an angle and reach beyond the last column.
        let reach = isLevel ? 0 : min(Self.longest, columnNames) * Self.angle
        top = (map.columnTitle.isEmpty ? 4 : 20) + (isLevel ? 20 : reach + 12)
        width = left + Double(map.columns.count) * map.cellWidth + max(reach, 2)
        height = top + Double(map.rows.count) * map.cellHeight + 4
    }

    func drawHeadings(_ drawing: inout SVGDrawing) {
        let size = ChartMeasure.small
        let across = Double(map.columns.count) * map.cellWidth
        let down = Double(map.rows.count) * map.cellHeight
        drawing.text(
            map.columnTitle, left + across / 2, 12, class: "label title", anchor: .middle)
        drawing.text(
            map.rowTitle, 12, top + down / 2, class: "label title", anchor: .middle, turned: -90)
        for (index, name) in map.rows.enumerated() {
            drawing.name(
                name, left - 8, top + (Double(index) + 0.5) * map.cellHeight + 4,
                class: "name small",
                size: size, room: Self.longest, anchor: .end)
        }
        for (index, name) in map.columns.enumerated() {
            let x = left + (Double(index) + 0.5) * map.cellWidth
            if isLevel {
                drawing.text(name, x, top - 8, class: "name small", anchor: .middle)
            } else {
                drawing.name(
                    name, x + 2, top - 7, class: "name small", size: size, room: Self.longest,
                    turned: -45)
            }
        }
    }

    func draw(_ cell: HeatMap.Cell, row: Int, column: Int, _ drawing: inout SVGDrawing) {
        guard cell.shade != nil || !cell.lines.isEmpty else { return }
        let x = left + Double(column) * map.cellWidth
        let y = top + Double(row) * map.cellHeight
        let style = cell.shade.map { "h\(HeatRamp.step($0))" } ?? "hx"
        drawing.group(class: style) { drawing in
            drawing.rectangle(
                x + 1, y + 1, map.cellWidth - 2, map.cellHeight - 2, class: "cell", radius: 3,
                title: cell.sentence)
            let middle = y + map.cellHeight / 2
            for (index, line) in cell.lines.enumerated() {
                let offset = (Double(index) - Double(cell.lines.count - 1) / 2) * 15 + 4
                drawing.text(
                    line, x + map.cellWidth / 2, middle + offset,
                    class: index == 0 ? "cell-text" : "cell-text minor", anchor: .middle)
            }
        }
    }
}
