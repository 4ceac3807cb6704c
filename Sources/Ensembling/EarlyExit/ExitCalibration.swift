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

    /// Groups that are needed, half of them to fit on: fewer give no bound worth its name.
    static let leastGroups = 10

    /// What stopping by one threshold does to images.
    struct Outcome: Equatable {
        /// Share of the pixels that differ from the whole ensemble's; the same, as expected from the
        /// table; share that could differ; mean number of members over the windows.
        var changed = 0.0
        var expected = 0.0
        var open = 0.0
        var members = 0.0
    }

    /// Everything found.
    struct Result {
        var table: ExitTable
        var levels: [EarlyExitFit.Level]
        var exactMembers: Double
        var images: Int
        var heldBack: Int
        /// Mean number of members over the risks, by the images that were fitted on; all of them for a
        /// risk that cannot be promised.
        var fittedMembers: Double
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
        let bounds = bounds(outcomes)
        let heldStops = held.map { $0.map { Stops($0.trace, table, members: members) } }

        var levels: [EarlyExitFit.Level] = []
        var asked: [Double] = []
        for risk in risks {
            // From the strictest on, to the first that fails.
            guard
                let last = bounds.prefix(while: { $0 <= risk }).indices.last
            else {
                asked.append(Double(members))
                continue
            }
            asked.append(mean(outcomes[last]).members)
            let measured = mean(heldStops.map { mean($0, thresholds[last]) })
            guard measured.changed <= risk else { continue }
            levels.append(
                .init(
                    risk: risk, threshold: thresholds[last], bound: bounds[last],
                    changed: measured.changed, members: measured.members))
        }
        return Result(
            table: table, levels: levels,
            exactMembers: mean(heldStops.map { mean($0, 0) }).members,
            images: fitted.reduce(0) { $0 + $1.count }, heldBack: held.reduce(0) { $0 + $1.count },
            fittedMembers: asked.reduce(0, +) / Double(max(1, asked.count)))
    }

    /// A bound for each threshold.
    ///
    /// Stopping earlier changes no fewer labels: where a threshold changed nothing, so that little can
    /// be estimated from it, the bound of the next larger one holds for it too.
    static func bounds(_ outcomes: [[Outcome]]) -> [Double] {
        var result = outcomes.map { bound($0) }
        for index in result.indices.dropLast().reversed()
        where outcomes[index].allSatisfy({ $0.changed == 0 }) {
            result[index] = min(result[index], result[index + 1])
        }
        return result
    }

    /// The larger of what was expected and of the upper 95 % confidence bound of what was measured.
    ///
    /// The bound of the mean is Student's, corrected for skewness (Chen 1995, "Testing the mean of
    /// skewed distributions"): most images change little and a few much, and Student's alone would
    /// promise too much. Where nothing changed there is nothing to estimate from: then so many images
    /// may change as chance hides from this sample in one of twenty cases, each by all that was
    /// stopped while open.
    static func bound(_ groups: [Outcome]) -> Double {
        let count = Double(groups.count)
        let mean = groups.reduce(0) { $0 + $1.changed } / count
        let expected = groups.reduce(0) { $0 + $1.expected } / count
        func moment(_ power: Int) -> Double {
            groups.reduce(0) { $0 + pow($1.changed - mean, Double(power)) }
        }
        let deviation = (moment(2) / (count - 1)).squareRoot()
        guard deviation > 0 else {
            let most = groups.reduce(0) { max($0, $1.open) }
            return max(mean, expected, most * (1 - pow(0.05, 1 / count)))
        }
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
            $0.open += $1.open / count
            $0.members += $1.members / count
        }
    }

    /// An image's cells, and what stopping each of them after each member would mean.
    struct Stops {
        private let cells: [(pixels: Int, steps: [(expected: Double, changed: Int, open: Int)])]
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
                    zip(cell.steps, table.rows).map { counts, chances in
                        var step = ExitTrace.Step()
                        step += counts
                        return (
                            ExitTable.expected(step.open[...], chances, of: cell.pixels),
                            step.changed.reduce(0, +), step.open.reduce(0, +)
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
                result.open += Double(cell.steps[stop].open) / Double(pixels)
            }
            for window in windows {
                let most = window.reduce(0) { max($0, asked[$1]) }
                result.members += Double(most) / Double(windows.count)
            }
            return result
        }
    }
}
