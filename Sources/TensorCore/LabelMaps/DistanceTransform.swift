/// Exact Euclidean distances of pixels to the nearest pixel of a set, in time linear in the pixels
/// (Felzenszwalb and Huttenlocher 2012).
///
/// Columns come first, by counting; each row is then the lower envelope of its columns' parabolas.
/// Pixels of the set cut a row into pieces that do not need one another. The value is the memory
/// that this takes, to be used again for maps of the same size.
public struct DistanceTransform {
    public let height: Int
    public let width: Int
    /// Rows to the nearest pixel of the set in the same column.
    private var rows: [Int32]
    /// The envelope: columns of its parabolas, and where each begins.
    private var columns: [Int]
    private var begins: [Double]

    /// Further than any pixel is.
    private static let far = Int32(1) << 30

    public init(height: Int, width: Int) {
        precondition(height > 0 && width > 0, "distances over \(height)x\(width)")
        self.height = height
        self.width = width
        rows = [Int32](repeating: 0, count: height * width)
        columns = [Int](repeating: 0, count: width)
        begins = [Double](repeating: 0, count: width)
    }

    /// The distance of every pixel's centre to the nearest centre of a pixel of the set, in pixels.
    ///
    /// - Parameter set: rows top to bottom; other than 0 is in it.
    /// - Returns: 0 in the set; infinite everywhere where the set is empty.
    public static func distances(to set: [UInt8], height: Int, width: Int) -> [Float] {
        var result = [Float](repeating: 0, count: height * width)
        var transform = DistanceTransform(height: height, width: width)
        set.withUnsafeBufferPointer { set in
            result.withUnsafeMutableBufferPointer { transform.distances(to: set, into: $0) }
        }
        return result
    }

    /// The same, written to `result`.
    public mutating func distances(
        to set: UnsafeBufferPointer<UInt8>, into result: UnsafeMutableBufferPointer<Float>
    ) {
        precondition(
            set.count == rows.count && result.count == rows.count,
            "\(set.count) and \(result.count) pixels for \(height)x\(width)")
        countRows(to: set)
        let (height, width) = (height, width)
        rows.withUnsafeBufferPointer { rows in
            columns.withUnsafeMutableBufferPointer { columns in
                begins.withUnsafeMutableBufferPointer { begins in
                    for row in 0..<height {
                        let pixels = row * width..<(row + 1) * width
                        RowEnvelope(
                            heights: UnsafeBufferPointer(rebasing: rows[pixels]),
                            columns: columns, begins: begins
                        ).write(to: UnsafeMutableBufferPointer(rebasing: result[pixels]))
                    }
                }
            }
        }
    }

    /// Downwards, then upwards, row by row.
    private mutating func countRows(to set: UnsafeBufferPointer<UInt8>) {
        let (height, width) = (height, width)
        rows.withUnsafeMutableBufferPointer { rows in
            guard let rows = rows.baseAddress, let set = set.baseAddress else { return }
            for row in 0..<height {
                let (own, ownSet) = (rows + row * width, set + row * width)
                for column in 0..<width { own[column] = ownSet[column] != 0 ? 0 : Self.far }
                if row > 0 { Self.lower(own, to: own - width, width) }
            }
            for row in stride(from: height - 2, through: 0, by: -1) {
                Self.lower(rows + row * width, to: rows + (row + 1) * width, width)
            }
        }
    }

    /// No row is further than its neighbour and one more.
    private static func lower(
        _ row: UnsafeMutablePointer<Int32>, to neighbour: UnsafeMutablePointer<Int32>, _ width: Int
    ) {
        for column in 0..<width { row[column] = min(row[column], neighbour[column] &+ 1) }
    }

    /// The parabolas (x - column)² + height² of one row, and their lower envelope.
    private struct RowEnvelope {
        let heights: UnsafeBufferPointer<Int32>
        let columns: UnsafeMutableBufferPointer<Int>
        let begins: UnsafeMutableBufferPointer<Double>

        func write(to result: UnsafeMutableBufferPointer<Float>) {
            let width = heights.count
            var first = 0
            while first < width {
                guard heights[first] != 0 else {
                    result[first] = 0
                    first += 1
                    continue
                }
                var end = first + 1
                while end < width, heights[end] != 0 { end += 1 }
                // Nothing beyond a pixel of the set is nearer than that pixel.
                write(first..<end, from: max(0, first - 1)..<min(width, end + 1), to: result)
                first = end
            }
        }

        private func write(
            _ pixels: Range<Int>, from sources: Range<Int>,
            to result: UnsafeMutableBufferPointer<Float>
        ) {
            var last = -1
            for column in sources where heights[column] < DistanceTransform.far {
                let own = Double(heights[column]) * Double(heights[column])
                var begin = -Double.infinity
                while last >= 0 {
                    let other = columns[last]
                    let height = Double(heights[other])
                    // Where the two parabolas meet. All that is compared is exact: a quotient of
                    // whole numbers of this size is not rounded across another whole number.
                    begin =
                        (own - height * height
                            + Double(column - other) * Double(column + other))
                        / Double(2 * (column - other))
                    if begin > begins[last] { break }
                    last -= 1
                    begin = -.infinity
                }
                last += 1
                columns[last] = column
                begins[last] = begin
            }
            guard last >= 0 else {
                for pixel in pixels { result[pixel] = .infinity }
                return
            }
            var index = 0
            for pixel in pixels {
                while index < last, begins[index + 1] < Double(pixel) { index += 1 }
                let across = Double(pixel - columns[index])
                let down = Double(heights[columns[index]])
                result[pixel] = Float((across * across + down * down).squareRoot())
            }
        }
    }
}
