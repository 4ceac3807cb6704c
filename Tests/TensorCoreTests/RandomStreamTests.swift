import Testing

@testable import TensorCore

@Suite struct RandomStreamTests {
    /// The known answers of Random123 (kat_vectors, philox4x32 with ten rounds).
    @Test func philoxGivesTheKnownAnswers() {
        let vectors: [([UInt32], [UInt32], [UInt32])] = [
            ([0, 0, 0, 0], [0, 0], [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8]),
            (
                [UInt32](repeating: .max, count: 4), [.max, .max],
                [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD]
            ),
            (
                [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344], [0xA409_3822, 0x299F_31D0],
                [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1]
            ),
        ]
        for (counter, key, expected) in vectors {
            let words = RandomStream.philox(
                counter: (counter[0], counter[1], counter[2], counter[3]), key: (key[0], key[1]))
            #expect([words.0, words.1, words.2, words.3] == expected)
        }
    }

    /// These values are part of the format: bags, initial weights and augmentations hang on them.
    @Test func theStreamIsPinned() {
        var stream = RandomStream(seed: 1, purpose: .bag, member: 2, epoch: 3, sample: 4)
        let first = (0..<4).map { _ in stream.next() }
        let key = RandomStream.philox(counter: (2, 2, 3, 4), key: (1, 0))
        let block0 = RandomStream.philox(counter: (0, 0, key.2, key.3), key: (key.0, key.1))
        let block1 = RandomStream.philox(counter: (1, 0, key.2, key.3), key: (key.0, key.1))
        func pair(_ high: UInt32, _ low: UInt32) -> UInt64 { UInt64(high) << 32 | UInt64(low) }
        #expect(
            first == [
                pair(block0.0, block0.1), pair(block0.2, block0.3), pair(block1.0, block1.1),
                pair(block1.2, block1.3),
            ])
    }

    @Test func everyPartOfTheNameMatters() {
        func first(_ stream: RandomStream) -> UInt64 {
            var stream = stream
            return stream.next()
        }
        let values = [
            first(.init(seed: 1, purpose: .bag)), first(.init(seed: 2, purpose: .bag)),
            first(.init(seed: 1 << 32, purpose: .bag)), first(.init(seed: 1, purpose: .split)),
            first(.init(seed: 1, purpose: .bag, member: 1)),
            first(.init(seed: 1, purpose: .bag, epoch: 1)),
            first(.init(seed: 1, purpose: .bag, sample: 1)),
        ]
        #expect(Set(values).count == values.count)
        #expect(first(.init(seed: 1, purpose: .bag)) == values[0])
    }

    @Test func uniformNumbersAreUniform() {
        var stream = RandomStream(seed: 5, purpose: .test)
        let count = 100_000
        var bins = [Int](repeating: 0, count: 16)
        var sum = 0.0
        var previous = 0.0
        var product = 0.0
        var isInside = true
        for _ in 0..<count {
            let value = stream.uniform()
            isInside = isInside && value >= 0 && value < 1
            bins[min(max(Int(value * 16), 0), 15)] += 1
            sum += value
            product += (value - 0.5) * (previous - 0.5)
            previous = value
        }
        #expect(isInside)
        let expected = Double(count) / 16
        let chiSquared = bins.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) }
        // 99.9 % of the distribution with 15 degrees of freedom.
        #expect(chiSquared / expected < 37.7)
        #expect(abs(sum / Double(count) - 0.5) < 0.004)
        #expect(abs(product / Double(count)) < 0.002)
    }

    @Test func normalNumbersHaveTheirMoments() {
        var stream = RandomStream(seed: 6, purpose: .test)
        let values = (0..<50_000).map { _ in stream.normal() }
        let mean = values.reduce(0, +) / 50_000
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 50_000
        let fourth = values.reduce(0) { $0 + $1 * $1 * $1 * $1 } / 50_000
        #expect(abs(mean) < 0.02)
        #expect(abs(variance - 1) < 0.03)
        #expect(abs(fourth - 3) < 0.2)
        #expect(values.allSatisfy { $0.isFinite })
    }

    @Test(arguments: [1, 2, 3, 7, 10, 1000])
    func indicesAreUnbiased(_ bound: Int) {
        var stream = RandomStream(seed: 8, purpose: .test, sample: bound)
        var counts = [Int](repeating: 0, count: bound)
        let draws = 200 * bound + 20_000
        for _ in 0..<draws { counts[stream.index(below: bound)] += 1 }
        let expected = Double(draws) / Double(bound)
        let deviation = counts.map { abs(Double($0) - expected) }.max() ?? 0
        #expect(deviation < 5 * expected.squareRoot())
    }

    /// A bound of 3/4 of the range would be off by a factor of two if words were only reduced.
    @Test func hugeBoundsAreUnbiased() {
        var stream = RandomStream(seed: 9, purpose: .test)
        let bound = Int.max / 4 * 3
        let low = (0..<20_000).filter { _ in stream.index(below: bound) < bound / 3 }.count
        #expect(abs(Double(low) / 20_000 - 1.0 / 3) < 0.015)
    }

    @Test func shuffleIsAPermutationAndEveryOneIsAsLikely() {
        var counts: [[Int]: Int] = [:]
        for sample in 0..<12_000 {
            var stream = RandomStream(seed: 3, purpose: .shuffle, sample: sample)
            var items = [0, 1, 2]
            stream.shuffle(&items)
            counts[items, default: 0] += 1
        }
        #expect(counts.count == 6)
        #expect(counts.values.allSatisfy { abs($0 - 2000) < 200 })
        var stream = RandomStream(seed: 3, purpose: .shuffle)
        var many = Array(0..<1000)
        stream.shuffle(&many)
        #expect(many != Array(0..<1000))
        #expect(many.sorted() == Array(0..<1000))
        var none: [Int] = []
        stream.shuffle(&none)
        #expect(none.isEmpty)
    }

    @Test func substreamsAreOfTheirOwn() {
        let stream = RandomStream(seed: 3, purpose: .test, member: 1)
        func numbers(_ stream: RandomStream) -> [UInt64] {
            var copy = stream
            return (0..<100).map { _ in copy.next() }
        }
        #expect(numbers(stream.substream(0)) == numbers(stream))
        var drawn: Set<UInt64> = []
        for number in 0..<40 { drawn.formUnion(numbers(stream.substream(number))) }
        #expect(drawn.count == 4000)
        // What was drawn before makes no difference.
        var used = stream
        _ = used.next()
        #expect(numbers(used.substream(7)) == numbers(stream.substream(7)))
    }
}
