/// Which pixels lie inside polygons.
///
/// A pixel is inside where its centre is: row `r` and column `c` have it at (c + 0.5, r + 0.5), the
/// image's upper left corner being (0, 0). Rings count by the even-odd rule, so that an inner ring is
/// a hole and parts covered twice are outside. Polygons that share an edge share no pixel and leave
/// none out: a centre on an edge belongs to the polygon below or left of it.
enum PolygonFill {
    struct Point: Sendable, Hashable {
        var x: Double
        var y: Double
    }

    /// No coordinate of a picture is as large; below it nothing loses its fractions.
    static let largestCoordinate = 1e7

    /// Shows the inside of all rings together, row by row and clipped to the image.
    static func spans(
        rings: [ArraySlice<Point>], height: Int, width: Int, _ body: (PixelSpan) throws -> Void
    ) rethrows {
        let points = rings.joined()
        guard let first = points.first, height > 0, width > 0 else { return }
        var (low, high) = (first, first)
        for point in points {
            low = Point(x: min(low.x, point.x), y: min(low.y, point.y))
            high = Point(x: max(high.x, point.x), y: max(high.y, point.y))
        }
        // The rows whose centres the polygon may reach, and the columns after which it may toggle.
        let rows =
            firstCentre(
                low.y, height)..<max(firstCentre(low.y, height), firstCentre(high.y, height))
        let left = column(low.x, width)
        let columns = left..<max(left, column(high.x, width))
        guard !rows.isEmpty, !columns.isEmpty else { return }
        let stride = columns.count + 1
        var toggles = [UInt8](repeating: 0, count: rows.count * stride)
        toggles.withUnsafeMutableBufferPointer { toggles in
            for ring in rings {
                guard var before = ring.last else { continue }
                for point in ring {
                    let (top, bottom) = before.y <= point.y ? (before, point) : (point, before)
                    let from = max(firstCentre(top.y, height), rows.lowerBound)
                    let to = min(firstCentre(bottom.y, height), rows.upperBound)
                    if from < to {
                        let slope = (bottom.x - top.x) / (bottom.y - top.y)
                        for row in from..<to {
                            let x = top.x + (Double(row) + 0.5 - top.y) * slope
                            let place = min(max(column(x, width), left), columns.upperBound)
                            toggles[(row - rows.lowerBound) * stride + place - left] ^= 1
                        }
                    }
                    before = point
                }
            }
        }
        for row in rows {
            let line = (row - rows.lowerBound) * stride
            var (inside, start) = (false, 0)
            for place in 0..<stride where toggles[line + place] == 1 {
                if inside {
                    try body(
                        PixelSpan(
                            first: row * width + left + start, count: place - start, stride: 1))
                }
                inside.toggle()
                start = place
            }
        }
    }

    /// The first row whose centre is at `y` or below it, within 0 and `height`.
    private static func firstCentre(_ y: Double, _ height: Int) -> Int {
        Int(min(max((y - 0.5).rounded(.up), 0), Double(height)))
    }

    /// The first column whose centre lies right of `x`, within 0 and `width`.
    private static func column(_ x: Double, _ width: Int) -> Int {
        Int(min(max((x + 0.5).rounded(.down), 0), Double(width)))
    }
}
