/// How the counts of many images become one score.
public enum Reduction: String, Codable, CaseIterable, Sendable {
    /// Each image is scored by itself and the scores are averaged; every image weighs the same.
    case perImage = "per-image"
    /// The counts are summed over images and scored once; every pixel weighs the same.
    case pooled
}
