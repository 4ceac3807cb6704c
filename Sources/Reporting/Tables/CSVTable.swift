/// A table as comma-separated values (RFC 4180, lines end with a line feed): numbers unrounded, what
/// is missing empty.
struct CSVTable {
    private(set) var text: String
    private let columns: Int

    init(_ columns: [String]) {
        self.columns = columns.count
        text = ""
        add(columns.map(Cell.text))
    }

    enum Cell {
        case text(String?)
        case number(Double?)
        case count(Int?)
    }

    mutating func add(_ cells: [Cell]) {
        precondition(cells.count == columns, "\(cells.count) cells in \(columns) columns")
        text += cells.map(Self.written).joined(separator: ",") + "\n"
    }

    private static func written(_ cell: Cell) -> String {
        switch cell {
        case .text(let text): quoted(text ?? "")
        case .number(let value): value.map { "\($0)" } ?? ""
        case .count(let value): value.map { "\($0)" } ?? ""
        }
    }

    private static func quoted(_ text: String) -> String {
        guard text.contains(where: { ",\"\r\n".contains($0) || $0.isNewline }) else { return text }
        return "\""
            + text.split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\"\"") + "\""
    }
}
