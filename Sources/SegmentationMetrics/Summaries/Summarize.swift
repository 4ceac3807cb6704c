/// One score for many images and classes.
///
/// Per image, an image's score is the mean over its classes and the result is the mean over the
/// images, so that a paired comparison of images speaks of the same number. Where classes are
/// skipped this differs from the mean of the classes' own means. Pooled, the counts are summed over
/// the images, each class is scored once, and the result is the mean over the classes (for `.iou`
/// the mean IoU). In both, what has no score is left out and counted, and a mean of nothing is nil.
///
/// The pixel accuracy of label maps is that of all classes together (correct pixels over pixels),
/// background included, unless classes are named; the other metrics, and pixel accuracy of named or
/// overlapping classes, look at one class against the rest.
///
/// - Parameters:
///   - images: all with label maps or all with masks, of the same classes.
///   - classes: the indices of the classes to average; nil for all.
///   - absent: what a class scores that is in neither truth nor prediction; decided after the
///     counts are summed when pooled.
///   - skipBackground: leaves class 0 out of the mean. Classes that may overlap have no background,
///     and nothing is left out.
public func summarize(
    images: [ImageCounts], classes: [Int]? = nil, metric: Metric, reduction: Reduction,
    absent: AbsentClassPolicy, skipBackground: Bool = false
) -> ScoreSummary {
    precondition(
        images.allSatisfy { $0.counts.count == images[0].counts.count },
        "images of different classes")
    switch reduction {
    case .pooled:
        return ImageCounts.pooled(images)?.summary(
            metric, classes: classes, absent: absent, skipBackground: skipBackground)
            ?? ScoreSummary(value: nil, used: 0, skipped: 0)
    case .perImage:
        let scores = images.map {
            $0.summary(metric, classes: classes, absent: absent, skipBackground: skipBackground)
        }
        return ScoreSummary(
            value: ScoreSummary(meanOf: scores.map(\.value)).value,
            used: scores.reduce(0) { $0 + $1.used },
            skipped: scores.reduce(0) { $0 + $1.skipped })
    }
}
