import TestSupport
import Testing

@testable import SegmentationData

@Suite struct FrequentPatternsTests {
    struct Case: Decodable {
        struct Pattern: Decodable {
            var items: [Int]
            var count: Int
        }
        struct Rule: Decodable {
            var condition: [Int]
            var consequence: Int
            var support: Double
            var confidence: Double
            var lift: Double
        }
        var name: String
        var support: Double
        var confidence: Double
        var sets: [[Int]]
        var patterns: [Pattern]
        var rules: [Rule]
    }

    @Test func patternsAndRulesAreThoseOfMlxtend() throws {
        for item in try Golden.load("frequent-patterns", as: [Case].self) {
            let found = FrequentPatterns(item.sets, minimumSupport: item.support)
            #expect(found.largestSize == nil && found.setCount == item.sets.count)
            #expect(found.patterns.count == item.patterns.count, "\(item.name)")
            for expected in item.patterns {
                #expect(
                    found.patterns.contains(.init(items: expected.items, count: expected.count)),
                    "\(item.name): \(expected.items)")
            }
            let rules = found.rules(minimumConfidence: item.confidence)
            #expect(rules.count == item.rules.count)
            for expected in item.rules {
                let own = try #require(
                    rules.first {
                        $0.condition == expected.condition
                            && $0.consequence == expected.consequence
                    })
                #expect(abs(Double(own.count) / Double(item.sets.count) - expected.support) < 1e-12)
                #expect(abs(own.confidence - expected.confidence) < 1e-12)
                #expect(abs(own.lift - expected.lift) < 1e-12)
            }
        }
    }

    /// Every subset, counted one by one.
    @Test func countsAreThoseOfASearchThroughAllSubsets() throws {
        let sets = ClosedForm.uniform("subsets", count: 25).map { value in
            (0..<6).filter { Int((value + 1) * 4096) >> $0 & 1 == 1 }
        }
        let found = FrequentPatterns(sets, minimumSupport: 0.2)
        var expected: [[Int]: Int] = [:]
        for subset in 1..<64 {
            let items = (0..<6).filter { subset >> $0 & 1 == 1 }
            let count = sets.filter { set in items.allSatisfy(set.contains) }.count
            if count >= 5 { expected[items] = count }
        }
        #expect(found.patterns.count == expected.count && expected.count > 10)
        for pattern in found.patterns { #expect(expected[pattern.items] == pattern.count) }
    }

    @Test func theOrderIsFixed() {
        let found = FrequentPatterns(
            [[2, 0], [0, 2], [1], [2, 1, 0]], minimumSupport: 0.25)
        #expect(
            found.patterns.map(\.items)
                == [[0], [2], [0, 2], [1], [0, 1], [1, 2], [0, 1, 2]])
        // The order of sets and of their items does not show.
        #expect(
            FrequentPatterns([[1], [0, 1, 2], [0, 2], [2, 0]], minimumSupport: 0.25) == found)
        let rules = found.rules(minimumConfidence: 0.9)
        #expect(
            rules.map { $0.condition + [$0.consequence] }
                == [[0, 2], [0, 1, 2], [1, 2, 0], [2, 0]])
        #expect(rules.map(\.lift).allSatisfy { abs($0 - 4.0 / 3) < 1e-12 })
    }

    /// 3 of 30 sets are the share 0.1, whatever 0.1 is in binary.
    @Test func supportIsAShareOfAllSets() {
        for count in [3, 10, 30, 70] {
            let sets = (0..<count * 10).map { $0 < count ? [0, 1] : $0 < 2 * count - 1 ? [2] : [] }
            let found = FrequentPatterns(sets, minimumSupport: 0.1)
            #expect(found.patterns.map(\.items) == [[0], [1], [0, 1]])
        }
        #expect(FrequentPatterns([], minimumSupport: 0.1).patterns.isEmpty)
        #expect(FrequentPatterns([[], []], minimumSupport: 0.1).patterns.isEmpty)
    }

    /// A hundred classes in every image have 2^100 combinations.
    @Test func tooManyPatternsAreCutToFewItems() {
        let sets = [[Int]](repeating: Array(0..<100), count: 4)
        let found = FrequentPatterns(sets, minimumSupport: 0.5)
        #expect(found.largestSize == 2 && found.patterns.count == 100 + 4950)
        #expect(found.rules(minimumConfidence: 0.5).count == 9900)
        let few = FrequentPatterns(sets, minimumSupport: 0.5, limit: 10)
        #expect(few.largestSize == 1 && few.patterns.count == 100)
    }
}
