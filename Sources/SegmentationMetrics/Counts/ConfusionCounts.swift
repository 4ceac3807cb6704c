/// How the pixels of one class fall out: found, invented, missed and rightly left alone.
///
/// Ignored pixels are in none of the four. Counts add up over images; every score follows from
/// them.
public struct ConfusionCounts: Hashable, Sendable {
    /// The largest count that decoding accepts; sums of tens of thousands of such counts still fit.
    public static let largestDecoded = 1 << 48

    public let truePositive: Int
    public let falsePositive: Int
    public let falseNegative: Int
    public let trueNegative: Int

    public init(
        truePositive: Int = 0, falsePositive: Int = 0, falseNegative: Int = 0,
        trueNegative: Int = 0
    ) {
        precondition(
            truePositive >= 0 && falsePositive >= 0 && falseNegative >= 0 && trueNegative >= 0,
            "a count is negative")
        self.truePositive = truePositive
        self.falsePositive = falsePositive
        self.falseNegative = falseNegative
        self.trueNegative = trueNegative
    }

    /// The number of pixels counted, without the ignored ones.
    public var pixels: Int { truePositive + falsePositive + falseNegative + trueNegative }

    /// Whether the class is neither in the truth nor in the prediction.
    public var isAbsent: Bool { truePositive == 0 && falsePositive == 0 && falseNegative == 0 }

    public static func + (left: ConfusionCounts, right: ConfusionCounts) -> ConfusionCounts {
        ConfusionCounts(
            truePositive: left.truePositive + right.truePositive,
            falsePositive: left.falsePositive + right.falsePositive,
            falseNegative: left.falseNegative + right.falseNegative,
            trueNegative: left.trueNegative + right.trueNegative)
    }

    public static func += (left: inout ConfusionCounts, right: ConfusionCounts) {
        left = left + right
    }
}

extension ConfusionCounts: Codable {
    private enum CodingKeys: String, CodingKey {
        case truePositive, falsePositive, falseNegative, trueNegative
    }

    /// Reads the four counts; a negative or absurdly large one is a corrupt file.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func count(_ key: CodingKeys) throws -> Int {
            let value = try container.decode(Int.self, forKey: key)
            guard (0...Self.largestDecoded).contains(value) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container,
                    debugDescription: "expected a count of pixels, got \(value)")
            }
            return value
        }
        self.init(
            truePositive: try count(.truePositive), falsePositive: try count(.falsePositive),
            falseNegative: try count(.falseNegative), trueNegative: try count(.trueNegative))
    }
}
