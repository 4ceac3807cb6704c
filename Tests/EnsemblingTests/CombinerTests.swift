import Testing

@testable import Ensembling

/// The rules of combining on cases small enough to reckon by hand.
@Suite struct CombinerTests {
    private static func combined(
        _ rule: Combiner.Rule, classes: Int, _ members: [[Float]], weights: [[Double]]? = nil
    ) -> Combiner {
        var combiner = Combiner(rule, classes: classes, pixels: members[0].count / classes)
        for (index, member) in members.enumerated() {
            combiner.add(
                member,
                weights: weights?[index] ?? [Double](repeating: 1, count: classes),
                thresholds: [Double](repeating: 0.5, count: classes))
        }
        return combiner
    }

    private static func rule(
        _ method: Combiner.Method, _ space: Combiner.Space = .probability, exclusive: Bool = true,
        classes: Int = 2
    ) -> Combiner.Rule {
        Combiner.Rule(
            method: method, space: space, isExclusive: exclusive,
            thresholds: [Double](repeating: 0.5, count: classes))
    }

    @Test func softVotingIsTheWeightedMean() {
        let members: [[Float]] = [[0.9, 0.1, 0.1, 0.9], [0.2, 0.3, 0.8, 0.7]]
        let plain = Self.combined(Self.rule(.softVoting), classes: 2, members)
        for (got, expected) in zip(plain.probabilities(), [0.55, 0.2, 0.45, 0.8] as [Float]) {
            #expect(abs(got - expected) < 1e-6)
        }
        #expect(plain.decisions() == [0, 1])
        let weighted = Self.combined(
            Self.rule(.softVoting), classes: 2, members, weights: [[1, 1], [3, 3]])
        for (got, expected) in zip(
            weighted.probabilities(), [0.375, 0.25, 0.625, 0.75] as [Float])
        {
            #expect(abs(got - expected) < 1e-6)
        }
        #expect(weighted.decisions() == [1, 1])
    }

    /// Margins +9, -2, -2: the mean logit says class 1, the mean probability class 0.
    @Test func spacesDiffer() {
        let members = [Float(9), -2, -2].map { margin -> [Float] in
            let p = sigmoid(margin)
            return [1 - p, p]
        }
        let byProbability = Self.combined(Self.rule(.softVoting), classes: 2, members)
        let byLogit = Self.combined(Self.rule(.softVoting, .logit), classes: 2, members)
        #expect(byProbability.decisions() == [0])
        #expect(byLogit.decisions() == [1])
    }

    /// One vote each: the tied class with the higher mean probability wins, then the lower index.
    @Test func tiedVotes() {
        let likelier = Self.combined(
            Self.rule(.hardVoting, classes: 3), classes: 3,
            [[0.6, 0.3, 0.1], [0.1, 0.9, 0.0]])
        #expect(likelier.decisions() == [1])
        let equal = Self.combined(
            Self.rule(.hardVoting, classes: 3), classes: 3,
            [[0.25, 0.75, 0], [0.75, 0.25, 0]])
        #expect(equal.decisions() == [0])
        // The third class is likeliest on average but has no vote.
        let voteless = Self.combined(
            Self.rule(.hardVoting, classes: 3), classes: 3,
            [[0.52, 0, 0.48], [0, 0.52, 0.48]])
        #expect(voteless.decisions() == [0])
    }

    /// Overlapping classes vote each for itself; two against two go by the mean probability.
    @Test func binaryVotes() {
        func decide(_ members: [Float]) -> [UInt8] {
            Self.combined(
                Self.rule(.hardVoting, exclusive: false, classes: 1), classes: 1,
                members.map { [$0] }
            ).decisions()
        }
        #expect(decide([0.9, 0.6, 0.1]) == [1])
        #expect(decide([0.9, 0.2, 0.1]) == [0])
        #expect(decide([0.9, 0.8, 0.4, 0.4]) == [1])
        #expect(decide([0.6, 0.6, 0.1, 0.1]) == [0])
        #expect(decide([0.75, 0.25]) == [0])
    }

    @Test func decisionsOfOneMap() {
        let map: [Float] = [0.4, 0.5, 0.6, 0.6, 0.5, 0.4]
        #expect(
            Combiner.decide(
                map, classes: 2, pixels: 3, isExclusive: true, thresholds: [0.5, 0.5]) == [1, 0, 0])
        #expect(
            Combiner.decide(
                map, classes: 2, pixels: 3, isExclusive: false, thresholds: [0.5, 0.6])
                == [0, 1, 1, 1, 0, 0])
    }
}
