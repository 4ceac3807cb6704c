/// Blends the windows of a plan into rows that are handed out as soon as they are complete.
///
/// Memory is that of one row of windows, whatever the height of the scene.
public struct WindowAccumulator {
    /// Complete rows of the scene.
    public struct Rows: Sendable {
        public var rows: Range<Int>
        /// [channel][row][column].
        public var values: [Float]
    }

    public let plan: WindowPlan
    public let channels: Int
    private let rowWeights: [Double]
    private let columnWeights: [Double]
    /// [channel][row][column] of the rows from `top` on; weighted sums.
    private var sums: [Double]
    /// [row][column]; sums of weights.
    private var totals: [Double]
    private var top = 0
    private var rowIndex = 0
    private var columnIndex = 0

    public init(plan: WindowPlan, channels: Int) {
        precondition(channels > 0, "\(channels) channels")
        self.plan = plan
        self.channels = channels
        rowWeights = WindowPlan.weights(extent: plan.tileHeight)
        columnWeights = WindowPlan.weights(extent: plan.tileWidth)
        sums = [Double](repeating: 0, count: channels * plan.tileHeight * plan.width)
        totals = [Double](repeating: 0, count: plan.tileHeight * plan.width)
    }

    /// Adds the network's answer to the next window, in the plan's order.
    ///
    /// - Parameter values: [channel][row][column] of the window.
    /// - Returns: the rows that no later window reaches, after the last window of a row.
    public mutating func add(_ values: [Float]) -> Rows? {
        let (tileHeight, tileWidth, width) = (plan.tileHeight, plan.tileWidth, plan.width)
        precondition(
            values.count == channels * tileHeight * tileWidth && rowIndex < plan.rowStarts.count,
            "\(values.count) values for a window of \(channels)x\(tileHeight)x\(tileWidth)")
        let left = plan.columnStarts[columnIndex]
        let channels = channels
        values.withUnsafeBufferPointer { values in
            sums.withUnsafeMutableBufferPointer { sums in
                for channel in 0..<channels {
                    for row in 0..<tileHeight {
                        let target = (channel * tileHeight + row) * width + left
                        let source = (channel * tileHeight + row) * tileWidth
                        for column in 0..<tileWidth {
                            let weight = rowWeights[row] * columnWeights[column]
                            sums[target + column] += weight * Double(values[source + column])
                        }
                    }
                }
            }
        }
        for row in 0..<tileHeight {
            for column in 0..<tileWidth {
                totals[row * width + left + column] += rowWeights[row] * columnWeights[column]
            }
        }
        columnIndex += 1
        guard columnIndex == plan.columnStarts.count else { return nil }
        columnIndex = 0
        rowIndex += 1
        return handOut()
    }

    private mutating func handOut() -> Rows {
        let (tileHeight, width) = (plan.tileHeight, plan.width)
        let end = rowIndex < plan.rowStarts.count ? plan.rowStarts[rowIndex] : plan.height
        let count = end - top
        var values = [Float](repeating: 0, count: channels * count * width)
        for channel in 0..<channels {
            for row in 0..<count {
                for column in 0..<width {
                    values[(channel * count + row) * width + column] = Float(
                        sums[(channel * tileHeight + row) * width + column]
                            / totals[row * width + column])
                }
            }
        }
        let rows = Rows(rows: top..<end, values: values)
        moveUp(by: count)
        top = end
        return rows
    }

    /// Keeps what later windows still add to, at the top of the buffers.
    private mutating func moveUp(by count: Int) {
        let (tileHeight, width) = (plan.tileHeight, plan.width)
        let kept = (tileHeight - count) * width
        for plane in 0..<(channels + 1) {
            func shift(_ buffer: inout [Double], _ base: Int) {
                for index in 0..<kept {
                    buffer[base + index] = buffer[base + count * width + index]
                }
                for index in kept..<(tileHeight * width) { buffer[base + index] = 0 }
            }
            if plane < channels {
                shift(&sums, plane * tileHeight * width)
            } else {
                shift(&totals, 0)
            }
        }
    }
}
