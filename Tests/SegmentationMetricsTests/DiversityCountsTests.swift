import SegmentationMetrics
import TensorCore
import Testing

@Suite struct DiversityCountsTests {
    private func members(_ count: Int, _ pixels: Int) -> (decisions: [[UInt8]], truth: [UInt8]) {
        var stream = RandomStream(seed: 8, purpose: .test, sample: count)
        let truth = (0..<pixels).map { _ in UInt8(stream.index(below: 3)) }
        let decisions = (0..<count).map { _ in
            truth.map { stream.chance(0.3) ? UInt8(stream.index(below: 3)) : $0 }
        }
        return (decisions, truth)
    }

    @Test(arguments: [1, 2, 3, 6])
    func everyPairIsCountedOnce(_ count: Int) {
        let (decisions, truth) = members(count, 300)
        var counts = DiversityCounts(members: count)
        counts.add(decisions: decisions, truth: truth)
        for first in 0..<count {
            for second in 0..<count where first != second {
                let pair = PairCounts(
                    first: decisions[first], second: decisions[second], truth: truth)
                #expect(counts[first, second] == pair)
            }
        }
    }

    @Test func imagesAddUp() {
        let (decisions, truth) = members(4, 200)
        var whole = DiversityCounts(members: 4)
        whole.add(decisions: decisions, truth: truth)
        func part(_ range: Range<Int>) -> DiversityCounts {
            var counts = DiversityCounts(members: 4)
            counts.add(decisions: decisions.map { Array($0[range]) }, truth: Array(truth[range]))
            return counts
        }
        #expect(part(0..<77) + part(77..<200) == whole)
    }

    /// A member without a decision leaves the pairs of others alone.
    @Test func aGapOfOneMemberIsItsOwn() {
        var (decisions, truth) = members(3, 50)
        for pixel in 0..<50 { decisions[2][pixel] = LabelMap.ignore }
        var counts = DiversityCounts(members: 3)
        counts.add(decisions: decisions, truth: truth)
        #expect(counts[0, 1].pixels == 50)
        #expect(counts[0, 2].pixels == 0)
        #expect(counts[0, 1].value(.disagreement) != nil)
        #expect(counts[0, 2].value(.disagreement) == nil)
        truth = [UInt8](repeating: LabelMap.ignore, count: 50)
        counts = DiversityCounts(members: 3)
        counts.add(decisions: decisions, truth: truth)
        #expect(counts[0, 1].value(.disagreement) == nil)
    }
}
