import Testing
import Training

@testable import Ensembling

@Suite struct SettledLabelsTests {
    /// Ties, constants, certainties and near misses, by all rules and weights.
    @Test func labelsAreTheWholeEnsembles() {
        var saved = 0
        for number in 0..<400 {
            let members = SimulatedMembers(number: number)
            var last = 0
            let labels = members.earlyLabels { count, _ in last = count }
            #expect(labels == members.labels, "ensemble \(number)")
            if last < members.answers.count { saved += 1 }
        }
        #expect(saved > 20)
    }

    /// Whoever is still to come may say whatever suits another label best.
    @Test func nobodyToComeChangesWhatIsSettled() {
        var settledEarly = 0
        for number in 400..<600 {
            let members = SimulatedMembers(number: number)
            let weights = members.counting.map { members.weights[$0] }
            let settled = SettledLabels(members.rule, weights: weights)
            let half = max(1, weights.count * 2 / 3)
            var running = RunningLabels(
                settled, classes: members.classes, rows: 0..<1, width: members.pixels)
            var combiner = Combiner(
                members.rule, classes: members.classes, pixels: members.pixels)
            for (position, index) in members.counting.enumerated() where position < half {
                let (own, cuts) = (members.weights[index], members.thresholds[index])
                running.add(members.answers[index], weights: own, thresholds: cuts)
                combiner.add(members.answers[index], weights: own, thresholds: cuts)
            }
            let (now, open) = (combiner.decisions(), running.open)
            let planes = now.count / members.pixels
            for rival in 0..<members.classes {
                var other = combiner
                // One class for certain, or each class the other way round.
                let answer = (0..<members.classes * members.pixels).map { index -> Float in
                    members.rule.isExclusive
                        ? (index / members.pixels == rival ? 1 : 0) : 1 - Float(now[index])
                }
                for index in members.counting[half...] {
                    other.add(
                        answer, weights: members.weights[index],
                        thresholds: members.thresholds[index])
                }
                let then = other.decisions()
                let done = (0..<members.pixels).filter { !open.contains($0) }
                settledEarly += done.count
                let isSame = done.allSatisfy { pixel in
                    (0..<planes).allSatisfy {
                        then[$0 * members.pixels + pixel] == now[$0 * members.pixels + pixel]
                    }
                }
                #expect(isSame, "ensemble \(number)")
            }
        }
        #expect(settledEarly > 1000)
    }

    /// How many of some members that all say the same are asked.
    private func asked(
        _ count: Int, _ answer: [Float], _ method: Combiner.Method, exclusive: Bool,
        space: Combiner.Space = .probability
    ) -> Int {
        let rule = Combiner.Rule(
            method: method, space: space, isExclusive: exclusive,
            thresholds: answer.map { _ in 0.5 })
        let weights = answer.map { _ in 1 / Double(count) }
        var running = RunningLabels(
            SettledLabels(rule, weights: [[Double]](repeating: weights, count: count)),
            classes: answer.count, rows: 0..<1, width: 1)
        while !running.open.isEmpty, running.count < count {
            running.add(answer, weights: weights, thresholds: answer.map { _ in 0.5 })
        }
        return running.count
    }

    /// A lead of everything must exceed what is left: no fewer than half of the members and one.
    @Test(arguments: 2...12) func certaintyTakesAMajority(_ count: Int) {
        for method in [Combiner.Method.softVoting, .hardVoting] {
            #expect(asked(count, [0, 1, 0], method, exclusive: true) == count / 2 + 1)
            for answer in [[1], [0], [0, 1]] as [[Float]] {
                #expect(asked(count, answer, method, exclusive: false) == count / 2 + 1)
            }
        }
    }

    /// m members that lead by d exceed the others where m d > n - m.
    @Test func smallerLeadsTakeMore() {
        for (count, lead) in [(5, 0.6), (10, 0.5), (10, 0.3), (7, 0.9)] as [(Int, Float)] {
            let answer = [(1 + lead) / 2, (1 - lead) / 2]
            let needed = Int((Float(count) / (1 + lead)).rounded(.down)) + 1
            #expect(asked(count, answer, .softVoting, exclusive: true) == needed)
            // A vote knows no lead.
            #expect(asked(count, answer, .hardVoting, exclusive: true) == count / 2 + 1)
        }
    }

    /// What could still tie goes by the mean probability, and is not settled.
    @Test func aVoteThatCouldTieIsOpen() {
        #expect(asked(4, [0.1, 0.9], .hardVoting, exclusive: true) == 3)
        #expect(asked(4, [0.9], .hardVoting, exclusive: false) == 3)
        #expect(asked(5, [0.5, 0.5], .softVoting, exclusive: true) == 5)
    }

    @Test func aMeanOfLogitsIsNeverSettled() {
        #expect(asked(6, [0, 1], .softVoting, exclusive: true, space: .logit) == 6)
        #expect(asked(6, [1], .softVoting, exclusive: false, space: .logit) == 6)
        // Votes are votes in any space.
        #expect(asked(6, [0, 1], .hardVoting, exclusive: true, space: .logit) == 4)
    }
}
