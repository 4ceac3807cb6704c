/// The counts of all pairs of an ensemble's members, adding up over images.
public struct DiversityCounts: Hashable, Sendable {
    public let members: Int
    /// First member before second: (0, 1), (0, 2) … (1, 2) …
    private var pairs: [PairCounts]

    /// Nothing counted yet, to add to.
    public init(members: Int) {
        precondition(members > 0, "\(members) members")
        self.members = members
        pairs = [PairCounts](repeating: PairCounts(), count: members * (members - 1) / 2)
    }

    /// Counts one image, or one class of it.
    ///
    /// - Parameters:
    ///   - decisions: of each member: class indices `[height, width]` (or 0 and 1 of one class), 255
    ///     for no decision. A pixel drops out of those pairs only of which a member has none.
    ///   - truth: the same, 255 for an ignored pixel.
    ///   - ignore: non-zero for a pixel to leave out.
    public mutating func add(decisions: [[UInt8]], truth: [UInt8], ignore: [UInt8]? = nil) {
        precondition(decisions.count == members, "\(decisions.count) of \(members) members")
        var position = 0
        for first in 0..<members {
            for second in first + 1..<members {
                pairs[position] += PairCounts(
                    first: decisions[first], second: decisions[second], truth: truth,
                    ignore: ignore)
                position += 1
            }
        }
    }

    /// The counts of two members; the order of the two says who is first.
    public subscript(first: Int, second: Int) -> PairCounts {
        precondition(
            first != second && (0..<members).contains(first) && (0..<members).contains(second),
            "members \(first) and \(second) of \(members)")
        let (low, high) = (min(first, second), max(first, second))
        let counts = pairs[low * members - low * (low + 1) / 2 + high - low - 1]
        return first < second
            ? counts
            : PairCounts(
                bothRight: counts.bothRight, onlyFirstRight: counts.onlySecondRight,
                onlySecondRight: counts.onlyFirstRight, bothWrongAlike: counts.bothWrongAlike,
                bothWrongDifferently: counts.bothWrongDifferently)
    }

    public static func + (left: DiversityCounts, right: DiversityCounts) -> DiversityCounts {
        var sum = left
        sum += right
        return sum
    }

    public static func += (left: inout DiversityCounts, right: DiversityCounts) {
        precondition(
            left.members == right.members, "\(left.members) and \(right.members) members")
        for index in left.pairs.indices { left.pairs[index] += right.pairs[index] }
    }
}
