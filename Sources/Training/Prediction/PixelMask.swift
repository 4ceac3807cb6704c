/// Pixels of some rows of a scene, such as those that a prediction is still wanted for.
public struct PixelMask: Sendable {
    public let rows: Range<Int>
    /// The scene's.
    public let width: Int
    /// Pixels that are in it.
    public private(set) var count: Int
    /// `[row][column]` of the rows; 1 is in it.
    private var values: [UInt8]

    /// All pixels of the rows.
    public init(rows: Range<Int>, width: Int) {
        self.rows = rows
        self.width = width
        count = rows.count * width
        values = [UInt8](repeating: 1, count: count)
    }

    public var isEmpty: Bool { count == 0 }

    /// Whether a pixel is in it.
    ///
    /// - Parameter index: row by row, the first of the rows being 0.
    public func contains(_ index: Int) -> Bool { values[index] != 0 }

    /// Takes out the pixels for which `isDone` is true; it is asked in order, by their indexes, and
    /// only of those that are in.
    public mutating func remove(where isDone: (Int) -> Bool) {
        guard count > 0 else { return }
        var removed = 0
        values.withUnsafeMutableBufferPointer { values in
            for index in values.indices where values[index] != 0 && isDone(index) {
                values[index] = 0
                removed += 1
            }
        }
        count -= removed
    }

    /// Calls `body` with the index of every pixel that is in.
    public func visit(_ body: (Int) -> Void) {
        guard count > 0 else { return }
        values.withUnsafeBufferPointer { values in
            for index in values.indices where values[index] != 0 { body(index) }
        }
    }

    /// Whether a rectangle of the scene has a pixel that is in; rows beyond those of the mask do
    /// not count.
    public func overlaps(rows other: Range<Int>, columns: Range<Int>) -> Bool {
        guard count > 0 else { return false }
        return values.withUnsafeBufferPointer { values in
            other.clamped(to: rows).contains { row in
                let start = (row - rows.lowerBound) * width
                return values[start + columns.lowerBound..<start + columns.upperBound]
                    .contains { $0 != 0 }
            }
        }
    }
}
