/// Every score of a set of images: each metric, both reductions, each class and their mean.
///
/// A table is written, never read: it follows from the images' counts.
public struct ScoreTable: Hashable, Sendable, Encodable {
    /// One metric under one reduction.
    public struct Row: Hashable, Sendable, Encodable {
        public let metric: Metric
        public let reduction: Reduction
        /// Over the classes, without the background where it is skipped.
        public let mean: ScoreSummary
        /// In the order of the classes, the background included.
        public let perClass: [ScoreSummary]
    }

    /// The names of the classes, in their order.
    public let classes: [String]
    /// The number of images scored.
    public let images: Int
    public let absent: AbsentClassPolicy
    public let skipBackground: Bool
    /// Per-image rows first, then pooled ones; within each the metrics in their declared order.
    public let rows: [Row]

    public init(
        images: [ImageCounts], classes: [String], absent: AbsentClassPolicy = .skip,
        skipBackground: Bool = false
    ) {
        for image in images {
            precondition(
                image.counts.count == classes.count,
                "\(image.id) has \(image.counts.count) classes of \(classes.count)")
        }
        self.classes = classes
        self.images = images.count
        self.absent = absent
        self.skipBackground = skipBackground
        // Summed once; scoring one summed image gives what scoring all of them pooled gives.
        let pooled = ImageCounts.pooled(images).map { [$0] } ?? []
        rows = Reduction.allCases.flatMap { reduction in
            let scored = reduction == .pooled ? pooled : images
            return Metric.allCases.map { metric in
                Row(
                    metric: metric, reduction: reduction,
                    mean: summarize(
                        images: scored, metric: metric, reduction: reduction, absent: absent,
                        skipBackground: skipBackground),
                    perClass: classes.indices.map {
                        summarize(
                            images: scored, classes: [$0], metric: metric, reduction: reduction,
                            absent: absent)
                    })
            }
        }
    }

    /// The row of a metric under a reduction.
    public func row(_ metric: Metric, _ reduction: Reduction) -> Row {
        guard let row = rows.first(where: { $0.metric == metric && $0.reduction == reduction })
        else { preconditionFailure("a table without \(metric), \(reduction)") }
        return row
    }
}
