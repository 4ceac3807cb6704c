import TensorCore
import TestSupport
import Testing

@Suite struct LayoutTests {
    static let shapes: [Shape] = [
        [1, 1, 1, 1], [2, 3, 5, 7], [3, 8, 2, 3], [1, 15, 4, 4], [2, 16, 3, 3], [2, 17, 3, 5],
        [1, 33, 1, 9], [2, 48, 5, 1],
    ]
    static let layouts: [Layout] = [.plain, .channelsLast, .channelBlocked(8), .channelBlocked(16)]

    @Test(arguments: shapes)
    func everyRoundTripKeepsTheValues(_ shape: Shape) {
        let original = ReferenceTensor.random(shape, seed: 1).tensor()
        for first in Self.layouts {
            for second in Self.layouts {
                poisonFreeBuffers(counts: Self.layouts.map { $0.storageCount(of: shape) })
                let there = original.converted(to: first).converted(to: second)
                #expect(there.layout == second)
                #expect(there.values == original.values, "\(shape) by \(first) to \(second)")
                #expect(Comparison.paddingIsZero(there))
            }
        }
    }

    @Test func elementsLieWhereTheLayoutSays() {
        let shape: Shape = [2, 5, 2, 3]
        let plain = Tensor((0..<60).map(Float.init), shape: shape)
        let last = plain.converted(to: .channelsLast)
        let blocked = plain.converted(to: .channelBlocked(8))
        for n in 0..<2 {
            for c in 0..<5 {
                for pixel in 0..<6 {
                    let value = Float((n * 5 + c) * 6 + pixel)
                    last.withUnsafeElements { #expect($0[(n * 6 + pixel) * 5 + c] == value) }
                    blocked.withUnsafeElements { #expect($0[(n * 6 + pixel) * 8 + c] == value) }
                }
            }
        }
    }

    @Test func storageCountsIncludePadding() {
        #expect(Layout.plain.storageCount(of: [2, 5, 3, 3]) == 90)
        #expect(Layout.channelsLast.storageCount(of: [2, 5, 3, 3]) == 90)
        #expect(Layout.channelBlocked(16).storageCount(of: [2, 5, 3, 3]) == 288)
        #expect(Layout.channelBlocked(16).storageCount(of: [2, 17, 3, 3]) == 576)
    }
}
