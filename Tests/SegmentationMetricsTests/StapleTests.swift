import SegmentationMetrics
import TensorCore
import TestSupport
import Testing

/// STAPLE against ITK (scripts/golden/staple.py).
@Suite struct StapleTests {
    struct Entry: Decodable, Sendable, CustomStringConvertible {
        var name: String
        var classes: Int
        var height: Int
        var width: Int
        /// Shares of wrong decisions, one per member.
        var errors: [Double]
        var prior: [Double]?
        /// Of all votes.
        var shares: [Double]
        /// `[member, true class, decision]` after 5 iterations, and probabilities of every 31st
        /// pixel, class by class.
        var early: [Double]
        var earlyProbabilities: [Double]
        /// The same when nothing moves any more.
        var rates: [Double]
        var probabilities: [Double]

        var description: String { name }

        var truth: [UInt8] {
            let across = (width + 3) / 4
            let noise = ClosedForm.uniform("\(name)-truth", count: (height + 4) / 5 * across)
            return (0..<height * width).map { pixel in
                UInt8(
                    (noise[pixel / width / 5 * across + pixel % width / 4] + 1) / 2
                        * Double(classes))
            }
        }

        func decisions(_ member: Int) -> [UInt8] {
            let count = height * width
            let wrong = ClosedForm.uniform("\(name)-wrong-\(member)", count: count)
            let other = ClosedForm.uniform("\(name)-other-\(member)", count: count)
            return truth.enumerated().map { pixel, label in
                guard wrong[pixel] < 2 * errors[member] - 1 else { return label }
                let step = 1 + Int((other[pixel] + 1) / 2 * Double(classes - 1))
                return UInt8((Int(label) + step) % classes)
            }
        }

        var staple: Staple {
            var staple = Staple(classes: classes, pixels: height * width)
            for member in errors.indices { staple.add(decisions(member)) }
            return staple
        }

        func expect(
            _ estimate: StapleEstimate, rates: [Double], probabilities: [Double],
            tolerance: Double, sourceLocation: SourceLocation = #_sourceLocation
        ) {
            var index = 0
            for member in errors.indices {
                for truth in 0..<classes {
                    for decision in 0..<classes {
                        let rate =
                            estimate.rate(member: member, truth: truth, decision: decision) ?? .nan
                        #expect(
                            abs(rate - rates[index]) < tolerance, "\(member) \(truth) \(decision)",
                            sourceLocation: sourceLocation)
                        index += 1
                    }
                }
            }
            let all = (0..<classes).flatMap { label in
                estimate.probabilities(of: label).enumerated().filter { $0.offset % 31 == 0 }
                    .map(\.element)
            }
            #expect(
                Comparison.error(all.map(Double.init), probabilities) < max(tolerance, 2e-7),
                sourceLocation: sourceLocation)
        }
    }

    static let entries = (try? Golden.load("staple", as: [Entry].self)) ?? []

    @Test func theGoldensAreThere() { #expect(Self.entries.count == 7) }

    @Test(arguments: entries)
    func iterationsAreITKs(_ entry: Entry) throws {
        let estimate = try #require(entry.staple.estimate(prior: entry.prior, iterations: 5))
        #expect(estimate.iterations == 5 && !estimate.isConverged)
        for (own, expected) in zip(estimate.prior, entry.prior ?? entry.shares) {
            expectEqual(own, expected, "prior")
        }
        entry.expect(
            estimate, rates: entry.early, probabilities: entry.earlyProbabilities, tolerance: 1e-9)
    }

    @Test(arguments: entries)
    func theEndIsITKs(_ entry: Entry) throws {
        // Two members leave a ridge, on which iterations creep.
        guard entry.errors.count > 2 else { return }
        let estimate = try #require(
            entry.staple.estimate(prior: entry.prior, iterations: 5000, tolerance: 1e-12))
        #expect(estimate.isConverged)
        entry.expect(
            estimate, rates: entry.rates, probabilities: entry.probabilities, tolerance: 1e-8)
        let usual = try #require(entry.staple.estimate(prior: entry.prior))
        #expect(usual.isConverged)
        entry.expect(
            usual, rates: entry.rates, probabilities: entry.probabilities, tolerance: 1e-6)
    }

    /// What it is for: the best members are known without a truth, and count more than the rest.
    @Test func theTruthIsFoundBetterThanByAMajority() throws {
        let entry = try #require(Self.entries.first { $0.name == "adverse" })
        let estimate = try #require(entry.staple.estimate())
        let decisions = estimate.decisions()
        let votes = (0..<4).map { entry.decisions($0) }
        let majority = (0..<400).map { pixel in
            UInt8(votes.count { $0[pixel] == 1 } > 2 ? 1 : 0)
        }
        func wrong(_ labels: [UInt8]) -> Int { zip(labels, entry.truth).count { $0 != $1 } }
        #expect(wrong(decisions) < wrong(majority))
        #expect(try #require(estimate.sensitivity(of: 3)) < 0.2)
        #expect(try #require(estimate.specificity(of: 0)) > 0.8)
    }

    @Test func equalMembersAreRight() throws {
        var staple = Staple(classes: 2, pixels: 6)
        let labels: [UInt8] = [0, 1, 1, 0, 0, 0]
        for _ in 0..<200 { staple.add(labels) }
        let estimate = try #require(staple.estimate())
        #expect(estimate.decisions() == labels)
        #expect(estimate.probabilities(of: 1) == labels.map(Float.init))
        #expect(estimate.sensitivity(of: 7) == 1 && estimate.specificity(of: 199) == 1)
        #expect(estimate.isConverged)
    }

    @Test func absentClassesHaveNoRates() throws {
        var staple = Staple(classes: 3, pixels: 4)
        staple.add([0, 0, 2, 2])
        staple.add([0, 0, 2, 0])
        let estimate = try #require(staple.estimate())
        #expect(estimate.sensitivity(of: 0, label: 1) == nil)
        #expect(estimate.specificity(of: 0, label: 1) == 1)
        #expect(estimate.probabilities(of: 1) == [0, 0, 0, 0])
        var empty = Staple(classes: 2, pixels: 3)
        for _ in 0..<3 { empty.add([0, 0, 0]) }
        let nothing = try #require(empty.estimate())
        #expect(nothing.sensitivity(of: 0) == nil)
        #expect(nothing.specificity(of: 0) == 1)
        #expect(nothing.decisions() == [0, 0, 0])
    }

    /// A class that the prior knows and nobody votes for stays where it is: nowhere.
    @Test func aPriorAloneMakesNoClass() throws {
        var staple = Staple(classes: 3, pixels: 4)
        for _ in 0..<3 { staple.add([0, 0, 2, 2]) }
        let estimate = try #require(staple.estimate(prior: [0.2, 0.6, 0.2]))
        #expect(estimate.decisions() == [0, 0, 2, 2])
        #expect(estimate.probabilities(of: 1) == [0, 0, 0, 0])
        #expect(estimate.sensitivity(of: 0, label: 1) == nil)
        #expect(staple.estimate(prior: [0, 1, 0]) == nil)
    }

    @Test func whoDoesNotDecideDoesNotVote() throws {
        let entry = try #require(Self.entries.first { $0.name == "five" })
        var (with, without) = (
            Staple(classes: 2, pixels: 930), Staple(classes: 2, pixels: 930)
        )
        for member in 0..<4 {
            with.add(entry.decisions(member))
            without.add(entry.decisions(member))
        }
        with.add([UInt8](repeating: LabelMap.ignore, count: 930))
        let expected = try #require(without.estimate())
        let estimate = try #require(with.estimate())
        #expect(estimate.probabilities(of: 1) == expected.probabilities(of: 1))
        #expect(estimate.sensitivity(of: 2) == expected.sensitivity(of: 2))
        #expect(estimate.sensitivity(of: 4) == nil && estimate.specificity(of: 4) == nil)
    }

    @Test func pixelsThatNobodyDecidesStayOpen() throws {
        var staple = Staple(classes: 2, pixels: 5)
        for _ in 0..<3 { staple.add([1, 0, 255, 1, 255]) }
        let estimate = try #require(staple.estimate())
        #expect(estimate.decisions() == [1, 0, 255, 1, 255])
        #expect(estimate.probabilities(of: 0)[2] == 0 && estimate.probabilities(of: 1)[2] == 0)
        var silent = Staple(classes: 2, pixels: 2)
        silent.add([255, 255])
        #expect(silent.estimate() == nil)
        #expect(Staple(classes: 2, pixels: 2).estimate() == nil)
        #expect(Staple(classes: 2, pixels: 2).estimate(prior: [0.5, 0.5]) == nil)
    }

    @Test func theOrderOfPixelsHardlyMatters() throws {
        let entry = try #require(Self.entries.first { $0.name == "classes" })
        var turned = Staple(classes: 4, pixels: 40 * 41)
        for member in entry.errors.indices { turned.add(entry.decisions(member).reversed()) }
        let estimate = try #require(entry.staple.estimate())
        let other = try #require(turned.estimate())
        #expect(other.decisions().reversed() == estimate.decisions())
        for member in entry.errors.indices {
            expectEqual(
                other.sensitivity(of: member, label: 2), estimate.sensitivity(of: member, label: 2),
                "\(member)")
        }
    }

    @Test func whatIsNoClassStops() async {
        await #expect(processExitsWith: .failure) {
            var staple = Staple(classes: 2, pixels: 1)
            staple.add([2])
        }
    }
}
