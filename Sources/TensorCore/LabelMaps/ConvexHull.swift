/// The convex hull of pixels, by Andrew's monotone chain (1979), in whole numbers.
///
/// A pixel has an extent: its hull is that of the midpoints of its four sides. A pixel belongs to a
/// hull where its centre lies inside it or on its edge, which is what scikit-image's
/// `convex_hull_image` means by `offset_coordinates` and `include_borders`. Coordinates are doubled,
/// so that midpoints are whole numbers and nothing is rounded.
public struct ConvexHull: Sendable {
    /// The leftmost and the rightmost pixel of a row.
    struct Extent {
        var row: Int
        var first: Int
        var last: Int
    }

    private struct Point {
        var y: Int
        var x: Int
    }

    /// The left and the right side, from top to bottom.
    private let left: [Point]
    private let right: [Point]

    /// - Parameter extents: of the rows that have pixels, from top to bottom.
    init(_ extents: [Extent]) {
        var left: [Point] = []
        var right: [Point] = []
        left.reserveCapacity(3 * extents.count)
        right.reserveCapacity(3 * extents.count)
        for extent in extents {
            let (y, first, last) = (2 * extent.row, 2 * extent.first, 2 * extent.last)
            for (row, out) in [(y - 1, 0), (y, 1), (y + 1, 0)] {
                Self.add(Point(y: row, x: first - out), to: &left, side: 1)
                Self.add(Point(y: row, x: last + out), to: &right, side: -1)
            }
        }
        self.left = left
        self.right = right
    }

    /// The hulls of components, in their order.
    public static func ofEach(_ components: ConnectedComponents) -> [ConvexHull] {
        var extents = [[Extent]](repeating: [], count: components.count)
        for run in components.runs {
            let last = extents[run.component].count - 1
            if last >= 0, extents[run.component][last].row == run.row {
                extents[run.component][last].last = run.end - 1
            } else {
                extents[run.component].append(
                    Extent(row: run.row, first: run.start, last: run.end - 1))
            }
        }
        return extents.map(ConvexHull.init)
    }

    /// The hull of all pixels inside a mask; nil where there is none.
    public init?(of mask: BinaryMask) {
        var extents: [Extent] = []
        for row in 0..<mask.height {
            let line = mask.values[row * mask.width..<(row + 1) * mask.width]
            guard let first = line.firstIndex(of: 1), let last = line.lastIndex(of: 1) else {
                continue
            }
            extents.append(
                Extent(row: row, first: first - line.startIndex, last: last - line.startIndex))
        }
        guard !extents.isEmpty else { return nil }
        self.init(extents)
    }

    /// Adds the next lower point of a chain, and drops those that it makes inner ones.
    ///
    /// - Parameter side: 1 for the left chain, whose x bulges to the left, -1 for the right one.
    private static func add(_ point: Point, to chain: inout [Point], side: Int) {
        if let last = chain.last, last.y == point.y {
            // The lower side of one row and the upper one of the next: the outer point counts.
            guard side * (point.x - last.x) < 0 else { return }
            chain.removeLast()
        }
        while chain.count >= 2 {
            let (a, b) = (chain[chain.count - 2], chain[chain.count - 1])
            let cross = (b.y - a.y) * (point.x - a.x) - (b.x - a.x) * (point.y - a.y)
            guard side * cross <= 0 else { break }
            chain.removeLast()
        }
        chain.append(point)
    }

    /// Sets the pixels of the hull.
    public func fill(_ mask: inout BinaryMask) {
        guard let top = left.first?.y, let bottom = left.last?.y else { return }
        // Centres have even coordinates; the ends are odd.
        let (firstRow, lastRow) = ((top + 1) / 2, (bottom - 1) / 2)
        let width = mask.width
        var (leftEdge, rightEdge) = (0, 0)
        mask.values.withUnsafeMutableBufferPointer { values in
            for row in firstRow...lastRow {
                while left[leftEdge + 1].y < 2 * row { leftEdge += 1 }
                while right[rightEdge + 1].y < 2 * row { rightEdge += 1 }
                let (x, step) = Self.crossing(left[leftEdge], left[leftEdge + 1], 2 * row)
                let (z, other) = Self.crossing(right[rightEdge], right[rightEdge + 1], 2 * row)
                // ceil(x / 2 step) and floor(z / 2 other).
                let first = -Self.floorDivided(-x, 2 * step)
                let last = Self.floorDivided(z, 2 * other)
                guard first <= last else { continue }
                for pixel in row * width + first...row * width + last { values[pixel] = 1 }
            }
        }
    }

    /// Where an edge has the height `y`: x as a numerator over a denominator above 0.
    private static func crossing(_ a: Point, _ b: Point, _ y: Int) -> (Int, Int) {
        (a.x * (b.y - a.y) + (b.x - a.x) * (y - a.y), b.y - a.y)
    }

    private static func floorDivided(_ a: Int, _ b: Int) -> Int {
        let quotient = a / b
        return a % b < 0 ? quotient - 1 : quotient
    }
}
