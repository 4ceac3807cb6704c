import Testing

@testable import Training

@Suite struct PixelMaskTests {
    @Test func pixelsAreTakenOut() {
        var mask = PixelMask(rows: 3..<5, width: 4)
        #expect(mask.count == 8 && !mask.isEmpty)
        mask.remove { $0 % 3 == 0 }
        #expect(mask.count == 5)
        #expect((0..<8).filter { mask.contains($0) } == [1, 2, 4, 5, 7])
        // Only those that are in are asked for, in order.
        var asked: [Int] = []
        mask.remove {
            asked.append($0)
            return $0 > 4
        }
        #expect(asked == [1, 2, 4, 5, 7])
        var left: [Int] = []
        mask.visit { left.append($0) }
        #expect(left == [1, 2, 4])
        mask.remove { _ in true }
        #expect(mask.isEmpty)
    }

    @Test func rectanglesOfTheScene() {
        var mask = PixelMask(rows: 3..<5, width: 4)
        mask.remove { $0 != 6 }
        // Row 4, column 2.
        #expect(mask.overlaps(rows: 0..<9, columns: 0..<4))
        #expect(mask.overlaps(rows: 4..<5, columns: 2..<3))
        #expect(!mask.overlaps(rows: 0..<4, columns: 0..<4))
        #expect(!mask.overlaps(rows: 4..<9, columns: 0..<2))
        #expect(!mask.overlaps(rows: 5..<9, columns: 0..<4))
    }
}
