import Foundation
import SegmentationMetrics
import TensorCore
import Testing

/// What docs/comparison.md promises of intervals and tests, on simulated members of known skill.
///
/// `FLOE_INTERVAL_TRIALS=2000` (scripts/soak) repeats it as often as the figures of that page were,
/// at all their numbers of images, and prints them; otherwise it is quick and its limits are wider.
@Suite struct IntervalPromisesTests {
    static let trials = ProcessInfo.processInfo.environment["FLOE_INTERVAL_TRIALS"].flatMap(
        Int.init)
    static let images = trials == nil ? [10, 30] : [10, 20, 30, 60, 100]

    /// How often something held in all trials.
    struct Outcome {
        var trials = 0
        var covered = 0
        var rejected = 0

        var coverage: Double { Double(covered) / Double(trials) }
        var rejections: Double { Double(rejected) / Double(trials) }
    }

    private func simulate(
        _ comparison: SimulatedDice.Comparison, images: Int, missRate: Double = 0,
        patches: Int? = nil, isGrouped: Bool = true
    ) throws -> Outcome {
        var outcome = Outcome(trials: Self.trials ?? 200)
        for trial in 0..<outcome.trials {
            var simulation = SimulatedDice(
                stream: RandomStream(seed: UInt64(images), purpose: .test, sample: trial),
                missRate: missRate)
            let differences =
                patches.map { simulation.differences(comparison, photos: images, patches: $0) }
                ?? simulation.differences(comparison, images: images)
            let groups = patches.map { patches in differences.indices.map { $0 / patches } }
            let interval = try #require(
                bootstrapInterval(
                    of: differences, groups: isGrouped ? groups : nil,
                    repetitions: Self.trials == nil ? 400 : 2000, seed: UInt64(trial)))
            let truth = try #require(comparison.truth(missRate: missRate))
            outcome.covered += interval.lower <= truth && truth <= interval.upper ? 1 : 0
            outcome.rejected += wilcoxonSignedRank(differences).pValue < 0.05 ? 1 : 0
        }
        if Self.trials != nil {
            print(
                "\(comparison.rawValue), \(images) images, misses \(missRate)"
                    + (patches.map { ", patches \($0), grouped \(isGrouped)" } ?? "")
                    + ": covered \(outcome.coverage), rejected \(outcome.rejections)")
        }
        return outcome
    }

    /// 93 to 97 of 100 from 30 images on, and fewer at 10.
    @Test(arguments: SimulatedDice.Comparison.allCases, images)
    func intervalsCoverTheTruth(_ comparison: SimulatedDice.Comparison, _ images: Int) throws {
        let outcome = try simulate(comparison, images: images)
        // Four standard errors of the trials beside what the page says.
        let slack = Self.trials == nil ? 0.06 : 0
        let promised = images >= 30 ? 0.93...0.97 : images >= 20 ? 0.92...0.97 : 0.9...0.97
        #expect(
            (promised.lowerBound - slack...promised.upperBound + slack).contains(outcome.coverage))
        if comparison == .memberAgainstEqual {
            #expect(outcome.rejections <= 0.06 + slack / 3)
        }
    }

    /// The limit that the page tells of: what 3 in 100 images decide, 30 images do not show.
    @Test func rareMissesAreNotCovered() throws {
        for images in Self.images {
            let outcome = try simulate(.ensembleAgainstMember, images: images, missRate: 0.03)
            #expect(outcome.coverage < (images >= 100 ? 0.95 : 0.9))
            if Self.trials != nil {
                _ = try simulate(
                    .ensembleAgainstWeakMember, images: images, missRate: 0.03)
            }
            let equal = try simulate(.memberAgainstEqual, images: images, missRate: 0.03)
            #expect(equal.rejections <= 0.06 + (Self.trials == nil ? 0.02 : 0))
        }
    }

    /// Patches of one photo are one witness.
    @Test func groupsKeepThePromiseThatPatchesBreak() throws {
        for photos in Self.images where photos >= 30 {
            let grouped = try simulate(.ensembleAgainstMember, images: photos, patches: 4)
            let alone = try simulate(
                .ensembleAgainstMember, images: photos, patches: 4, isGrouped: false)
            #expect(grouped.coverage > (Self.trials == nil ? 0.87 : 0.92))
            #expect(alone.coverage < grouped.coverage - 0.03)
        }
    }

    @Test func membersWithTheSameAnswersHaveNothingBetweenThem() throws {
        let differences = [Double](repeating: 0, count: 60)
        let interval = try #require(bootstrapInterval(of: differences, seed: 1))
        #expect((interval.lower, interval.upper) == (0, 0))
        #expect(wilcoxonSignedRank(differences).pValue == 1)
        #expect(holmAdjusted([1, 1, 1]) == [1, 1, 1])
    }

    /// The means that coverage is judged by are those of the simulation.
    @Test(arguments: SimulatedDice.Comparison.allCases, [0, 0.03])
    func theTruthIsTheMeanOfManyImages(
        _ comparison: SimulatedDice.Comparison, _ missRate: Double
    ) throws {
        var simulation = SimulatedDice(
            stream: RandomStream(seed: 77, purpose: .test), missRate: missRate)
        let differences = simulation.differences(
            comparison, images: Self.trials == nil ? 40_000 : 4_000_000)
        let count = Double(differences.count)
        let mean = differences.reduce(0, +) / count
        let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        let truth = try #require(comparison.truth(missRate: missRate))
        #expect(abs(mean - truth) < 4 * (variance / count).squareRoot() + 0.0001)
    }
}
