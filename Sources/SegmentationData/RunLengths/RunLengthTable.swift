import DurableFiles

/// The masks of many images in one table of run lengths, one row for each image and class.
///
/// The table is a CSV file with the header `Image_Label,EncodedPixels`. The first field is the
/// image's file name and the class, joined by `_` (`RunLengthLabels`); the second is as `RunLengths`
/// reads it.
/// An image may lack the row of a class: it has none of it.
public struct RunLengthTable: Sendable {
    static let header = ["Image_Label", "EncodedPixels"]
    private static let largestFile = 1 << 30
    private static let longestLabel = 4096

    /// An image's rows.
    private struct Entry {
        var firstLine: Int
        /// For every class the place of its runs in `starts` and `lengths`; nil without a row.
        var runs: [Range<Int>?]
        var lines: [Int]
    }

    private let path: String
    let classes: [String]
    private var entries: [String: Entry] = [:]
    private var starts: [UInt32] = []
    private var lengths: [UInt32] = []

    /// Reads a whole table piece by piece; what stays in memory is smaller than the file.
    ///
    /// - Parameter classes: the classes that labels may end with.
    /// - Throws: what `RunLengthLabels` throws for the classes, and `FloeError` of kind `.badData` with
    ///   the line's number for another header, a label without `_`, a class that is not among the
    ///   known ones, a second row of an image and class, and for runs that `RunLengths` refuses.
    public init(reading path: String, classes: [String]) throws {
        self.path = path
        self.classes = classes
        var reader = RowReader(classes: try RunLengthLabels(classes))
        do {
            try DurableFile.readPieces(path, limit: Self.largestFile) { piece in
                for byte in piece { try take(try reader.scan(byte), &reader) }
            }
            try take(try reader.scanEnd(), &reader)
        } catch var error as FloeError {
            if error.file == nil {
                error.file = path
                error.what = "line \(reader.rowLine): \(error.what)"
            }
            throw error
        }
        guard reader.hasHeader else { throw Self.wrongHeader("an empty file").naming(path) }
    }

    /// The images that have rows, in bytewise order.
    public var images: [String] {
        entries.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    public func contains(image: String) -> Bool { entries[image] != nil }

    /// The runs of one class of an image; nil where the table has no such row.
    ///
    /// - Throws: `FloeError` of kind `.badData` where they do not fit into `height` x `width`.
    public func runLengths(
        image: String, classIndex: Int, height: Int, width: Int
    ) throws -> RunLengths? {
        guard let entry = entries[image], let range = entry.runs[classIndex] else { return nil }
        do {
            return try RunLengths(
                range.map { RunLengths.Run(start: Int(starts[$0]), length: Int(lengths[$0])) },
                height: height, width: width)
        } catch var error as FloeError {
            error.file = path
            error.what =
                "line \(entry.lines[classIndex]): \(error.what) ('\(image)', \(classes[classIndex]))"
            throw error
        }
    }

    /// The error for rows of images that are not there, which counts them and names the first.
    public func unknownImages(known: Set<String>) -> FloeError? {
        let unknown = entries.filter { !known.contains($0.key) }
        guard let first = unknown.min(by: { $0.value.firstLine < $1.value.firstLine }) else {
            return nil
        }
        return FloeError(
            .badData, file: path,
            "line \(first.value.firstLine): rows of \(unknown.count) images that are not there",
            expected: "one of the \(known.count) images of data.images",
            got: "'\(first.key.shortened)'" + (unknown.count > 1 ? " first" : ""))
    }

    private mutating func take(_ row: RowReader.Row?, _ reader: inout RowReader) throws {
        guard let row else { return }
        var entry =
            entries[row.image]
            ?? Entry(
                firstLine: row.line, runs: classes.map { _ in nil }, lines: classes.map { _ in 0 })
        guard entry.runs[row.classIndex] == nil else {
            throw FloeError(
                .badData,
                "a second row of '\(row.image.shortened)', \(classes[row.classIndex])",
                expected: "one for each image and class",
                got: "line \(entry.lines[row.classIndex]) as well")
        }
        let from = starts.count
        for run in row.runs {
            guard let start = UInt32(exactly: run.start), let length = UInt32(exactly: run.length)
            else {
                throw FloeError(
                    .badData, "a run past the end of any picture",
                    expected: "at most \(UInt32.max)", got: "\(run.start + 1) \(run.length)")
            }
            starts.append(start)
            lengths.append(length)
        }
        entry.runs[row.classIndex] = from..<starts.count
        entry.lines[row.classIndex] = row.line
        entries[row.image] = entry
    }

    fileprivate static func wrongHeader(_ got: String) -> FloeError {
        FloeError(
            .badData, "another table than one of run lengths",
            expected: "the header \(header.joined(separator: ","))", got: got)
    }

    /// Makes rows from bytes.
    private struct RowReader {
        struct Row {
            var image: String
            var classIndex: Int
            var runs: [RunLengths.Run]
            var line: Int
        }

        private let labels: RunLengthLabels
        private var scanner = CommaSeparatedScanner()
        private var field = 0
        private var bytes: [UInt8] = []
        private var label: [UInt8] = []
        private var parser = RunLengthParser()
        private(set) var hasHeader = false
        /// The line on which the current row begins.
        private(set) var rowLine = 1
        private var isRowStart = true

        init(classes: RunLengthLabels) { labels = classes }

        mutating func scan(_ byte: UInt8) throws -> Row? {
            if isRowStart {
                rowLine = scanner.line
                isRowStart = false
            }
            return try handle(scanner.add(byte))
        }

        mutating func scanEnd() throws -> Row? { try handle(scanner.finish()) }

        private mutating func handle(_ event: CommaSeparatedScanner.Event) throws -> Row? {
            switch event {
            case .nothing: return nil
            case .value(let byte):
                if hasHeader && field == 1 {
                    try parser.add(byte)
                } else {
                    guard bytes.count < RunLengthTable.longestLabel else {
                        throw FloeError(
                            .badData, "a label that is too long",
                            expected: "at most \(RunLengthTable.longestLabel) bytes")
                    }
                    bytes.append(byte)
                }
                return nil
            case .fieldEnd:
                guard field == 0 else {
                    throw hasHeader
                        ? FloeError(.badData, "a row of more than 2 fields")
                        : RunLengthTable.wrongHeader("more fields")
                }
                field = 1
                swap(&label, &bytes)
                bytes.removeAll(keepingCapacity: true)
                return nil
            case .emptyLine:
                isRowStart = true
                return nil
            case .rowEnd:
                isRowStart = true
                return try endRow()
            }
        }

        private mutating func endRow() throws -> Row? {
            defer {
                field = 0
                label.removeAll(keepingCapacity: true)
                bytes.removeAll(keepingCapacity: true)
            }
            guard hasHeader else {
                let found = (field == 0 ? [bytes] : [label, bytes])
                    .map { String(decoding: $0, as: UTF8.self) }
                guard found == RunLengthTable.header else {
                    throw RunLengthTable.wrongHeader(
                        "'\(found.joined(separator: ",").shortened)'")
                }
                hasHeader = true
                return nil
            }
            guard field == 1 else {
                throw FloeError(
                    .badData, "a row of another length", expected: "2 fields", got: "1")
            }
            guard let text = String(validating: label, as: UTF8.self) else {
                throw FloeError(.badData, "a label that is no UTF-8")
            }
            guard let mark = text.lastIndex(of: "_"), mark != text.startIndex else {
                throw FloeError(
                    .badData, "a label without its class", expected: "IMAGE_CLASS",
                    got: "'\(text.shortened)'")
            }
            guard let (image, index) = labels.parted(text) else {
                throw FloeError(
                    .badData, "an unknown class",
                    expected: labels.names.joined(separator: " or "),
                    got: "'\(String(text[text.index(after: mark)...]).shortened)'")
            }
            return Row(
                image: image, classIndex: index, runs: try parser.finish(), line: rowLine)
        }
    }
}
