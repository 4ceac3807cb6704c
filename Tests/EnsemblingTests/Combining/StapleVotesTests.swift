import DurableFiles
import Foundation
import SegmentationData
import TensorCore
import Testing
import TrainingTestSupport

@testable import Ensembling

@Suite struct StapleVotesTests {
    /// A truth in blocks, and members that are wrong as often as they are said to be.
    struct Case: Sendable, CustomTestStringConvertible {
        var classes: Int
        var errors: [Double]
        let side = 24

        var testDescription: String { "\(classes) classes, \(errors)" }

        var truth: [UInt8] {
            var stream = RandomStream(seed: 4, purpose: .test, member: classes)
            let blocks = (0..<16).map { _ in UInt8(stream.index(below: classes)) }
            return (0..<side * side).map { blocks[$0 / side / 6 * 4 + $0 % side / 6] }
        }

        var votes: [[UInt8]] {
            let truth = truth
            return errors.enumerated().map { member, share in
                var stream = RandomStream(
                    seed: 4, purpose: .test, member: classes, sample: member + 1)
                return truth.map { label in
                    guard stream.chance(share) else { return label }
                    return UInt8((Int(label) + 1 + stream.index(below: classes - 1)) % classes)
                }
            }
        }
    }

    private static let cases = [
        Case(classes: 2, errors: [0.05, 0.15, 0.3]),
        Case(classes: 2, errors: [0.1, 0.1, 0.15, 0.9]),
        Case(classes: 4, errors: [0.05, 0.15, 0.3, 0.2]),
        Case(classes: 3, errors: [0.1, 0.2, 0.3, 0.1, 0.2, 0.3, 0.4]),
    ]

    private static func staple(_ votes: [[UInt8]], classes: Int) -> StapleVotes {
        var staple = StapleVotes(classes: classes, pixels: votes[0].count)
        for member in votes { member.withUnsafeBufferPointer { staple.add($0) } }
        return staple
    }

    /// Warfield's steps over all pixels, in products.
    private static func reference(
        _ votes: [[UInt8]], classes: Int, iterations: Int
    ) -> (rates: [Double], posterior: [[Double]]) {
        let (members, pixels) = (votes.count, votes[0].count)
        var posterior = (0..<classes).map { label in
            (0..<pixels).map { pixel in
                Double(votes.count { $0[pixel] == label }) / Double(members)
            }
        }
        let prior = posterior.map { $0.reduce(0, +) / Double(pixels) }
        var rates = [Double](repeating: 0, count: members * classes * classes)
        for _ in 0..<iterations {
            for member in 0..<members {
                for label in 0..<classes {
                    let all = posterior[label].reduce(0, +)
                    for decision in 0..<classes {
                        var sum = 0.0
                        for pixel in 0..<pixels where votes[member][pixel] == decision {
                            sum += posterior[label][pixel]
                        }
                        rates[(member * classes + label) * classes + decision] = sum / all
                    }
                }
            }
            for pixel in 0..<pixels {
                let values = (0..<classes).map { label in
                    (0..<members).reduce(prior[label]) {
                        $0 * rates[($1 * classes + label) * classes + Int(votes[$1][pixel])]
                    }
                }
                let total = values.reduce(0, +)
                for label in 0..<classes { posterior[label][pixel] = values[label] / total }
            }
        }
        return (rates, posterior)
    }

    @Test(arguments: cases) func itIsThePlainForm(_ entry: Case) {
        let votes = entry.votes
        for iterations in [1, 7] {
            let found = Self.staple(votes, classes: entry.classes)
                .estimate(iterations: iterations, tolerance: 0)
            let expected = Self.reference(votes, classes: entry.classes, iterations: iterations)
            #expect(found.iterations == iterations)
            let worst = zip(found.rates, expected.rates).map { abs($0 - $1) }.max() ?? 1
            #expect(worst < 1e-12)
            for label in 0..<entry.classes {
                let difference = zip(found.probabilities(of: label), expected.posterior[label])
                    .map { abs(Double($0) - $1) }.max()
                #expect((difference ?? 1) < 1e-6, "class \(label)")
            }
        }
    }

    /// Two good members among three bad ones are found out; a majority is not.
    @Test func itIsBetterThanAMajorityOfBadMembers() {
        let entry = Case(classes: 2, errors: [0.03, 0.05, 0.4, 0.4, 0.4])
        let (truth, votes) = (entry.truth, entry.votes)
        let estimate = Self.staple(votes, classes: 2).estimate()
        #expect(estimate.isConverged && estimate.iterations < StapleVotes.iterationLimit)
        let decisions = estimate.probabilities(of: 1).map { $0 >= 0.5 ? UInt8(1) : 0 }
        let majority = truth.indices.map { pixel -> UInt8 in
            votes.count { $0[pixel] == 1 } > 2 ? 1 : 0
        }
        func errors(_ decisions: [UInt8]) -> Int { zip(decisions, truth).count { $0 != $1 } }
        #expect(2 * errors(decisions) < errors(majority))
        for (member, share) in entry.errors.enumerated() {
            for label in 0..<2 {
                #expect(
                    abs(estimate.rate(member, truth: label, decision: label) - (1 - share)) < 0.1)
            }
        }
    }

    @Test func theOrderOfMembersIsRounding() {
        let votes = Self.cases[2].votes
        let one = Self.staple(votes, classes: 4).estimate().probabilities(of: 2)
        let other = Self.staple(votes.reversed(), classes: 4).estimate().probabilities(of: 2)
        #expect(zip(one, other).allSatisfy { abs($0 - $1) < 1e-5 })
        #expect(Self.staple(votes, classes: 4).estimate().probabilities(of: 2) == one)
    }

    /// One member, all of one mind, and a class of nobody: no number is lost.
    @Test func whatIsPlainStaysPlain() {
        let mask: [UInt8] = [0, 1, 1, 0, 0, 0]
        let alone = Self.staple([mask], classes: 2).estimate()
        #expect(alone.probabilities(of: 1).map { $0 >= 0.5 } == mask.map { $0 == 1 })
        let agreed = Self.staple([mask, mask, mask], classes: 3).estimate()
        #expect(agreed.probabilities(of: 1).map { $0 >= 0.5 } == mask.map { $0 == 1 })
        #expect(agreed.probabilities(of: 2) == [0, 0, 0, 0, 0, 0])
        #expect(agreed.rate(0, truth: 2, decision: 2) == StapleVotes.firstGuess)
        let empty = [UInt8](repeating: 0, count: 6)
        let nothing = Self.staple([empty, empty], classes: 2).estimate()
        #expect(nothing.probabilities(of: 0) == [1, 1, 1, 1, 1, 1])
        #expect(nothing.rates.allSatisfy { $0.isFinite })
        // Members who contradict one another everywhere still leave a class.
        let torn = Self.staple([mask, mask.map { 1 - $0 }], classes: 2).estimate()
        #expect(torn.probabilities(of: 0).allSatisfy { $0.isFinite && $0 >= 0 && $0 <= 1 })
    }

    // MARK: In a combiner

    private static func combiner(exclusive: Bool, classes: Int, pixels: Int) -> Combiner {
        Combiner(
            .init(
                method: .staple, space: .probability, isExclusive: exclusive,
                thresholds: [Double](repeating: 0.5, count: classes)), classes: classes,
            pixels: pixels)
    }

    @Test func classesThatExcludeOneAnotherAreEstimatedTogether() {
        let entry = Self.cases[2]
        let votes = entry.votes
        var combiner = Self.combiner(exclusive: true, classes: 4, pixels: 576)
        for member in votes {
            // Sure of one class each.
            var map = [Float](repeating: 0, count: 4 * 576)
            for (pixel, label) in member.enumerated() { map[Int(label) * 576 + pixel] = 1 }
            combiner.add(map, weights: [1, 1, 1, 1], thresholds: [0.5, 0.5, 0.5, 0.5])
        }
        let estimate = Self.staple(votes, classes: 4).estimate()
        let expected = (0..<4).flatMap { estimate.probabilities(of: $0) }
        #expect(combiner.probabilities() == expected)
        #expect(
            combiner.decisions()
                == Combiner.decide(
                    expected, classes: 4, pixels: 576, isExclusive: true, thresholds: []))
        let errors = zip(combiner.decisions(), entry.truth).count { $0 != $1 }
        #expect(errors < 40)
    }

    /// Overlapping classes are each for themselves; who weighs nothing in one has no decision there.
    @Test func overlappingClassesAreEstimatedApart() {
        let votes = Self.cases[0].votes
        let pixels = votes[0].count
        var combiner = Self.combiner(exclusive: false, classes: 2, pixels: pixels)
        let empty = combiner
        for (member, votes) in votes.enumerated() {
            let plane = votes.map { Float($0) * 0.4 + 0.25 }
            combiner.add(
                plane + plane, weights: [1, member == 0 ? 0 : 1], thresholds: [0.6, 0.6])
        }
        let all = Self.staple(votes, classes: 2).estimate().probabilities(of: 1)
        let others = Self.staple(Array(votes.dropFirst()), classes: 2).estimate()
        #expect(combiner.probabilities() == all + others.probabilities(of: 1))
        #expect(combiner.decisions().count == 2 * pixels)
        // A copy goes its own way, also after it was asked.
        var copy = combiner
        let plane = votes[2].map { Float(1 - $0) }
        copy.add(plane + plane, weights: [1, 1], thresholds: [0.5, 0.5])
        #expect(copy.probabilities() != combiner.probabilities())
        #expect(combiner.probabilities() == all + others.probabilities(of: 1))
        #expect(empty.probabilities() == [Float](repeating: 0, count: 2 * pixels))
    }

    // MARK: In an ensemble

    @Test func theWholeSceneIsNeeded() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try EnsembleFiles.opened(folder, [[0.2], [0.8], [0.9]], method: .staple)
            try ensemble.checkStapleSize(height: 9000, width: 9000)
            let error = TrainingFixtures.error(.badData) {
                try ensemble.checkStapleSize(height: 10_000, width: 10_000)
            }
            #expect(error?.description.contains("10000x10000") == true)
            #expect(error?.got == "300000000")
            let mean = try EnsembleFiles.opened(folder + "/mean", [[0.2], [0.8], [0.9]])
            try mean.checkStapleSize(height: 100_000, width: 100_000)
        }
    }

    /// It weighs the members itself; what they are given must not be lost in silence.
    @Test func weightsAreRefused() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, [[0.2], [0.8], [0.9]])
            func open(_ weights: [EnsembleManifest.Weight]) throws -> OpenedEnsemble {
                try EnsembleStore.open(
                    EnsembleFiles.write(folder, files, weights: weights, method: .staple))
            }
            #expect(try open([]).rule.thresholds == [0.5])
            #expect(try open([.member(2), .member(2), .member(2)]).members.count == 3)
            #expect(try open([.member(0)]).members.count == 3)
            for weights in [
                [.member(2)], [.member(1), .member(0.5)], [.perClass([1])],
            ] as [[EnsembleManifest.Weight]] {
                let error = TrainingFixtures.error(.badData) { _ = try open(weights) }
                #expect(error?.description.contains("weight") == true)
            }
        }
    }
}
