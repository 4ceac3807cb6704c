import SegmentationMetrics

/// Differences that are paired by image and resampled by group.
struct PairedDifference {
    /// Each image's group, by number.
    private let groups: [Int]

    /// - Parameter groups: each image's group, or its id where it is by itself.
    init(groups: [String]) {
        let numbers = Dictionary(
            uniqueKeysWithValues: Set(groups).sorted().enumerated().map { ($1, $0) })
        self.groups = groups.map { numbers[$0] ?? 0 }
    }

    /// `own` minus `other` over the images that have both; nil where none has.
    func callAsFunction(
        _ own: [Double?], minus other: [Double?], named name: String
    ) -> Comparison.Difference? {
        var values: [Double] = []
        var units: [Int] = []
        for (index, group) in groups.enumerated() {
            guard let own = own[index], let other = other[index] else { continue }
            values.append(own - other)
            units.append(group)
        }
        guard !values.isEmpty else { return nil }
        let interval = bootstrapInterval(of: values, groups: units, seed: 1)
        // Patches of one photo are no independent witnesses: the test is over the groups' means.
        let test = wilcoxonSignedRank(Self.means(of: values, groups: units))
        return Comparison.Difference(
            against: name, mean: values.reduce(0, +) / Double(values.count),
            lower: interval?.lower, upper: interval?.upper, wins: values.count { $0 > 0 },
            ties: values.count { $0 == 0 }, losses: values.count { $0 < 0 },
            groups: Set(units).count, pValue: test.pValue, adjustedPValue: nil)
    }

    /// The interval of a mean over the images that have a value.
    func interval(of values: [Double?]) -> Comparison.Interval? {
        let known = zip(values, groups).compactMap { value, group in value.map { ($0, group) } }
        return bootstrapInterval(of: known.map(\.0), groups: known.map(\.1), seed: 1)
            .map { Comparison.Interval(lower: $0.lower, upper: $0.upper) }
    }

    /// The mean of each group's values, groups in the order of their numbers.
    static func means(of values: [Double], groups: [Int]) -> [Double] {
        var sums: [Int: (sum: Double, count: Int)] = [:]
        for (value, group) in zip(values, groups) {
            let before = sums[group] ?? (0, 0)
            sums[group] = (before.sum + value, before.count + 1)
        }
        return sums.sorted { $0.key < $1.key }.map { $0.value.sum / Double($0.value.count) }
    }
}

extension [Comparison.Difference?] {
    /// The same with the p values of all of them corrected for how many they are (Holm).
    var holmAdjusted: [Comparison.Difference?] {
        let adjusted = SegmentationMetrics.holmAdjusted(compactMap { $0?.pValue })
        var next = adjusted.makeIterator()
        return map { difference in
            guard var difference else { return nil }
            difference.adjustedPValue = next.next()
            return difference
        }
    }
}
