import TensorCore

/// For each pixel of a bent image, the place in the image before that it shows.
///
/// Bilinear between pixels for images, nearest neighbour for the truth. Beyond the edges an image
/// continues by reflection about its last pixel (as `numpy.pad(mode="reflect")`).
struct SamplingMap: Sendable {
    let height: Int
    let width: Int
    /// Rows and columns, the upper left pixel's centre at 0, one of each a pixel.
    private(set) var rows: [Float]
    private(set) var columns: [Float]

    /// The map that shows every pixel where it is.
    init(height: Int, width: Int) {
        self.height = height
        self.width = width
        rows = [Float](unsafeUninitializedCapacity: height * width) { rows, filled in
            for row in 0..<height {
                for column in 0..<width { rows[row * width + column] = Float(row) }
            }
            filled = height * width
        }
        columns = [Float](unsafeUninitializedCapacity: height * width) { columns, filled in
            for row in 0..<height {
                for column in 0..<width { columns[row * width + column] = Float(column) }
            }
            filled = height * width
        }
    }

    /// The map that shows every pixel from where a field points.
    init(displacedBy field: ElasticField) {
        self.init(height: field.height, width: field.width)
        let count = height * width
        rows.withUnsafeMutableBufferPointer { rows in
            field.down.withUnsafeBufferPointer { down in
                for pixel in 0..<count { rows[pixel] += down[pixel] }
            }
        }
        columns.withUnsafeMutableBufferPointer { columns in
            field.right.withUnsafeBufferPointer { right in
                for pixel in 0..<count { columns[pixel] += right[pixel] }
            }
        }
    }

    /// A map of known places.
    init(height: Int, width: Int, rows: [Float], columns: [Float]) {
        precondition(
            rows.count == height * width && columns.count == rows.count, "one place a pixel")
        self.height = height
        self.width = width
        self.rows = rows
        self.columns = columns
    }

    // MARK: What is done to every place

    /// The radial lens model of Brown and Conrady with both coefficients alike, as OpenCV computes it
    /// for focal lengths of the image's sides: place * (1 + k r^2 + k r^4).
    mutating func bendRadially(by coefficient: Double) {
        let k = Float(coefficient)
        let (middleX, middleY) = (Float(width - 1) / 2, Float(height - 1) / 2)
        let (perWidth, perHeight) = (1 / Float(width), 1 / Float(height))
        forEachPlace { x, y in
            let (fromMiddleX, fromMiddleY) = (x - middleX, y - middleY)
            let (u, v) = (fromMiddleX * perWidth, fromMiddleY * perHeight)
            let square = u * u + v * v
            let factor = k * square * (1 + square)
            x += fromMiddleX * factor
            y += fromMiddleY * factor
        }
    }

    mutating func stretch(rows rowAxis: GridAxis, columns columnAxis: GridAxis) {
        rowAxis.slopes.withUnsafeBufferPointer { rowSlopes in
            rowAxis.shifts.withUnsafeBufferPointer { rowShifts in
                columnAxis.slopes.withUnsafeBufferPointer { columnSlopes in
                    columnAxis.shifts.withUnsafeBufferPointer { columnShifts in
                        let (rowsPerPixel, columnsPerPixel) = (
                            rowAxis.cellsPerPixel, columnAxis.cellsPerPixel
                        )
                        let (lastRow, lastColumn) = (rowSlopes.count - 1, columnSlopes.count - 1)
                        forEachPlace { x, y in
                            let (x0, y0) = (Self.bounded(x), Self.bounded(y))
                            let column = max(0, min(lastColumn, Int((x0 + 0.5) * columnsPerPixel)))
                            let row = max(0, min(lastRow, Int((y0 + 0.5) * rowsPerPixel)))
                            x = columnSlopes[column] * x + columnShifts[column]
                            y = rowSlopes[row] * y + rowShifts[row]
                        }
                    }
                }
            }
        }
    }

    mutating func move(by movement: AffineMovement) {
        let (middleX, middleY) = (Double(width - 1) / 2, Double(height - 1) / 2)
        let (xx, xy) = (movement.xx, movement.xy)
        let (yx, yy) = (movement.yx, movement.yy)
        let atX = movement.x + middleX - xx * middleX - xy * middleY
        let atY = movement.y + middleY - yx * middleX - yy * middleY
        forEachPlace { x, y in
            let (oldX, oldY) = (Double(x), Double(y))
            x = Float(xx * oldX + xy * oldY + atX)
            y = Float(yx * oldX + yy * oldY + atY)
        }
    }

    @inline(__always)
    private mutating func forEachPlace(_ body: (_ x: inout Float, _ y: inout Float) -> Void) {
        let count = rows.count
        rows.withUnsafeMutableBufferPointer { rows in
            columns.withUnsafeMutableBufferPointer { columns in
                for pixel in 0..<count { body(&columns[pixel], &rows[pixel]) }
            }
        }
    }

    // MARK: What it makes

    /// The image as the map shows it; a pixel to which one without data contributes carries none.
    func apply(to image: BandImage) -> BandImage {
        precondition(image.height == height && image.width == width, "an image of another size")
        let (bands, pixels) = (image.bands, image.pixelCount)
        var nodata = image.nodata
        let values = [Float](unsafeUninitializedCapacity: bands * pixels) { result, filled in
            image.values.withUnsafeBufferPointer { source in
                let corners = Corners(count: width)
                defer { corners.deallocate() }
                for row in 0..<height {
                    find(corners, row: row)
                    for band in 0..<bands {
                        let plane = band * pixels
                        for column in 0..<width {
                            let across = corners.across[column]
                            let upperLeft = source[plane + Int(corners.upperLeft[column])]
                            let upperRight = source[plane + Int(corners.upperRight[column])]
                            let lowerLeft = source[plane + Int(corners.lowerLeft[column])]
                            let lowerRight = source[plane + Int(corners.lowerRight[column])]
                            let upper = (1 - across) * upperLeft + across * upperRight
                            let lower = (1 - across) * lowerLeft + across * lowerRight
                            let down = corners.down[column]
                            result.initializeElement(
                                at: plane + row * width + column,
                                to: (1 - down) * upper + down * lower)
                        }
                    }
                    if let mask = image.nodata {
                        for column in 0..<width {
                            nodata?[row * width + column] = corners.touched(mask, column)
                        }
                    }
                }
            }
            filled = bands * pixels
        }
        if nodata?.contains(1) == false { nodata = nil }
        return BandImage(bands: bands, height: height, width: width, values: values, nodata: nodata)
    }

    /// The truth as the map shows it: values that were there, and ignored ones.
    func apply(to target: SegmentationTarget, fill: Augmentation.Fill) -> SegmentationTarget {
        precondition(target.height == height && target.width == width, "a target of another size")
        // One beyond the last pixel stands for what is ignored.
        let places = nearest(isReflected: fill == .reflect)
        return target.mapPlanes(height: height, width: width) { plane in
            let source = plane + [LabelMap.ignore]
            return [UInt8](unsafeUninitializedCapacity: plane.count) { result, filled in
                source.withUnsafeBufferPointer { source in
                    places.withUnsafeBufferPointer { places in
                        for pixel in places.indices { result[pixel] = source[Int(places[pixel])] }
                    }
                }
                filled = plane.count
            }
        }
    }

    /// The nearest pixel of every place; the number of pixels where it lies outside.
    private func nearest(isReflected: Bool) -> [Int32] {
        let count = height * width
        return [Int32](unsafeUninitializedCapacity: count) { places, filled in
            rows.withUnsafeBufferPointer { rows in
                columns.withUnsafeBufferPointer { columns in
                    for pixel in 0..<count {
                        var row = Self.floor(Self.bounded(rows[pixel]) + 0.5)
                        var column = Self.floor(Self.bounded(columns[pixel]) + 0.5)
                        let isInside = row >= 0 && row < height && column >= 0 && column < width
                        if !isInside, isReflected {
                            row = Self.reflected(row, height)
                            column = Self.reflected(column, width)
                        }
                        places[pixel] = Int32(
                            isInside || isReflected ? row * width + column : count)
                    }
                }
            }
            filled = count
        }
    }

    /// Finds the four pixels around every place of a row, and the shares of the right and lower ones.
    private func find(_ corners: Corners, row: Int) {
        rows.withUnsafeBufferPointer { rows in
            columns.withUnsafeBufferPointer { columns in
                let line = Int32(width)
                for column in 0..<width {
                    let x = Self.bounded(columns[row * width + column])
                    let y = Self.bounded(rows[row * width + column])
                    let (left, top) = (Self.floor(x), Self.floor(y))
                    corners.across[column] = x - Float(left)
                    corners.down[column] = y - Float(top)
                    if left >= 0, left + 1 < width, top >= 0, top + 1 < height {
                        let first = Int32(truncatingIfNeeded: top &* width &+ left)
                        corners.upperLeft[column] = first
                        corners.upperRight[column] = first &+ 1
                        corners.lowerLeft[column] = first &+ line
                        corners.lowerRight[column] = first &+ line &+ 1
                        continue
                    }
                    let (first, second) = (
                        Self.reflected(left, width), Self.reflected(left + 1, width)
                    )
                    let upper = Self.reflected(top, height) * width
                    let lower = Self.reflected(top + 1, height) * width
                    corners.upperLeft[column] = Int32(upper + first)
                    corners.upperRight[column] = Int32(upper + second)
                    corners.lowerLeft[column] = Int32(lower + first)
                    corners.lowerRight[column] = Int32(lower + second)
                }
            }
        }
    }

    /// Further out a single has no fraction, and lenses and grids of the largest settings, one after
    /// the other, leave what an integer can hold.
    private static let furthest: Float = 0x1p24

    /// A place within ±`furthest`; what is no number is out there.
    @inline(__always)
    private static func bounded(_ place: Float) -> Float {
        place < furthest ? (place > -furthest ? place : -furthest) : furthest
    }

    @inline(__always)
    private static func floor(_ value: Float) -> Int {
        let whole = Int(value)
        return Float(whole) > value ? whole - 1 : whole
    }

    /// The pixel at a position of an axis that continues by reflection.
    @inline(__always)
    private static func reflected(_ position: Int, _ count: Int) -> Int {
        if position >= 0, position < count { return position }
        guard count > 1 else { return 0 }
        let period = 2 * (count - 1)
        let phase = ((position % period) + period) % period
        return phase < count ? phase : period - phase
    }

    /// The pixels around every place of one row.
    private struct Corners {
        let upperLeft, upperRight, lowerLeft, lowerRight: UnsafeMutablePointer<Int32>
        let across, down: UnsafeMutablePointer<Float>

        init(count: Int) {
            upperLeft = .allocate(capacity: count)
            upperRight = .allocate(capacity: count)
            lowerLeft = .allocate(capacity: count)
            lowerRight = .allocate(capacity: count)
            across = .allocate(capacity: count)
            down = .allocate(capacity: count)
        }

        func deallocate() {
            for pointer in [upperLeft, upperRight, lowerLeft, lowerRight] { pointer.deallocate() }
            for pointer in [across, down] { pointer.deallocate() }
        }

        /// 1 where a pixel of the mask contributes.
        func touched(_ mask: [UInt8], _ column: Int) -> UInt8 {
            var result = mask[Int(upperLeft[column])]
            if across[column] > 0 { result |= mask[Int(upperRight[column])] }
            if down[column] > 0 { result |= mask[Int(lowerLeft[column])] }
            if across[column] > 0, down[column] > 0 { result |= mask[Int(lowerRight[column])] }
            return result
        }
    }
}
