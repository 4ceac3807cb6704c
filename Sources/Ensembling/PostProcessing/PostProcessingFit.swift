import DurableFiles
import SegmentationMetrics

/// How thresholds and minimum sizes were found (`floe ensemble fit --postprocessing`).
///
/// Scores are means over the pairs of an image and a class, of the class's own mask after all steps.
public struct PostProcessingFit: Codable, Hashable, Sendable {
    /// What may be fitted on: never what is reported.
    public enum Split: String, Codable, CaseIterable, Sendable {
        case outOfBag = "out-of-bag"
        case validation
    }

    public var split: Split
    public var data: String
    public var images: Int
    public var metric: Metric
    public var absentClasses: AbsentClassPolicy
    /// Over all classes; nil where nothing could be scored.
    public var before: Double?
    public var after: Double?
    public var classes: [ClassFit]
    /// True where the images had also chosen the members' epochs: before and after are both too good.
    public var isOptimistic: Bool?
    /// Of the data that it was fitted on; nil in manifests of earlier versions.
    public var fingerprint: SHA256Digest?
    /// Of the ids of the part's samples, a line each: the same data can be divided in many ways.
    public var ids: SHA256Digest?

    public struct ClassFit: Codable, Hashable, Sendable {
        public var `class`: String
        /// Nil where classes exclude one another or members vote.
        public var threshold: Double?
        public var minimumSize: Int
        public var before: Double?
        public var after: Double?
    }
}
