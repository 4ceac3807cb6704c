/// The outcome of Wilcoxon's signed-rank test.
public struct WilcoxonSignedRank: Hashable, Sendable, Codable {
    /// How the p value was found.
    public enum Method: String, Hashable, Sendable, Codable {
        case exact
        case normalApproximation = "normal-approximation"
    }

    /// The smaller of the rank sums of positive and of negative differences.
    public let statistic: Double
    /// Two-sided.
    public let pValue: Double
    /// The number of differences ranked; zeros were dropped.
    public let used: Int
    /// The number of zero differences.
    public let zeros: Int
    public let method: Method

    /// Up to this many differences the p value is exact.
    public static let exactLimit = 25
}

/// Tests whether paired differences are centred on zero: Wilcoxon's signed-rank test, two-sided.
///
/// Zero differences are dropped (Wilcoxon's own rule) and equal magnitudes share their mean rank.
/// Up to 25 differences the p value counts all assignments of signs to those ranks, ties included,
/// which without ties is the tabulated distribution; above, it is the normal approximation with the
/// variance corrected for ties and a continuity correction of 1/2. Without any non-zero difference
/// p is 1.
///
/// - Parameter differences: finite, one per image (or per group).
public func wilcoxonSignedRank(_ differences: [Double]) -> WilcoxonSignedRank {
    precondition(differences.allSatisfy(\.isFinite), "a difference is not finite")
    let ranked = differences.filter { $0 != 0 }.sorted { abs($0) < abs($1) }
    let count = ranked.count

    // Ranks are doubled, so that the mean of two neighbours stays whole.
    var doubledRanks = [Int](repeating: 0, count: count)
    var tieTerm = 0.0
    var start = 0
    while start < count {
        var end = start + 1
        while end < count, abs(ranked[end]) == abs(ranked[start]) { end += 1 }
        for position in start..<end { doubledRanks[position] = start + 1 + end }
        let size = Double(end - start)
        tieTerm += size * size * size - size
        start = end
    }
    var (positive, negative) = (0, 0)
    for (difference, rank) in zip(ranked, doubledRanks) {
        if difference > 0 { positive += rank } else { negative += rank }
    }
    let smaller = min(positive, negative)

    let isExact = count <= WilcoxonSignedRank.exactLimit
    let pValue =
        isExact
        ? exactProbability(of: smaller, doubledRanks: doubledRanks)
        : approximateProbability(of: Double(smaller) / 2, count: count, tieTerm: tieTerm)
    return WilcoxonSignedRank(
        statistic: Double(smaller) / 2, pValue: pValue, used: count,
        zeros: differences.count - count, method: isExact ? .exact : .normalApproximation)
}

/// Twice the part of all sign assignments whose doubled rank sum is `smaller` or less.
private func exactProbability(of smaller: Int, doubledRanks: [Int]) -> Double {
    let total = doubledRanks.reduce(0, +)
    // ways[s]: how many subsets of the ranks have the sum s; at most 2^25, exact in Int.
    var ways = [Int](repeating: 0, count: total + 1)
    ways[0] = 1
    for rank in doubledRanks {
        for sum in stride(from: total, through: rank, by: -1) { ways[sum] += ways[sum - rank] }
    }
    let tail = ways[0...smaller].reduce(0, +)
    return min(1, 2 * Double(tail) / Double(1 << doubledRanks.count))
}

private func approximateProbability(of smaller: Double, count: Int, tieTerm: Double) -> Double {
    let number = Double(count)
    let mean = number * (number + 1) / 4
    let variance = number * (number + 1) * (2 * number + 1) / 24 - tieTerm / 48
    let distance = max(0, mean - smaller - 0.5)
    return min(1, 2 * normalTail(distance / variance.squareRoot()))
}
