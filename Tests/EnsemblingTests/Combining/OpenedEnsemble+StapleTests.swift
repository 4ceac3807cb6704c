import DurableFiles
import Foundation
import SegmentationData
import SegmentationMetrics
import TensorCore
import Testing
import TrainingTestSupport

@testable import Ensembling

@Suite struct OpenedEnsembleStapleTests {
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
        Case(classes: 4, errors: [0.05, 0.15, 0.3, 0.2]),
    ]

    private static func estimate(_ votes: [[UInt8]], classes: Int) throws -> StapleEstimate {
        var staple = Staple(classes: classes, pixels: votes[0].count)
        for member in votes { staple.add(member) }
        return try #require(staple.estimate())
    }

    // MARK: In a combiner

    private static func combiner(exclusive: Bool, classes: Int, pixels: Int) -> Combiner {
        Combiner(
            .init(
                method: .staple, space: .probability, isExclusive: exclusive,
                thresholds: [Double](repeating: 0.5, count: classes)), classes: classes,
            pixels: pixels)
    }

    @Test func classesThatExcludeOneAnotherAreEstimatedTogether() throws {
        let entry = Self.cases[1]
        let votes = entry.votes
        var combiner = Self.combiner(exclusive: true, classes: 4, pixels: 576)
        for member in votes {
            // Sure of one class each.
            var map = [Float](repeating: 0, count: 4 * 576)
            for (pixel, label) in member.enumerated() { map[Int(label) * 576 + pixel] = 1 }
            combiner.add(map, weights: [1, 1, 1, 1], thresholds: [0.5, 0.5, 0.5, 0.5])
        }
        let estimate = try Self.estimate(votes, classes: 4)
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
    @Test func overlappingClassesAreEstimatedApart() throws {
        let votes = Self.cases[0].votes
        let pixels = votes[0].count
        var combiner = Self.combiner(exclusive: false, classes: 2, pixels: pixels)
        let empty = combiner
        for (member, votes) in votes.enumerated() {
            let plane = votes.map { Float($0) * 0.4 + 0.25 }
            combiner.add(
                plane + plane, weights: [1, member == 0 ? 0 : 1], thresholds: [0.6, 0.6])
        }
        let all = try Self.estimate(votes, classes: 2).probabilities(of: 1)
        let others = try Self.estimate(Array(votes.dropFirst()), classes: 2)
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
