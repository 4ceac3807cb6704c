import DurableFiles

/// A binary mask as runs of pixels, the way segmentation contests write one.
///
/// As text it is `start length start length …`: pixels are counted from 1, down the columns first
/// (pixel 2 stands below pixel 1), and an empty text is a mask without a pixel. Runs that touch are
/// joined, so that every mask has exactly one value and one text.
public struct RunLengths: Sendable, Hashable {
    public let height: Int
    public let width: Int
    /// Start (counted from 0, column by column) and length of every run, in order.
    let runs: [Run]

    struct Run: Sendable, Hashable {
        var start: Int
        var length: Int
        var end: Int { start + length }
    }

    /// Reads the text of a mask of `height` x `width` pixels.
    ///
    /// Numbers stand apart by spaces or tabs.
    /// - Throws: `FloeError` of kind `.badData`, without a file, for what is no whole number, an odd
    ///   count of numbers, a start or length below 1, runs that overlap or are not in order, and a
    ///   run that goes past the last pixel.
    public init(parsing text: some StringProtocol, height: Int, width: Int) throws {
        var parser = RunLengthParser()
        for byte in text.utf8 { try parser.add(byte) }
        try self.init(try parser.finish(), height: height, width: width)
    }

    /// The runs of a mask, one byte a pixel and row by row; what is not 0 is inside.
    public init(mask: [UInt8], height: Int, width: Int) {
        precondition(
            height >= 0 && width >= 0 && mask.count == height * width,
            "\(mask.count) pixels for \(height)x\(width)")
        self.height = height
        self.width = width
        var runs: [Run] = []
        mask.withUnsafeBufferPointer { mask in
            var start = -1
            var place = 0
            for column in 0..<width {
                var pixel = column
                for _ in 0..<height {
                    if mask[pixel] != 0 {
                        if start < 0 { start = place }
                    } else if start >= 0 {
                        runs.append(Run(start: start, length: place - start))
                        start = -1
                    }
                    pixel += width
                    place += 1
                }
            }
            if start >= 0 { runs.append(Run(start: start, length: place - start)) }
        }
        self.runs = runs
    }

    /// Runs that are in order, apart from one another and not empty, if they fit into the mask.
    init(_ runs: [Run], height: Int, width: Int) throws {
        let (pixels, overflow) = height.multipliedReportingOverflow(by: width)
        precondition(height >= 0 && width >= 0, "\(height)x\(width) pixels")
        if let last = runs.last, overflow || last.end > pixels {
            throw FloeError(
                .badData, "a run that goes past the end of its mask",
                expected: "at most pixel \(pixels) (\(height)x\(width))", got: "pixel \(last.end)")
        }
        self.height = height
        self.width = width
        self.runs = runs
    }

    /// The mask as contests want it; empty for a mask without a pixel.
    public var text: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(runs.count * 12)
        for run in runs {
            if !bytes.isEmpty { bytes.append(UInt8(ascii: " ")) }
            bytes.append(contentsOf: String(run.start + 1).utf8)
            bytes.append(UInt8(ascii: " "))
            bytes.append(contentsOf: String(run.length).utf8)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The number of pixels inside.
    public var pixelCount: Int { runs.reduce(0) { $0 + $1.length } }

    /// One byte a pixel, row by row: 1 inside, 0 outside.
    public func mask() -> [UInt8] {
        var mask = [UInt8](repeating: 0, count: height * width)
        mask.withUnsafeMutableBufferPointer { mask in
            for run in runs {
                var (column, row) = run.start.quotientAndRemainder(dividingBy: height)
                var pixel = row * width + column
                for _ in 0..<run.length {
                    mask[pixel] = 1
                    row += 1
                    pixel += width
                    if row == height {
                        (row, column) = (0, column + 1)
                        pixel = column
                    }
                }
            }
        }
        return mask
    }
}
