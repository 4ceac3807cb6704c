import DurableFiles
import ModelZoo
import SegmentationData

/// Runs members over a scene of any size, band of rows by band of rows.
///
/// Images are resized or windowed as a member's manifest says; windows lie on one grid over the
/// whole scene, so that the result does not depend on how many rows are asked for at once.
public final class ScenePredictor {
    private let scene: any SceneSource
    private let overlap: Int?
    private let testTime: TestTimeAugmentation?
    /// Images that `resize` made, by size, and the small maps that members made of them.
    private var fitted: [ImageSize: BandImage] = [:]
    private var smallMaps: [Int: [Float]] = [:]
    /// Predictors over the scene with the bands that members have computed.
    private var computing: [[ComputedBand]: ScenePredictor] = [:]

    /// Largest image that is run in one piece where a manifest names no window.
    public static let wholeImageLimit = wholeSide * wholeSide
    private static let wholeSide = 2048
    private static let defaultTile = 1024
    private static let defaultOverlap = 64

    /// - Parameters:
    ///   - overlap: rows and columns that neighbouring windows share; nil takes what each member's
    ///     recipe says.
    ///   - testTime: movements under which every window is predicted; nil as well.
    public init(
        _ scene: any SceneSource, overlap: Int? = nil, testTime: TestTimeAugmentation? = nil
    ) {
        self.scene = scene
        self.overlap = overlap
        self.testTime = testTime
    }

    /// How many windows were run, and how many nobody wanted; what is run whole counts as one.
    public struct WindowCount: Hashable, Sendable {
        public var run: Int
        public var skipped: Int

        public init(run: Int = 0, skipped: Int = 0) {
            self.run = run
            self.skipped = skipped
        }
    }

    /// One member's probabilities `[class][row][column]` of some rows of the scene.
    ///
    /// - Parameter position: the member's place in its ensemble.
    public func probabilities(
        _ member: MemberPredictor, position: Int, rows: Range<Int>
    ) throws -> [Float] {
        var count = WindowCount()
        return try probabilities(
            member, position: position, rows: rows, wanted: nil, count: &count)
    }

    /// The same, where only some pixels are wanted: windows without one of them are not run.
    ///
    /// Every wanted pixel has the value that it has where all windows are run, to the last bit; what
    /// the others have means nothing.
    ///
    /// - Parameters:
    ///   - position: the member's place in its ensemble.
    ///   - wanted: pixels of these very rows; nil for all.
    ///   - count: is increased by the windows of these rows.
    public func probabilities(
        _ member: MemberPredictor, position: Int, rows: Range<Int>, wanted: PixelMask?,
        count: inout WindowCount
    ) throws -> [Float] {
        precondition(
            wanted.map { $0.rows == rows && $0.width == scene.width } ?? true,
            "wanted pixels of other rows")
        let input = member.manifest.input
        if scene.computedBands != member.computedBands {
            let stored = input.fileBands.map(\.name)
            let predictor =
                try computing[member.computedBands]
                ?? ScenePredictor(
                    ComputingScene(scene, computing: member.computedBands, stored: stored),
                    overlap: overlap, testTime: testTime)
            computing[member.computedBands] = predictor
            return try predictor.probabilities(
                member, position: position, rows: rows, wanted: wanted, count: &count)
        }
        guard scene.bands == input.bands.count else {
            throw FloeError(
                .badData, "an image with another number of bands than '\(member.path)' takes",
                expected:
                    "\(input.bands.count) (\(input.bands.map(\.name).joined(separator: ", ")))",
                got: "\(scene.bands)")
        }
        guard input.sizePolicy == .resize, !scene.isAtTrainingScale else {
            return try windowed(member, rows: rows, wanted: wanted, count: &count)
        }
        let size = ImageSize(
            height: input.size?[0] ?? scene.height, width: input.size?[1] ?? scene.width)
        if let map = smallMaps[position] {
            return enlarged(map, member.classes, from: size, rows: rows)
        }
        let image = try fitted[size] ?? scene.resized(height: size.height, width: size.width)
        fitted[size] = image
        // Where training cut patches out of the resized photo, windows of their size are run.
        let map: [Float]
        if input.tile == nil {
            map = try predicted(image, by: member)
            count.run += 1
        } else {
            map = try ScenePredictor(ImageScene(image), overlap: overlap, testTime: testTime)
                .windowed(member, rows: 0..<size.height, wanted: nil, count: &count)
        }
        // Kept only where it is asked for again, so that memory does not grow with the members.
        if rows.count < scene.height { smallMaps[position] = map }
        return enlarged(map, member.classes, from: size, rows: rows)
    }

    /// One image or window, moved as test-time augmentation wants it.
    private func predicted(_ image: BandImage, by member: MemberPredictor) throws -> [Float] {
        try testTime(of: member).probabilities(
            of: image, classes: member.classes, member.probabilities)
    }

    private func testTime(of member: MemberPredictor) -> TestTimeAugmentation {
        testTime ?? member.testTime
    }

    // MARK: Windows

    /// By how many rows and columns a member's windows follow one another; what is run in one piece
    /// counts as one window of 2048.
    public static func stride(of member: MemberPredictor) -> Int {
        let input = member.manifest.input
        guard input.sizePolicy != .resize, let tile = input.tile else { return wholeSide }
        return max(1, tile - min(member.overlap ?? defaultOverlap, tile / 2))
    }

    /// The windows that a member is run in over an image of some size; one for an image that is run in
    /// one piece.
    public static func windows(
        of member: MemberPredictor, height: Int, width: Int
    ) throws -> [WindowPlan.Window] {
        guard member.manifest.input.sizePolicy != .resize else {
            return [.init(rows: 0..<height, columns: 0..<width)]
        }
        let plan = try plan(
            member, height: height, width: width, overlap: nil, testTime: member.testTime)
        return plan.rowStarts.indices.flatMap { plan.windows(inRow: $0) }
    }

    private static func plan(
        _ member: MemberPredictor, height: Int, width: Int, overlap: Int?,
        testTime: TestTimeAugmentation
    ) throws -> WindowPlan {
        let multiple = member.manifest.input.multiple
        // What is predicted enlarged takes as much memory as a larger image.
        let scale = testTime.largestScale
        let isSmall = Double(height * width) * scale * scale <= Double(wholeImageLimit)
        let tile =
            member.manifest.input.tile
            ?? (isSmall
                ? max(height, width) : (defaultTile + multiple - 1) / multiple * multiple)
        return try WindowPlan(
            height: height, width: width, tile: tile,
            overlap: min(overlap ?? member.overlap ?? defaultOverlap, tile / 2))
    }

    private func windowed(
        _ member: MemberPredictor, rows: Range<Int>, wanted: PixelMask?, count: inout WindowCount
    ) throws -> [Float] {
        let plan = try Self.plan(
            member, height: scene.height, width: scene.width, overlap: overlap,
            testTime: testTime(of: member))
        let classes = member.classes
        let width = scene.width
        if plan.count == 1, rows == 0..<scene.height {
            count.run += 1
            return try predicted(scene.readRows(rows), by: member)
        }
        // The weights are small whole numbers: sums in double precision are exact, and where every
        // window says the same, so does the blend.
        var sums = [Double](repeating: 0, count: classes * rows.count * width)
        let rowWeights = WindowPlan.weights(extent: plan.tileHeight)
        let columnWeights = WindowPlan.weights(extent: plan.tileWidth)
        let rowTotals = Self.totals(plan.rowStarts, rowWeights, extent: scene.height)
        let columnTotals = Self.totals(plan.columnStarts, columnWeights, extent: width)
        for start in plan.rowStarts {
            let covered = start..<start + plan.tileHeight
            guard covered.overlaps(rows) else { continue }
            var read: BandImage?
            for left in plan.columnStarts {
                try StopSignal.throwIfReceived()
                let columns = left..<left + plan.tileWidth
                if let wanted, !wanted.overlaps(rows: covered, columns: columns) {
                    count.skipped += 1
                    continue
                }
                count.run += 1
                let strip = try read ?? scene.readRows(covered)
                read = strip
                let window =
                    columns.count == width
                    ? strip : strip.cropped(rows: 0..<plan.tileHeight, columns: columns)
                let values = try predicted(window, by: member)
                let shared = covered.clamped(to: rows)
                for plane in 0..<classes {
                    for row in shared {
                        Self.add(
                            values, from: (plane * plan.tileHeight + row - start) * plan.tileWidth,
                            to: (plane * rows.count + row - rows.lowerBound) * width + left,
                            of: &sums, rowWeight: rowWeights[row - start], columnWeights)
                    }
                }
            }
        }
        return Self.divided(
            sums, rows: rows, width: width, rowTotals: rowTotals, columnTotals: columnTotals)
    }

    /// Adds one row of a window to the sums.
    private static func add(
        _ values: [Float], from: Int, to: Int, of sums: inout [Double], rowWeight: Double,
        _ columnWeights: [Double]
    ) {
        sums.withUnsafeMutableBufferPointer { sums in
            values.withUnsafeBufferPointer { values in
                columnWeights.withUnsafeBufferPointer { weights in
                    for column in weights.indices {
                        sums[to + column] +=
                            rowWeight * weights[column] * Double(values[from + column])
                    }
                }
            }
        }
    }

    /// Sums over the weights that went into them.
    private static func divided(
        _ sums: [Double], rows: Range<Int>, width: Int, rowTotals: [Double],
        columnTotals: [Double]
    ) -> [Float] {
        [Float](unsafeUninitializedCapacity: sums.count) { result, count in
            count = sums.count
            sums.withUnsafeBufferPointer { sums in
                columnTotals.withUnsafeBufferPointer { totals in
                    for line in 0..<sums.count / width {
                        let rowTotal = rowTotals[rows.lowerBound + line % rows.count]
                        for column in 0..<width {
                            result.initializeElement(
                                at: line * width + column,
                                to: Float(
                                    sums[line * width + column] / (rowTotal * totals[column])))
                        }
                    }
                }
            }
        }
    }

    /// Sum of the blending weights at every position along one axis.
    private static func totals(_ starts: [Int], _ weights: [Double], extent: Int) -> [Double] {
        var totals = [Double](repeating: 0, count: extent)
        for start in starts {
            for (offset, weight) in weights.enumerated() { totals[start + offset] += weight }
        }
        return totals
    }

    // MARK: Back to the scene's size

    private func enlarged(
        _ map: [Float], _ classes: Int, from size: ImageSize, rows: Range<Int>
    ) -> [Float] {
        let width = scene.width
        let columns = (0..<width).map { RowPosition($0, from: size.width, to: width) }
        var result = [Float](repeating: 0, count: classes * rows.count * width)
        for plane in 0..<classes {
            for row in rows {
                let position = RowPosition(row, from: size.height, to: scene.height)
                let upper = (plane * size.height + position.lower) * size.width
                let lower = position.share > 0 ? upper + size.width : upper
                let to = (plane * rows.count + row - rows.lowerBound) * width
                for (column, place) in columns.enumerated() {
                    let right = place.share > 0 ? place.lower + 1 : place.lower
                    let above =
                        map[upper + place.lower] * (1 - place.share)
                        + map[upper + right] * place.share
                    let below =
                        map[lower + place.lower] * (1 - place.share)
                        + map[lower + right] * place.share
                    result[to + column] = above * (1 - position.share) + below * position.share
                }
            }
        }
        return result
    }
}
