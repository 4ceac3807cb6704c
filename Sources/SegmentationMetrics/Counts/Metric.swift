/// A score that follows from confusion counts.
public enum Metric: String, Codable, CaseIterable, Sendable {
    /// Intersection over union (Jaccard index): TP / (TP + FP + FN).
    case iou
    /// Dice coefficient, the same as F1: 2 TP / (2 TP + FP + FN).
    case dice
    /// The part of the predicted pixels that is right: TP / (TP + FP).
    case precision
    /// The part of the true pixels that is found: TP / (TP + FN).
    case recall
    /// The recall of everything that is not the class: TN / (TN + FP).
    case specificity
    /// The part of all pixels that is right: (TP + TN) / (TP + FP + FN + TN).
    case pixelAccuracy
}
