/// How two members differ over pixels; `right` and `wrong` are by the truth (Kuncheva and Whitaker
/// 2003).
public enum DiversityMeasure: String, Codable, CaseIterable, Sendable {
    /// The part of the pixels that the two decide differently, whoever is right. With two classes it
    /// is the disagreement.
    case differing
    /// The part of the pixels where exactly one of the two is right; 0 to 1, larger is more diverse.
    case disagreement
    /// The part of the pixels where both are wrong; 0 to 1, smaller is more diverse.
    case doubleFault = "double-fault"
    /// Yule's Q, (ad - bc) / (ad + bc) with a both right, d both wrong, b and c one right: -1 to 1, 0
    /// for independent errors, 1 where one member's errors are among the other's.
    case yulesQ = "q-statistic"
    /// The correlation of being right; -1 to 1, of Q's sign and never further from 0.
    case correlation
}
