import SegmentationMetrics
import TensorCore

/// Scores of one class at every threshold and minimum size of a grid, summed image by image.
///
/// Components of a threshold's mask are found once: the masks of all sizes follow from how many true
/// and false pixels each component has. Only where steps follow the removal is each of the masks
/// made, once for all sizes that leave the same components.
struct PostProcessingGrid {
    /// One class's truth of an image: 1, 0, or 255 for an ignored pixel.
    struct Truth {
        let values: [UInt8]
        private let positives: Int
        private let counted: Int

        init(_ values: ArraySlice<UInt8>) { self.init(values: Array(values)) }

        /// The pixels of a label map that are of a class.
        init(labels: [UInt8], class label: UInt8) {
            self.init(values: labels.map { $0 == LabelMap.ignore ? $0 : $0 == label ? 1 : 0 })
        }

        private init(values: [UInt8]) {
            self.values = values
            (positives, counted) = values.withUnsafeBufferPointer { values in
                var (positives, ignored) = (0, 0)
                for value in values {
                    positives += value == 1 ? 1 : 0
                    ignored += value == LabelMap.ignore ? 1 : 0
                }
                return (positives, values.count - ignored)
            }
        }

        func counts(found: Int, invented: Int) -> ConfusionCounts {
            ConfusionCounts(
                truePositive: found, falsePositive: invented, falseNegative: positives - found,
                trueNegative: counted - positives - invented)
        }
    }

    /// A place in the grid and its mean score, nil where no image had one.
    struct Choice: Hashable {
        /// Nil where the decisions are taken as they are.
        var threshold: Double?
        var size: Int
        var sum: Double
        var count: Int

        var mean: Double? { count > 0 ? sum / Double(count) : nil }

        /// A higher mean; of equal ones the smaller change: the threshold nearest to 0.5, then the
        /// lower one, then the smaller size.
        func isBetter(than other: Choice) -> Bool {
            let (own, others) = (mean ?? -1, other.mean ?? -1)
            guard own == others else { return own > others }
            if let threshold, let second = other.threshold, threshold != second {
                // Rounded, so that 0.45 and 0.55 are as near.
                let distance = (abs(threshold - 0.5) * 1e9).rounded()
                let otherDistance = (abs(second - 0.5) * 1e9).rounded()
                return distance == otherDistance ? threshold < second : distance < otherDistance
            }
            return size < other.size
        }
    }

    let steps: PostProcessing.ClassSteps
    let connectivity: ConnectedComponents.Connectivity
    let metric: Metric
    let absent: AbsentClassPolicy
    /// Nil stands for the decisions as they are.
    let thresholds: [Double?]
    let sizes: [Int]
    /// `[threshold, size]`.
    private var sums: [Double]
    private var counts: [Int]

    init(
        _ steps: PostProcessing.ClassSteps, connectivity: ConnectedComponents.Connectivity,
        metric: Metric, absent: AbsentClassPolicy, thresholds: [Double?], sizes: [Int]
    ) {
        self.steps = steps
        self.connectivity = connectivity
        self.metric = metric
        self.absent = absent
        self.thresholds = thresholds
        self.sizes = sizes
        sums = [Double](repeating: 0, count: thresholds.count * sizes.count)
        counts = [Int](repeating: 0, count: sums.count)
    }

    /// Adds one image; thresholds are tried side by side.
    ///
    /// - Parameter mask: the class's mask at a threshold.
    mutating func add(_ truth: Truth, mask: (_ threshold: Double?) -> BinaryMask) {
        for (row, cells) in counted(truth, mask).enumerated() {
            for (column, cell) in cells.enumerated() {
                guard let score = cell.score(metric, absent: absent) else { continue }
                sums[row * sizes.count + column] += score
                counts[row * sizes.count + column] += 1
            }
        }
    }

    /// Counts of one image, `[threshold][size]`.
    private func counted(
        _ truth: Truth, _ mask: (_ threshold: Double?) -> BinaryMask
    ) -> [[ConfusionCounts]] {
        var cells = [[ConfusionCounts]](repeating: [], count: thresholds.count)
        ComputeThread.shared.run {
            cells.withUnsafeMutableBufferPointer { cells in
                parallelFor(thresholds.count) { range in
                    for row in range { cells[row] = counted(mask(thresholds[row]), truth) }
                }
            }
        }
        return cells
    }

    /// The best place of the grid.
    var best: Choice? {
        var best: Choice?
        for (row, threshold) in thresholds.enumerated() {
            for (column, size) in sizes.enumerated() {
                let index = row * sizes.count + column
                let choice = Choice(
                    threshold: threshold, size: size, sum: sums[index], count: counts[index])
                if best.map({ choice.isBetter(than: $0) }) ?? true { best = choice }
            }
        }
        return best
    }

    /// Counts of one mask at every minimum size.
    private func counted(_ mask: BinaryMask, _ truth: Truth) -> [ConfusionCounts] {
        let components = ConnectedComponents(of: mask, connectivity: connectivity)
        guard !steps.hasLaterSteps else { return countedAfterLaterSteps(components, truth) }
        var found = [Int](repeating: 0, count: components.count)
        var invented = found
        truth.values.withUnsafeBufferPointer { truth in
            for run in components.runs {
                var (hits, others) = (0, 0)
                for pixel in run.row * mask.width + run.start..<run.row * mask.width + run.end {
                    hits += truth[pixel] == 1 ? 1 : 0
                    others += truth[pixel] == 0 ? 1 : 0
                }
                found[run.component] += hits
                invented[run.component] += others
            }
        }
        return sizes.map { size in
            var (hits, others) = (0, 0)
            for component in found.indices where components.sizes[component] >= size {
                hits += found[component]
                others += invented[component]
            }
            return truth.counts(found: hits, invented: others)
        }
    }

    private func countedAfterLaterSteps(
        _ components: ConnectedComponents, _ truth: Truth
    ) -> [ConfusionCounts] {
        // Two sizes that leave as many components leave the same ones.
        var known: [Int: ConfusionCounts] = [:]
        return sizes.map { size in
            let kept = components.sizes.count { $0 >= size }
            if let counts = known[kept] { return counts }
            let mask = steps.later(
                components.mask { components.sizes[$0] >= size }, connectivity)
            let counts = ConfusionCounts(truth: truth.values, prediction: mask.values)
            known[kept] = counts
            return counts
        }
    }
}
