import SegmentationData
import SegmentationMetrics
import Training

/// Dice of one image as a data set's evaluation has it: absent classes by the policy, and without a
/// background.
struct ImageDice {
    private let absent: AbsentClassPolicy
    private let skipsBackground: Bool

    init(_ evaluation: EvaluationSection, of description: DatasetDescription) {
        absent = evaluation.absent
        skipsBackground = description.skipsBackground
    }

    /// Nil where no class can be scored.
    func callAsFunction(_ counts: ImageCounts) -> Double? {
        counts.score(.dice, absent: absent, skipBackground: skipsBackground)
    }
}
