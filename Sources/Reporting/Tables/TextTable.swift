/// Rows under headings, as wide as their contents, ready for a terminal.
public struct TextTable {
    public enum Alignment: Sendable { case left, right }

    private let columns: [(heading: String, alignment: Alignment)]
    private let isRuled: Bool
    private var rows: [[String]] = []
    private var rules: Set<Int> = []

    /// - Parameter isRuled: whether a line is drawn under the headings.
    public init(_ columns: [(heading: String, alignment: Alignment)], isRuled: Bool = false) {
        self.columns = columns
        self.isRuled = isRuled
    }

    public mutating func add(_ row: [String]) {
        precondition(row.count == columns.count, "\(row.count) cells, \(columns.count) columns")
        rows.append(row)
    }

    /// A line between the rows so far and the next.
    public mutating func addRule() { rules.insert(rows.count) }

    public var text: String { lines.joined(separator: "\n") }

    /// The headings and the rows, without spaces at their ends.
    public var lines: [String] {
        let widths = columns.indices.map { column in
            max(columns[column].heading.count, rows.map { $0[column].count }.max() ?? 0)
        }
        func line(_ cells: [String]) -> String {
            let padded = cells.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - cells[column].count)
                return columns[column].alignment == .left
                    ? cells[column] + space : space + cells[column]
            }
            return String(padded.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }
        let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
        var lines = [line(columns.map(\.heading))] + (isRuled ? [rule] : [])
        for (index, row) in rows.enumerated() {
            if rules.contains(index) { lines.append(rule) }
            lines.append(line(row))
        }
        return lines
    }
}
