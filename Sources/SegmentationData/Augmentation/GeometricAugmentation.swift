import TensorCore

/// Flips and turns that move an image and its truth together.
///
/// Randomness is a pure function of seed, member, epoch and sample, whatever else was drawn before.
public struct GeometricAugmentation: Codable, Sendable, Hashable {
    /// Probability of swapping left and right.
    public var horizontalFlip: Double
    /// Probability of swapping top and bottom.
    public var verticalFlip: Double
    /// Probability of a turn by 90, 180 or 270 degrees; images that are not square turn by 180.
    public var quarterTurns: Double

    public init(horizontalFlip: Double = 0, verticalFlip: Double = 0, quarterTurns: Double = 0) {
        self.horizontalFlip = horizontalFlip
        self.verticalFlip = verticalFlip
        self.quarterTurns = quarterTurns
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case horizontalFlip = "horizontal-flip"
        case verticalFlip = "vertical-flip"
        case quarterTurns = "quarter-turns"
    }

    public init(from decoder: any Decoder) throws {
        try UnknownKeys.refuse(in: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func probability(_ key: CodingKeys) throws -> Double {
            let value = try container.decodeIfPresent(Double.self, forKey: key) ?? 0
            guard value >= 0, value <= 1 else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container,
                    debugDescription: "not a probability, expected 0 to 1, got \(value)")
            }
            return value
        }
        self.init(
            horizontalFlip: try probability(.horizontalFlip),
            verticalFlip: try probability(.verticalFlip),
            quarterTurns: try probability(.quarterTurns))
    }

    /// The movement that a sample makes in an epoch.
    public func movement(
        seed: UInt64, member: Int, epoch: Int, sample: Int, isSquare: Bool
    ) -> GridMovement {
        var stream = RandomStream(
            seed: seed, purpose: .augmentation, member: member, epoch: epoch, sample: sample)
        // Every number is drawn whether it is used or not, so that one probability changes nothing
        // in what the others do.
        let flipsHorizontally = stream.chance(horizontalFlip)
        let flipsVertically = stream.chance(verticalFlip)
        let turns = stream.chance(quarterTurns)
        let angle = 1 + stream.index(below: 3)
        return GridMovement(
            flipsHorizontally: flipsHorizontally, flipsVertically: flipsVertically,
            quarterTurns: turns ? (isSquare ? angle : 2) : 0)
    }

    /// The sample as it looks in an epoch.
    public func apply(
        to sample: Sample, seed: UInt64, member: Int, epoch: Int, sampleIndex: Int
    ) -> Sample {
        let movement = movement(
            seed: seed, member: member, epoch: epoch, sample: sampleIndex,
            isSquare: sample.image.height == sample.image.width)
        guard !movement.isIdentity else { return sample }
        var moved = sample
        moved.image = movement.apply(to: sample.image)
        moved.target = movement.apply(to: sample.target)
        return moved
    }
}
