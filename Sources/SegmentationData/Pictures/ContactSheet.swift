/// Small pictures with a caption above each: a row a subject, broken into lines where it is long.
public struct ContactSheet: Sendable {
    /// What stands above each picture of a row.
    public let captions: [String]
    /// Pixels of a picture's longer side.
    private let side: Int
    private let picturesPerLine: Int
    private var rows: [(label: String, pictures: [Picture])] = []

    private static let margin = 6
    private static let paper: UInt8 = 255
    private static let ink = ClassColor(red: 0, green: 0, blue: 0)

    public init(captions: [String], side: Int = 160, picturesPerLine: Int = 8) {
        precondition(side > 0 && picturesPerLine > 0, "a sheet without room")
        self.captions = captions
        self.side = side
        self.picturesPerLine = picturesPerLine
    }

    /// Adds a row; its pictures are made as small or large as the sheet wants them.
    ///
    /// - Parameters:
    ///   - label: what stands above the row.
    ///   - pictures: one for each caption.
    public mutating func add(label: String, _ pictures: [Picture]) {
        precondition(pictures.count == captions.count, "a picture for each caption")
        rows.append((label, pictures.map(sized)))
    }

    /// The whole sheet.
    public var picture: Picture {
        let margin = Self.margin
        let line = BitmapFont.lineHeight + margin
        let text = (captions.map(\.count).max() ?? 0) * BitmapFont.advance
        let step = max(text, rows.flatMap(\.pictures).map(\.width).max() ?? 0) + margin
        let heights = rows.map { row in
            stride(from: 0, to: row.pictures.count, by: picturesPerLine).map { start in
                row.pictures[start...].prefix(picturesPerLine).map(\.height).max() ?? 0
            }
        }
        let height =
            margin + heights.reduce(0) { $0 + line + $1.reduce(0) { $0 + line + $1 + margin } }
        let width = margin + step * min(captions.count, picturesPerLine)
        var sheet = Picture(
            height: height, width: width,
            values: [UInt8](repeating: Self.paper, count: 3 * height * width))
        var top = margin
        for (row, heights) in zip(rows, heights) {
            BitmapFont.draw(row.label, on: &sheet, row: top, column: margin, color: Self.ink)
            top += line
            for (number, height) in heights.enumerated() {
                let start = number * picturesPerLine
                let end = min(start + picturesPerLine, captions.count)
                for index in start..<end {
                    let column = margin + (index - start) * step
                    BitmapFont.draw(
                        captions[index], on: &sheet, row: top, column: column, color: Self.ink)
                    sheet.put(row.pictures[index], row: top + line, column: column)
                }
                top += line + height + margin
            }
        }
        return sheet
    }

    private func sized(_ picture: Picture) -> Picture {
        let longer = max(picture.height, picture.width)
        if longer > side { return picture.shrunk(longerSide: side) }
        // Whole factors keep pixels square and sharp.
        let factor = side / longer
        return picture.resized(height: picture.height * factor, width: picture.width * factor)
    }
}

extension Picture {
    /// The same proportions with at most so many pixels on the longer side; a smaller one stays.
    public func shrunk(longerSide side: Int) -> Picture {
        precondition(side > 0, "a picture without pixels")
        let longer = max(height, width)
        if longer <= side { return self }
        return resized(
            height: max(1, height * side / longer), width: max(1, width * side / longer))
    }

    /// Another size: the mean of the pixels that a new one covers, or the one that covers it.
    func resized(height newHeight: Int, width newWidth: Int) -> Picture {
        if newHeight == height, newWidth == width { return self }
        func covered(_ position: Int, _ count: Int, _ newCount: Int) -> Range<Int> {
            let start = position * count / newCount
            return start..<max(start + 1, (position + 1) * count / newCount)
        }
        let columns = (0..<newWidth).map { covered($0, width, newWidth) }
        var result = [UInt8](repeating: 0, count: 3 * newHeight * newWidth)
        values.withUnsafeBufferPointer { source in
            for row in 0..<newHeight {
                let rows = covered(row, height, newHeight)
                for (column, range) in columns.enumerated() {
                    for channel in 0..<3 {
                        var sum = 0
                        for y in rows {
                            for x in range { sum += Int(source[3 * (y * width + x) + channel]) }
                        }
                        let count = rows.count * range.count
                        result[3 * (row * newWidth + column) + channel] = UInt8(
                            (sum + count / 2) / count)
                    }
                }
            }
        }
        return Picture(height: newHeight, width: newWidth, values: result)
    }

    /// Puts a smaller picture into this one.
    mutating func put(_ other: Picture, row: Int, column: Int) {
        precondition(
            row >= 0 && column >= 0 && row + other.height <= height
                && column + other.width <= width, "a picture that does not fit")
        for line in 0..<other.height {
            let from = 3 * line * other.width
            let to = 3 * ((row + line) * width + column)
            values.replaceSubrange(
                to..<to + 3 * other.width, with: other.values[from..<from + 3 * other.width])
        }
    }
}
