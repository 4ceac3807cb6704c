import SegmentationMetrics

/// Members against their ensemble and against one another.
extension ComparisonBuilder {
    private var ensembleDice: [Double?] {
        results.map { $0.ensemble.flatMap { dice($0.counts) } }
    }

    private func memberDice(_ position: Int) -> [Double?] {
        results.map { $0.members[position].flatMap { dice($0.counts) } }
    }

    /// The ensemble against the mean member and against each member.
    func differences() -> [Comparison.Difference] {
        let own = ensembleDice
        let members = ensemble.names.enumerated().map { position, name in
            paired(own, minus: memberDice(position), named: name)
        }.holmAdjusted
        let means = results.map { result in
            Self.mean(result.members.map { $0.flatMap { dice($0.counts) } })
        }
        let mean = paired(own, minus: means, named: Self.meanName)
        let unprocessed =
            ensemble.postProcessor == nil
            ? nil
            : paired(
                own, minus: results.map { $0.unprocessed.flatMap { dice($0.counts) } },
                named: Self.unprocessedName)
        return ([mean] + members + [unprocessed]).compactMap { $0 }
    }

    /// What each member adds to the others; nil where there are no others.
    var leaveOneOut: [Comparison.LeaveOneOut]? {
        guard !tally.subsetDice.isEmpty, ensemble.members.count > 1 else { return nil }
        let dice = ensemble.members.indices.map { position -> [Double?]? in
            plan.without[position].map { place in tally.subsetDice.map { $0[place] } }
        }
        let names = ensemble.names
        let differences = zip(names, dice).map { name, others in
            others.flatMap { paired(ensembleDice, minus: $0, named: "without \(name)") }
        }.holmAdjusted
        return names.indices.map { position in
            Comparison.LeaveOneOut(
                member: names[position], dice: dice[position].flatMap(Self.mean),
                difference: differences[position])
        }
    }

    /// Dice against the number of members; nil for a single one.
    var sizeCurve: Comparison.SizeCurve? {
        guard !tally.subsetDice.isEmpty, plan.bySize.count > 1 else { return nil }
        let means = plan.subsets.indices.map { place in
            Self.mean(tally.subsetDice.map { $0[place] })
        }
        let points = plan.sizes(of: means).map { size in
            Comparison.SizeCurve.Point(
                members: size.members, count: size.count, mean: size.mean, lowest: size.lowest,
                highest: size.highest)
        }
        return points.isEmpty ? nil : Comparison.SizeCurve(orders: plan.orders, points: points)
    }

    /// All pairs of members, in manifest order; nil for a single one.
    var pairs: [Comparison.Pair]? {
        let names = ensemble.names
        guard names.count > 1, !tally.subsetDice.isEmpty else { return nil }
        var pairs: [Comparison.Pair] = []
        for first in names.indices {
            for second in names.indices where second > first {
                let counts = tally.diversity[first, second]
                pairs.append(
                    Comparison.Pair(
                        first: names[first], second: names[second],
                        differing: counts.value(.differing),
                        disagreement: counts.value(.disagreement),
                        doubleFault: counts.value(.doubleFault),
                        qStatistic: counts.value(.yulesQ),
                        correlation: counts.value(.correlation)))
            }
        }
        return pairs
    }

    /// Whether uncertainty finds the errors; nil where it is undefined.
    var uncertainty: [Comparison.Uncertainty]? {
        let parts: [(MemberUncertainty.Part, ErrorDetection?)] = [
            (.total, tally.total), (.disagreement, tally.disagreement),
        ]
        let found = parts.compactMap { part, detection in
            detection.map { detection in
                Comparison.Uncertainty(
                    part: part.rawValue, errorRate: detection.errorRate,
                    areaUnderROC: detection.areaUnderROC, gain: detection.reviewGain,
                    curve: Self.shares.compactMap { share in
                        detection.errorsFound(reviewing: share).map {
                            Comparison.Uncertainty.Point(reviewed: share, found: $0)
                        }
                    })
            }
        }
        return found.isEmpty ? nil : found
    }

    /// Finer where reviewing begins.
    private static let shares: [Double] =
        [0, 0.001, 0.002, 0.005] + (1...20).map { Double($0) / 100 }
        + (5...20).map { Double($0) / 20 }
}
