/// What a class scores that is neither in the truth nor in the prediction, where the formula reads
/// 0 / 0.
///
/// A class that is in only one of the two is no such case: it always scores 0.
public enum AbsentClassPolicy: String, Codable, CaseIterable, Sendable {
    /// Rightly finding nothing is perfect; the rule of cloud and tumour challenges.
    case one
    /// No score: the value drops out of means and is counted as skipped.
    case skip
    /// Scores 0, as scikit-learn's `zero_division=0`.
    case zero
}
