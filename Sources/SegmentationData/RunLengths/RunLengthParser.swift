import DurableFiles

/// Reads the text of run lengths byte by byte, so that it need not lie in memory as a whole.
struct RunLengthParser {
    /// No picture has as many pixels; below it nothing overflows.
    private static let largestNumber = 1 << 40

    private var runs: [RunLengths.Run] = []
    private var number: Int?
    private var start: Int?

    /// Takes one more byte of the text.
    mutating func add(_ byte: UInt8) throws {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            let value = (number ?? 0) * 10 + Int(byte - UInt8(ascii: "0"))
            guard value <= Self.largestNumber else {
                throw FloeError(
                    .badData, "a run past the end of any picture",
                    expected: "at most \(Self.largestNumber)", got: "\(value)…")
            }
            number = value
        case UInt8(ascii: " "), UInt8(ascii: "\t"):
            try endNumber()
        default:
            throw FloeError(
                .badData, "run lengths that are not whole numbers",
                expected: "start length start length …",
                got: (0x21..<0x7F).contains(byte)
                    ? "'\(Character(UnicodeScalar(byte)))'" : "byte \(byte)")
        }
    }

    /// All runs, once the text is at its end; those that touch are joined.
    mutating func finish() throws -> [RunLengths.Run] {
        try endNumber()
        if let start {
            throw FloeError(
                .badData, "an odd count of numbers", expected: "a length after every start",
                got: "the start \(start) alone")
        }
        defer { runs = [] }
        return runs
    }

    private mutating func endNumber() throws {
        guard let value = number else { return }
        number = nil
        guard value > 0 else {
            throw FloeError(
                .badData, start == nil ? "a run that starts at 0" : "a run of length 0",
                expected: "numbers from 1 on")
        }
        guard let first = start else {
            start = value
            return
        }
        start = nil
        let run = RunLengths.Run(start: first - 1, length: value)
        guard let last = runs.last else {
            runs.append(run)
            return
        }
        guard run.start >= last.end else {
            throw FloeError(
                .badData, "runs that overlap or are not in order",
                expected: "a start from \(last.end + 1) on", got: "\(first)")
        }
        if run.start == last.end {
            runs[runs.count - 1].length += run.length
        } else {
            runs.append(run)
        }
    }
}
