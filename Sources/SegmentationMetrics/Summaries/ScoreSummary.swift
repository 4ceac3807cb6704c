/// A score over images and classes, with how many scores went into it and how many did not.
public struct ScoreSummary: Hashable, Sendable {
    /// The score in 0...1, or nil ("n/a") where there was nothing to average.
    public let value: Double?
    /// The number of class scores averaged: one per image and class, or one per class when pooled.
    public let used: Int
    /// The number of class scores left out, because the class was absent or no pixel counted.
    public let skipped: Int

    public init(value: Double?, used: Int, skipped: Int) {
        self.value = value
        self.used = used
        self.skipped = skipped
    }

    /// The mean of the scores there are; a mean of nothing is nil.
    init(meanOf scores: [Double?]) {
        var sum = 0.0
        var used = 0
        for case let score? in scores {
            sum += score
            used += 1
        }
        self.init(
            value: used > 0 ? sum / Double(used) : nil, used: used, skipped: scores.count - used)
    }
}

extension ScoreSummary: Codable {
    private enum CodingKeys: String, CodingKey {
        case value, used, skipped
    }

    /// Writes a score that there is not as an explicit null, so that the key is always present.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(value, forKey: .value)
        try container.encode(used, forKey: .used)
        try container.encode(skipped, forKey: .skipped)
    }
}
