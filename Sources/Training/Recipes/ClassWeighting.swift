import SegmentationData

/// `class-weights:` a number for each class, or a rule that makes them of the member's bag.
public enum ClassWeighting: Codable, Hashable, Sendable {
    public enum Rule: String, Codable, CaseIterable, Sendable {
        /// All pixels over the pixels of the class.
        case inverseFrequency = "inverse-frequency"
        /// The median of the classes' frequencies over the class's own (Eigen and Fergus 2015).
        case medianFrequency = "median-frequency"
    }

    case numbers([Float])
    case rule(Rule)

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if (try? container.decode(String.self)) != nil {
            self = .rule(try container.decode(Rule.self))
        } else {
            self = .numbers(try container.decode([Float].self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .numbers(let numbers): try container.encode(numbers)
        case .rule(let rule): try container.encode(rule)
        }
    }

    /// The numbers that a rule makes; numbers stay what they are.
    func resolved(_ frequencies: ClassFrequencies) -> [Float] {
        switch self {
        case .numbers(let numbers): numbers
        case .rule(.inverseFrequency): frequencies.inverseWeights.map { Float($0) }
        case .rule(.medianFrequency): frequencies.medianWeights.map { Float($0) }
        }
    }
}
