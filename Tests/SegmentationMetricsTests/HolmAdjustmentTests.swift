import SegmentationMetrics
import TensorCore
import Testing

@Suite struct HolmAdjustmentTests {
    @Test func workedExample() {
        // 4 comparisons: 0.005 x 4, 0.01 x 3, 0.03 x 2, and 0.04 x 1 raised to the one before.
        let adjusted = holmAdjusted([0.01, 0.04, 0.03, 0.005])
        for (value, expected) in zip(adjusted, [0.03, 0.06, 0.06, 0.02]) {
            expectEqual(value, expected, "Holm")
        }
    }

    @Test func smallLists() {
        #expect(holmAdjusted([]) == [])
        #expect(holmAdjusted([0.2]) == [0.2])
        #expect(holmAdjusted([1, 1, 0]) == [1, 1, 0])
    }

    @Test func properties() {
        var stream = RandomStream(seed: 4, purpose: .test)
        for count in 1..<20 {
            let pValues = (0..<count).map { _ in Double(stream.index(below: 30)) / 29 }
            let adjusted = holmAdjusted(pValues)
            for (value, original) in zip(adjusted, pValues) {
                // Independent of the order: the largest product among values no larger.
                var expected = 0.0
                for other in pValues where other <= original {
                    let larger = pValues.count { $0 >= other }
                    expected = max(expected, min(1, Double(larger) * other))
                }
                expectEqual(value, expected, "Holm of \(pValues)")
                #expect(value >= original)
            }
            #expect(holmAdjusted(pValues.reversed()) == adjusted.reversed())
        }
    }
}
