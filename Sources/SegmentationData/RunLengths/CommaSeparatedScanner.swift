import DurableFiles

/// Divides comma-separated values into fields and rows byte by byte (RFC 4180).
///
/// Fields may be quoted, lines end with LF or CRLF, a byte order mark is passed over.
struct CommaSeparatedScanner {
    /// What a byte means.
    enum Event {
        case nothing
        /// A byte of the current field's value.
        case value(UInt8)
        case fieldEnd
        case rowEnd
        /// The end of a line without any character.
        case emptyLine
    }

    private enum State {
        case rowStart, fieldStart, plain, quoted
        /// After a quote within quotes: the end of the field, or the first of two.
        case quoteSeen
        case carriageReturn(empty: Bool)
    }

    private var state = State.rowStart
    private var mark = 0
    /// The current line, counted from 1.
    private(set) var line = 1

    mutating func add(_ byte: UInt8) throws -> Event {
        if mark >= 0, skipsMark(byte) { return .nothing }
        switch state {
        case .quoted:
            if byte == UInt8(ascii: "\"") {
                state = .quoteSeen
                return .nothing
            }
            if byte == UInt8(ascii: "\n") { line += 1 }
            return .value(byte)
        case .carriageReturn(let empty):
            guard byte == UInt8(ascii: "\n") else { throw refusal("a carriage return alone") }
            return endLine(empty: empty)
        case .quoteSeen where byte == UInt8(ascii: "\""):
            state = .quoted
            return .value(byte)
        case .rowStart, .fieldStart, .plain, .quoteSeen: break
        }
        switch byte {
        case UInt8(ascii: ","):
            state = .fieldStart
            return .fieldEnd
        case UInt8(ascii: "\n"):
            if case .rowStart = state { return endLine(empty: true) }
            return endLine(empty: false)
        case UInt8(ascii: "\r"):
            if case .rowStart = state {
                state = .carriageReturn(empty: true)
            } else {
                state = .carriageReturn(empty: false)
            }
            return .nothing
        case UInt8(ascii: "\""):
            switch state {
            case .rowStart, .fieldStart:
                state = .quoted
                return .nothing
            default: throw refusal("a quote within a field that is not quoted")
            }
        default:
            if case .quoteSeen = state { throw refusal("text after a closing quote") }
            state = .plain
            return .value(byte)
        }
    }

    /// What the end of the text means.
    mutating func finish() throws -> Event {
        switch state {
        case .rowStart: return .nothing
        case .fieldStart, .plain, .quoteSeen:
            state = .rowStart
            return .rowEnd
        case .quoted: throw refusal("a quote that is not closed")
        case .carriageReturn: throw refusal("a carriage return alone")
        }
    }

    private mutating func endLine(empty: Bool) -> Event {
        line += 1
        state = .rowStart
        return empty ? .emptyLine : .rowEnd
    }

    /// Whether the byte is the next one of a byte order mark at the very beginning.
    private mutating func skipsMark(_ byte: UInt8) -> Bool {
        let bytes: [UInt8] = [0xEF, 0xBB, 0xBF]
        guard bytes[mark] == byte else {
            mark = -1
            return false
        }
        mark = mark == 2 ? -1 : mark + 1
        return true
    }

    private func refusal(_ what: String) -> FloeError {
        FloeError(.badData, what, expected: "comma-separated values (RFC 4180)")
    }
}
