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
        // Scalars, not characters: a carriage return with its line feed is one character, and so is a
        // quotation mark with an accent.
        guard text.unicodeScalars.contains(where: needsQuotes) else { return text }
        var result = "\"".unicodeScalars
        for scalar in text.unicodeScalars {
            if scalar == "\"" { result.append(scalar) }
            result.append(scalar)
        }
        result.append("\"")
        return String(result)
    }

    /// Separators, quotation marks, and whatever some reader takes for the end of a line.
    private static func needsQuotes(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case ",", "\"", "\n"..."\r", "\u{85}", "\u{2028}", "\u{2029}": true
        default: false
        }
    }
}
