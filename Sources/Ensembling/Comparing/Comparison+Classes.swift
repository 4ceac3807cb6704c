import SegmentationMetrics

extension Comparison.ClassRow {
    /// The table of all classes; nil for a single one, which the comparison's own rows tell of.
    ///
    /// - Parameter names: of the classes, in their order.
    static func rows(_ images: [ImageCounts], names: [String]) -> [Comparison.ClassRow]? {
        guard names.count > 1, !images.isEmpty else { return nil }
        return names.indices.map { index in
            func score(_ metric: Metric) -> Double? {
                summarize(
                    images: images, classes: [index], metric: metric, reduction: .pooled,
                    absent: .skip
                ).value
            }
            return Comparison.ClassRow(
                name: names[index], precision: score(.precision), recall: score(.recall),
                dice: score(.dice), iou: score(.iou))
        }
    }
}
