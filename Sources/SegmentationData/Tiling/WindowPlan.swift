import DurableFiles

/// The windows that a network slides over a scene, row by row.
///
/// Along each axis windows follow one another by tile - overlap; the last is shifted to end at the
/// edge, not shrunk. A scene smaller than a tile has one window of its own extent.
public struct WindowPlan: Sendable, Hashable {
    /// A window of the scene.
    public struct Window: Sendable, Hashable {
        public var rows: Range<Int>
        public var columns: Range<Int>

        public init(rows: Range<Int>, columns: Range<Int>) {
            self.rows = rows
            self.columns = columns
        }
    }

    public let height: Int
    public let width: Int
    /// The extent of every window.
    public let tileHeight: Int
    public let tileWidth: Int
    /// The first rows of the rows of windows, ascending.
    public let rowStarts: [Int]
    /// The first columns of the windows of each row, ascending.
    public let columnStarts: [Int]

    /// - Throws: `FloeError` of kind `.usage` unless 0 <= overlap < tile.
    public init(height: Int, width: Int, tile: Int, overlap: Int) throws {
        precondition(height > 0 && width > 0, "a scene of \(height)x\(width)")
        guard tile > 0, overlap >= 0, overlap < tile else {
            throw FloeError(
                .usage, "tiles of \(tile) pixels that overlap by \(overlap)",
                expected: "an overlap from 0 to \(max(0, tile - 1))")
        }
        self.height = height
        self.width = width
        tileHeight = min(tile, height)
        tileWidth = min(tile, width)
        rowStarts = PatchPlan.starts(extent: height, size: tile, stride: tile - overlap)
        columnStarts = PatchPlan.starts(extent: width, size: tile, stride: tile - overlap)
    }

    /// The number of windows.
    public var count: Int { rowStarts.count * columnStarts.count }

    /// The windows of one row of windows, left to right.
    public func windows(inRow index: Int) -> [Window] {
        columnStarts.map { column in
            Window(
                rows: rowStarts[index]..<(rowStarts[index] + tileHeight),
                columns: column..<(column + tileWidth))
        }
    }

    /// How much each position of a window counts: 1 at its edges, rising linearly to its centre.
    ///
    /// Never 0, and symmetric, so that an even window is centred between two pixels. The weights
    /// are small whole numbers, which double precision multiplies and sums without rounding: where
    /// every window says the same value, so does the blend.
    public static func weights(extent: Int) -> [Double] {
        (0..<extent).map { Double(min($0 + 1, extent - $0)) }
    }
}
