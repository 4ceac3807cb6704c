import SegmentationData
import Training

/// What one image tells about stopping early: for each cell, after each member but the last, the leads
/// of the labels that were still open and how many of them changed in the end.
struct ExitTrace {
    /// Pixels by bin of their lead.
    struct Step: Hashable {
        var open = [Int](repeating: 0, count: ExitTable.bins)
        /// Those of them whose label differs from the whole ensemble's.
        var changed = [Int](repeating: 0, count: ExitTable.bins)

        static func += (sum: inout Step, step: Step) {
            for bin in 0..<ExitTable.bins {
                sum.open[bin] += step.open[bin]
                sum.changed[bin] += step.changed[bin]
            }
        }

        static func += (sum: inout Step, counts: Counts) {
            for entry in counts.bins {
                sum.open[Int(entry.bin)] += Int(entry.open)
                sum.changed[Int(entry.bin)] += Int(entry.changed)
            }
        }

        static func -= (sum: inout Step, step: Step) {
            for bin in 0..<ExitTable.bins {
                sum.open[bin] -= step.open[bin]
                sum.changed[bin] -= step.changed[bin]
            }
        }
    }

    /// The bins of a step that hold pixels: a cell has few, and an image many cells.
    struct Counts {
        struct Bin {
            var bin: UInt8
            var open: Int32
            var changed: Int32
        }

        var bins: [Bin]

        init(_ step: Step) {
            bins = (0..<ExitTable.bins).filter { step.open[$0] > 0 }.map {
                Bin(
                    bin: UInt8($0), open: Int32(clamping: step.open[$0]),
                    changed: Int32(clamping: step.changed[$0]))
            }
        }
    }

    struct Cell {
        var pixels: Int
        var steps: [Counts] = []
    }

    var cells: [Cell]
    /// The cells that each window of the image covers: it is run while one of them is.
    var windows: [[Int]]
    var pixels: Int { cells.reduce(0) { $0 + $1.pixels } }

    /// All cells together.
    var total: [Step] {
        var sum = [Step](repeating: Step(), count: cells.first?.steps.count ?? 0)
        for cell in cells { for step in sum.indices { sum[step] += cell.steps[step] } }
        return sum
    }
}

/// Makes an image's trace while its members answer one after another.
struct ExitRecorder {
    private var labels: RunningLabels
    private let members: Int
    /// After each member: bins of open pixels, `closed` for others, and the labels so far.
    private var steps: [(bins: [UInt8], decisions: [UInt8])] = []
    private static let closed = UInt8.max

    /// - Parameter members: how many will answer.
    init(
        _ settled: SettledLabels, members: Int, classes: Int, height: Int, width: Int
    ) {
        labels = RunningLabels(settled, classes: classes, rows: 0..<height, width: width)
        self.members = members
    }

    mutating func add(_ probabilities: [Float], weights: [Double], thresholds: [Double]) {
        labels.add(probabilities, weights: weights, thresholds: thresholds)
        guard labels.count < members else { return }
        let leads = labels.combiner.leads()
        var bins = [UInt8](repeating: Self.closed, count: leads.count)
        labels.open.visit { bins[$0] = UInt8(ExitTable.bin(leads[$0])) }
        steps.append((bins, labels.combiner.decisions()))
    }

    /// The trace, once all members have answered.
    ///
    /// - Parameters:
    ///   - side: of the cells.
    ///   - windows: that members are run in.
    func finished(side: Int, windows: [WindowPlan.Window]) -> ExitTrace {
        precondition(labels.count == members, "\(labels.count) of \(members) members")
        let whole = labels.combiner.decisions()
        let pixels = labels.combiner.pixels
        let planes = whole.count / max(1, pixels)
        let mask = labels.open
        let cells = ExitCells(side: side, rows: mask.rows, width: mask.width)
        var result = ExitTrace(
            cells: (0..<cells.count).map { .init(pixels: cells.pixels(of: $0)) },
            windows: windows.map { cells.covered(rows: $0.rows, columns: $0.columns) })
        for step in steps {
            var counts = [ExitTrace.Step](repeating: .init(), count: cells.count)
            for pixel in 0..<pixels where step.bins[pixel] != Self.closed {
                let bin = Int(step.bins[pixel])
                let cell = cells.cell(of: pixel)
                counts[cell].open[bin] += 1
                let isSame = (0..<planes).allSatisfy {
                    step.decisions[$0 * pixels + pixel] == whole[$0 * pixels + pixel]
                }
                if !isSame { counts[cell].changed[bin] += 1 }
            }
            for cell in counts.indices {
                result.cells[cell].steps.append(ExitTrace.Counts(counts[cell]))
            }
        }
        return result
    }
}
