import Foundation
import SegmentationMetrics
import TensorCore
import TestSupport
import Testing

/// Members' uncertainty against scipy (scripts/golden/uncertainty.py).
@Suite struct MemberUncertaintyTests {
    struct Entry: Decodable, Sendable, CustomStringConvertible {
        var name: String
        var classes: Int
        var isExclusive: Bool
        var weights: [Double]
        var mean: [Double]
        var total: [Double]
        var data: [Double]
        var disagreement: [Double]
        /// The largest entropy there is, in nats.
        var largest: Double

        var description: String { name }

        func probabilities(_ member: Int) -> [Float] {
            let raw = ClosedForm.uniform("\(name)-\(member)", count: classes * 7)
                .map { ($0 + 1) / 2 }
            guard isExclusive else { return raw.map { Float($0) } }
            var cubes = raw.map { $0 * $0 * $0 }
            for label in 0..<classes { cubes[label * 7] = label == member % classes ? 1 : 0 }
            return cubes.indices.map { index in
                var sum = 0.0
                for label in 0..<classes { sum += cubes[label * 7 + index % 7] }
                return Float(cubes[index] / sum)
            }
        }

        func uncertainty() -> MemberUncertainty {
            var result = MemberUncertainty(classes: classes, pixels: 7, isExclusive: isExclusive)
            for (member, weight) in weights.enumerated() {
                result.add(probabilities(member), weight: weight)
            }
            return result
        }
    }

    static let entries = (try? Golden.load("uncertainty", as: [Entry].self)) ?? []

    @Test func theGoldensAreThere() { #expect(Self.entries.count == 7) }

    private func expectClose(
        _ got: [Float]?, _ expected: [Double]?, _ what: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        guard let got, let expected else {
            #expect((got == nil) == (expected == nil), "\(what)", sourceLocation: sourceLocation)
            return
        }
        #expect(got.count == expected.count, sourceLocation: sourceLocation)
        for (a, b) in zip(got, expected) {
            #expect(abs(Double(a) - b) < 5e-7, "\(what)", sourceLocation: sourceLocation)
        }
    }

    @Test(arguments: entries)
    func mapsMatchScipy(_ entry: Entry) {
        let uncertainty = entry.uncertainty()
        let isSingle = entry.weights.count == 1
        expectClose(uncertainty.mean, entry.mean, "mean")
        let parts: [(MemberUncertainty.Part, [Double]?)] = [
            (.total, entry.total), (.data, entry.data),
            (.disagreement, isSingle ? nil : entry.disagreement),
        ]
        for (part, expected) in parts {
            expectClose(uncertainty.map(part, in: .nats), expected, "\(part)")
            expectClose(
                uncertainty.map(part, in: .shareOfLargest),
                expected?.map { $0 / entry.largest }, "\(part) as a share")
        }
    }

    @Test(arguments: entries)
    func partsAddUpWithinTheirLimits(_ entry: Entry) throws {
        guard entry.weights.count > 1 else { return }
        let uncertainty = entry.uncertainty()
        let total = try #require(uncertainty.map(.total, in: .shareOfLargest))
        let data = try #require(uncertainty.map(.data, in: .shareOfLargest))
        let disagreement = try #require(uncertainty.map(.disagreement, in: .shareOfLargest))
        for pixel in total.indices {
            #expect((0...1).contains(total[pixel]) && (0...1).contains(data[pixel]))
            #expect((0...1).contains(disagreement[pixel]))
            #expect(abs(total[pixel] - data[pixel] - disagreement[pixel]) < 1e-6)
        }
    }

    @Test(arguments: [true, false])
    func equalMembersDoNotDisagree(_ isExclusive: Bool) throws {
        var stream = RandomStream(seed: 6, purpose: .test)
        let first = (0..<200).map { _ in Float(stream.uniform()) }
        let probabilities = first + first.map { 1 - $0 }
        var uncertainty = MemberUncertainty(classes: 2, pixels: 200, isExclusive: isExclusive)
        for _ in 0..<7 { uncertainty.add(probabilities) }
        #expect(uncertainty.mean == probabilities)
        let disagreement = try #require(uncertainty.map(.disagreement, in: .nats))
        // Entropies are kept in single precision.
        #expect(disagreement.allSatisfy { $0 < 1e-7 })
    }

    @Test func sureMembersWhoContradictOneAnotherOnlyDisagree() throws {
        var uncertainty = MemberUncertainty(classes: 2, pixels: 1, isExclusive: true)
        uncertainty.add([1, 0])
        uncertainty.add([0, 1])
        #expect(uncertainty.map(.total, in: .shareOfLargest) == [1])
        #expect(uncertainty.map(.data, in: .shareOfLargest) == [0])
        #expect(uncertainty.map(.disagreement, in: .shareOfLargest) == [1])
    }

    @Test func orderHardlyMattersAndAWeightIsAsManyMembers() throws {
        let entry = try #require(Self.entries.first { $0.name == "softmax" })
        var forth = MemberUncertainty(classes: 4, pixels: 7, isExclusive: true)
        var back = forth
        for member in [0, 1, 1, 2] { forth.add(entry.probabilities(member)) }
        back.add(entry.probabilities(2))
        back.add(entry.probabilities(1), weight: 2)
        back.add(entry.probabilities(0))
        #expect((forth.members, back.members) == (4, 3))
        for part in MemberUncertainty.Part.allCases {
            let expected = try #require(forth.map(part, in: .nats)).map(Double.init)
            expectClose(back.map(part, in: .nats), expected, "\(part)")
        }
    }

    @Test func whatIsUndefinedIsNil() throws {
        var uncertainty = MemberUncertainty(classes: 2, pixels: 3, isExclusive: false)
        #expect(uncertainty.map(.total, in: .nats) == nil)
        uncertainty.add([Float](repeating: 0.5, count: 6))
        uncertainty.add([Float](repeating: 0.1, count: 6), weight: 0)
        #expect(uncertainty.members == 1)
        #expect(uncertainty.map(.disagreement, in: .nats) == nil)
        let total = try #require(uncertainty.map(.total, in: .nats))
        #expect(total == [Float](repeating: Float(log(2.0)), count: 6))
    }

    @Test func whatIsNoProbabilityStops() async {
        await #expect(processExitsWith: .failure) {
            var uncertainty = MemberUncertainty(classes: 1, pixels: 1, isExclusive: false)
            uncertainty.add([.nan])
        }
    }
}
