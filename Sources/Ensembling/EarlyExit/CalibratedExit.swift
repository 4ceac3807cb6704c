import Training

/// The square parts of a scene that early exit stops as one: a grid from the scene's first pixel on.
struct ExitCells {
    /// Rows and columns of a cell; the last ones of a scene are smaller.
    let side: Int
    private let rows: Range<Int>
    private let width: Int
    private let columns: Int

    /// - Parameter rows: of the scene; the first is the first of a cell.
    init(side: Int, rows: Range<Int>, width: Int) {
        self.side = side
        self.rows = rows
        self.width = width
        columns = (width + side - 1) / side
    }

    var count: Int { (rows.count + side - 1) / side * columns }

    /// The cell of a pixel, both counted row by row.
    func cell(of pixel: Int) -> Int { pixel / width / side * columns + pixel % width / side }

    /// The cells that a rectangle covers, its rows counted from the first.
    func covered(rows: Range<Int>, columns: Range<Int>) -> [Int] {
        (rows.lowerBound / side...(rows.upperBound - 1) / side).flatMap { row in
            (columns.lowerBound / side...(columns.upperBound - 1) / side).map {
                row * self.columns + $0
            }
        }
    }

    /// Pixels of a cell.
    func pixels(of cell: Int) -> Int {
        let (row, column) = (cell / columns * side, cell % columns * side)
        return (min(row + side, rows.count) - row) * (min(column + side, width) - column)
    }
}

/// A rule that was fitted to stop where labels hardly change any more; see ``EarlyExitFit``.
public struct CalibratedExit: Sendable {
    /// The share of labels that may differ from the whole ensemble's.
    public let risk: Double
    let table: ExitTable
    /// The largest expected share of labels of a cell that still change.
    let threshold: Double
    let side: Int

    /// Of the counts that stopping takes, rounded up.
    var bytesPerPixel: Int {
        let bytes = ExitTable.bins * MemoryLayout<Int>.stride
        return (bytes + side * side - 1) / (side * side)
    }

    /// Cells of a mask's rows in which no more than `threshold` of the labels are expected to change.
    ///
    /// - Parameters:
    ///   - open: pixels whose labels are not fixed; the others of a cell count as ones that stay.
    ///   - members: how many have answered.
    ///   - lead: of an open pixel, by its index.
    func stopped(
        _ open: PixelMask, after members: Int, lead: (Int) -> Float
    ) -> StoppedCells {
        let cells = ExitCells(side: side, rows: open.rows, width: open.width)
        guard members <= table.rows.count else { return StoppedCells(cells, []) }
        let chances = table.rows[members - 1]
        // Whole numbers by bin, so that the sum does not depend on the order of the pixels.
        var counts = [Int](repeating: 0, count: cells.count * ExitTable.bins)
        counts.withUnsafeMutableBufferPointer { counts in
            open.visit { pixel in
                counts[cells.cell(of: pixel) * ExitTable.bins + ExitTable.bin(lead(pixel))] += 1
            }
        }
        return StoppedCells(
            cells,
            (0..<cells.count).filter { cell in
                let own = counts[cell * ExitTable.bins..<(cell + 1) * ExitTable.bins]
                return ExitTable.expected(own, chances, of: cells.pixels(of: cell)) <= threshold
            })
    }
}

/// Cells whose open pixels are to be fixed as they are.
struct StoppedCells {
    private let cells: ExitCells
    private let isStopped: [Bool]
    let isEmpty: Bool

    init(_ cells: ExitCells, _ stopped: [Int]) {
        self.cells = cells
        var flags = [Bool](repeating: false, count: cells.count)
        for cell in stopped { flags[cell] = true }
        isStopped = flags
        isEmpty = stopped.isEmpty
    }

    /// Whether a pixel lies in one.
    func contains(_ pixel: Int) -> Bool { isStopped[cells.cell(of: pixel)] }
}
