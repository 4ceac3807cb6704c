import Foundation
import SegmentationMetrics

/// Finds how early to stop from images of which all is known.
struct ExitCalibration {
    /// An image and what must not be told apart from it: images of a group are no independent
    /// evidence.
    struct Image {
        var group: String
        var trace: ExitTrace
    }

    /// Groups that are needed: fewer give no bound worth its name.
    static let leastGroups = 8

    /// What stopping by one threshold does to images.
    struct Outcome: Equatable {
        /// Share of the pixels that differ from the whole ensemble's; the same, as expected from the
        /// table; mean number of members over the windows.
        var changed = 0.0
        var expected = 0.0
        var members = 0.0
    }

    /// Everything found.
    struct Result {
        var table: ExitTable
        var levels: [EarlyExitFit.Level]
        var exactMembers: Double
        var images: Int
        var heldBack: Int
    }

    /// Thresholds that are tried, ascending: ten to a decade.
    static let thresholds = (-60...(-5)).map { pow(10, Double($0) / 10) }

    /// - Parameters:
    ///   - members: how many answer where none is left out.
    ///   - risks: ascending.
    /// - Returns: nil for fewer than `leastGroups` groups.
    static func fit(_ images: [Image], members: Int, risks: [Double]) -> Result? {
        var order: [String: Int] = [:]
        for image in images where order[image.group] == nil { order[image.group] = order.count }
        guard order.count >= leastGroups else { return nil }
        // Every other group is held back.
        let groups = Dictionary(grouping: images) { order[$0.group] ?? 0 }
        let fitted = groups.keys.sorted().filter { $0.isMultiple(of: 2) }.compactMap { groups[$0] }
        let held = groups.keys.sorted().filter { !$0.isMultiple(of: 2) }.compactMap { groups[$0] }

        let own = fitted.map { total($0.map(\.trace)) }
        var all = [ExitTrace.Step](repeating: .init(), count: members - 1)
        for counts in own { for step in all.indices { all[step] += counts[step] } }
        let table = ExitTable(all)
        // Each group by a table that it had no part in.
        let stops = zip(fitted, own).map { group, counts in
            var others = all
            for step in others.indices { others[step] -= counts[step] }
            return group.map { Stops($0.trace, ExitTable(others), members: members) }
        }
        let outcomes = thresholds.map { threshold in stops.map { mean($0, threshold) } }
        let heldStops = held.map { $0.map { Stops($0.trace, table, members: members) } }

        var levels: [EarlyExitFit.Level] = []
        for risk in risks {
            // From the strictest on, to the first that fails.
            guard
                let last = outcomes.prefix(while: { bound($0) <= risk }).indices.last
            else { continue }
            let measured = mean(heldStops.map { mean($0, thresholds[last]) })
            guard measured.changed <= risk else { continue }
            levels.append(
                .init(
                    risk: risk, threshold: thresholds[last], bound: bound(outcomes[last]),
                    changed: measured.changed, members: measured.members))
        }
        return Result(
            table: table, levels: levels,
            exactMembers: mean(heldStops.map { mean($0, 0) }).members,
            images: fitted.reduce(0) { $0 + $1.count }, heldBack: held.reduce(0) { $0 + $1.count })
    }

    /// The larger of what was expected and of the upper 95 % confidence bound of what was measured.
    ///
    /// The bound of the mean is Student's, corrected for skewness (Chen 1995, "Testing the mean of
    /// skewed distributions"): most images change little and a few much, and Student's alone would
    /// promise too much.
    static func bound(_ groups: [Outcome]) -> Double {
        let count = Double(groups.count)
        let mean = groups.reduce(0) { $0 + $1.changed } / count
        let expected = groups.reduce(0) { $0 + $1.expected } / count
        func moment(_ power: Int) -> Double {
            groups.reduce(0) { $0 + pow($1.changed - mean, Double(power)) }
        }
        let deviation = (moment(2) / (count - 1)).squareRoot()
        guard deviation > 0 else { return max(mean, expected) }
        let skewness = count / ((count - 1) * (count - 2)) * moment(3) / pow(deviation, 3)
        // A tenth lies outside of the central part, half of it above.
        let student = studentQuantile(central: 0.9, degreesOfFreedom: groups.count - 1)
        let correction =
            max(0, skewness) * (1 + 2 * student * student) / (6 * count.squareRoot())
        return max(mean + (student + correction) * deviation / count.squareRoot(), expected)
    }

    private static func total(_ traces: [ExitTrace]) -> [ExitTrace.Step] {
        var sum = traces[0].total
        for trace in traces.dropFirst() {
            for (step, own) in trace.total.enumerated() { sum[step] += own }
        }
        return sum
    }

    private static func mean(_ images: [Stops], _ threshold: Double) -> Outcome {
        mean(images.map { $0.outcome(threshold) })
    }

    private static func mean(_ outcomes: [Outcome]) -> Outcome {
        let count = Double(outcomes.count)
        return outcomes.reduce(into: Outcome()) {
            $0.changed += $1.changed / count
            $0.expected += $1.expected / count
            $0.members += $1.members / count
        }
    }

    /// An image's cells, and what stopping each of them after each member would mean.
    struct Stops {
        private let cells: [(pixels: Int, steps: [(expected: Double, changed: Int)])]
        private let windows: [[Int]]
        private let pixels: Int
        private let members: Int

        init(_ trace: ExitTrace, _ table: ExitTable, members: Int) {
            self.members = members
            pixels = trace.pixels
            windows = trace.windows
            cells = trace.cells.map { cell in
                (
                    cell.pixels,
                    zip(cell.steps, table.rows).map { step, chances in
                        (
                            ExitTable.expected(step.open[...], chances, of: cell.pixels),
                            step.changed.reduce(0, +)
                        )
                    }
                )
            }
        }

        func outcome(_ threshold: Double) -> Outcome {
            var result = Outcome()
            var asked = [Int](repeating: members, count: cells.count)
            for (index, cell) in cells.enumerated() {
                let share = Double(cell.pixels) / Double(pixels)
                guard let stop = cell.steps.firstIndex(where: { $0.expected <= threshold }) else {
                    continue
                }
                asked[index] = stop + 1
                result.expected += share * cell.steps[stop].expected
                result.changed += Double(cell.steps[stop].changed) / Double(pixels)
            }
            for window in windows {
                let most = window.reduce(0) { max($0, asked[$1]) }
                result.members += Double(most) / Double(windows.count)
            }
            return result
        }
    }
}
