import TestSupport
import Testing

@testable import TensorCore

@Suite struct TensorTests {
    @Test func copiesAreIndependent() {
        let original = Tensor([1, 2, 3, 4], shape: [4])
        var copy = original
        copy.withUnsafeMutableElements { $0[2] = 9 }
        #expect(original.values == [1, 2, 3, 4])
        #expect(copy.values == [1, 2, 9, 4])
    }

    @Test func theBufferIsSharedUntilWrittenTo() {
        let original = Tensor([1, 2], shape: [2])
        var copy = original
        #expect(address(copy) == address(original))
        copy.withUnsafeMutableElements { $0[0] = 1 }
        #expect(address(copy) != address(original))
        let own = address(copy)
        copy.withUnsafeMutableElements { $0[0] = 3 }
        #expect(address(copy) == own)
    }

    private func address(_ tensor: Tensor) -> UInt { UInt(bitPattern: tensor.readPointer) }

    @Test func reshapingSharesAndWritingDoesNot() {
        let row = Tensor([1, 2, 3, 4, 5, 6], shape: [6])
        var square = row.reshaped([2, 3])
        square.withUnsafeMutableElements { $0[0] = 0 }
        #expect(row.values == [1, 2, 3, 4, 5, 6])
        #expect(square.values == [0, 2, 3, 4, 5, 6])
        #expect(square.shape == [2, 3])
    }

    @Test func derivedFormatsEndWithTheValuesTheyCameFrom() {
        var weight = Tensor([1, 2], shape: [2])
        var made = 0
        func derive() {
            _ = weight.derived(for: 7) {
                made += 1
                return TensorStorage(count: 2)
            }
        }
        derive()
        derive()
        #expect(made == 1)
        let copy = weight
        weight.withUnsafeMutableElements { $0[0] = 5 }
        derive()
        #expect(made == 2)
        #expect(copy.values == [1, 2])
        weight.withUnsafeMutableElements { $0[0] = 6 }
        derive()
        #expect(made == 3)
    }

    /// Kept as long as neither this tensor nor one of the others changes.
    @Test func companionsEndWithWhatTheyCameFrom() {
        var weight = Tensor([1, 2], shape: [2])
        var scale = Tensor([3], shape: [1])
        var made = 0
        func product() -> [Float] {
            weight.companion(of: [scale]) { weight in
                made += 1
                return [Tensor(weight.values.map { $0 * scale.values[0] }, shape: [2])]
            }[0].values
        }
        #expect(product() == [3, 6])
        #expect(product() == [3, 6])
        #expect(made == 1)
        scale.withUnsafeMutableElements { $0[0] = 4 }
        #expect(product() == [4, 8])
        weight.withUnsafeMutableElements { $0[1] = 5 }
        #expect(product() == [4, 20])
        let copy = weight
        #expect(copy.companion(of: [scale]) { _ in [] }.first?.values == [4, 20])
        #expect(made == 3)
    }

    @Test(arguments: [Layout.channelBlocked(8), .channelBlocked(16)])
    func paddingIsZeroFromTheStart(_ layout: Layout) {
        poisonFreeBuffers(counts: [layout.storageCount(of: [2, 17, 3, 5])])
        #expect(Comparison.paddingIsZero(Tensor(uninitialized: [2, 17, 3, 5], layout: layout)))
        let ones = Tensor(repeating: 1, shape: [2, 5, 3, 1], layout: layout)
        #expect(Comparison.paddingIsZero(ones))
        #expect(ones.values == [Float](repeating: 1, count: 30))
        #expect(ones.layout == layout)
        #expect(
            Tensor(zeros: [1, 3, 2, 2], layout: layout).withUnsafeElements {
                $0.allSatisfy { $0 == 0 }
            })
    }

    @Test func emptyTensorsAreHarmless() {
        var empty = Tensor([], shape: [0, 3])
        empty.withUnsafeMutableElements { #expect($0.count == 0) }
        #expect(empty.values.isEmpty)
        #expect(Tensor(repeating: 2, shape: []).values == [2])
    }
}
