/// Rows under headings, as wide as their contents; numbers stand right.
struct AlignedTable {
    enum Alignment { case left, right }

    private let columns: [(heading: String, alignment: Alignment)]
    private var rows: [[String]] = []

    init(_ columns: [(String, Alignment)]) {
        self.columns = columns.map { (heading: $0.0, alignment: $0.1) }
    }

    mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "\(cells.count) cells, \(columns.count) columns")
        rows.append(cells)
    }

    /// The headings and the rows, without spaces at their ends.
    var lines: [String] {
        let widths = columns.indices.map { column in
            max(columns[column].heading.count, rows.map { $0[column].count }.max() ?? 0)
        }
        return ([columns.map(\.heading)] + rows).map { cells in
            let padded = cells.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - cells[column].count)
                return columns[column].alignment == .left
                    ? cells[column] + space : space + cells[column]
            }
            return String(
                padded.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }
    }
}
