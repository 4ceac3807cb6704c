import SegmentationMetrics

/// `evaluation:` from probabilities to masks and scores.
public struct EvaluationSection: Codable, Hashable, Sendable {
    /// Probability from which a sigmoid class counts as present.
    public var threshold = 0.5
    /// What a class scores that is in neither truth nor prediction.
    public var absent = AbsentClassPolicy.skip
    /// Window of `predict` on images that are larger; none runs the whole image at once.
    public var tile: Int?
    /// Rows and columns that neighbouring windows share.
    public var overlap = 64
    /// Movements under which prediction sees an image besides as it is; none where absent.
    public var testTime: TestTimeAugmentation?

    public init() {}

    private enum CodingKeys: String, CodingKey {
        case threshold, absent, tile, overlap
        case testTime = "test-time"
    }

    public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        threshold = try keys.decodeIfPresent(Double.self, forKey: .threshold) ?? threshold
        absent = try keys.decodeIfPresent(AbsentClassPolicy.self, forKey: .absent) ?? absent
        tile = try keys.decodeIfPresent(Int.self, forKey: .tile)
        overlap = try keys.decodeIfPresent(Int.self, forKey: .overlap) ?? overlap
        testTime = try keys.decodeIfPresent(TestTimeAugmentation.self, forKey: .testTime)
    }
}

extension EvaluationSection {
    func check(_ check: RecipeCheck) throws {
        try check.require(
            threshold > 0 && threshold < 1, "evaluation.threshold", "between 0 and 1", threshold)
        if let tile {
            try check.require((16...8192).contains(tile), "evaluation.tile", "16 to 8192", tile)
            try check.require(
                overlap <= tile / 2, "evaluation.overlap", "at most half the tile", overlap)
        }
        try check.require(
            (0...4096).contains(overlap), "evaluation.overlap", "0 to 4096", overlap)
    }
}
