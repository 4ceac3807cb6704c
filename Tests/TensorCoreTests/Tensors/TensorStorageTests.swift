import Testing

@testable import TensorCore

@Suite struct TensorStorageTests {
    @Test func releasedBuffersAreHandedOutAgain() {
        let allocator = CachingAllocator()
        let (first, capacity) = allocator.allocate(count: 100_000)
        allocator.release(first, byteCapacity: capacity)
        let (second, sameCapacity) = allocator.allocate(count: 99_000)
        #expect(second == first)
        #expect(sameCapacity == capacity)
        #expect(allocator.statistics.freshAllocations == 1)
        allocator.release(second, byteCapacity: capacity)
        allocator.trim()
    }

    @Test func countsAddUp() {
        let allocator = CachingAllocator()
        let buffers = [1, 15, 17, 1025, 5000, 123_457].map { allocator.allocate(count: $0) }
        let total = buffers.reduce(0) { $0 + $1.1 }
        #expect(allocator.statistics.live == total)
        #expect(allocator.statistics.cached == 0)
        for (pointer, capacity) in buffers { allocator.release(pointer, byteCapacity: capacity) }
        #expect(allocator.statistics.live == 0)
        #expect(allocator.statistics.peak == total)
        #expect(allocator.statistics.cached == total)
        allocator.trim()
        #expect(allocator.statistics.cached == 0)
        #expect(allocator.statistics.freshAllocations == 6)
    }

    @Test(arguments: [0, 1, 16, 17, 1000, 1024, 1025, 4097, 100_003, 1_048_576, 1_300_001])
    func capacityFitsAndWastesLittle(_ count: Int) {
        let allocator = CachingAllocator()
        let (pointer, capacity) = allocator.allocate(count: count)
        #expect(capacity >= count * 4)
        #expect(capacity <= count * 4 * 9 / 8 + 4096)
        #expect(UInt(bitPattern: pointer) % 64 == 0)
        pointer.update(repeating: 1, count: count)
        allocator.release(pointer, byteCapacity: capacity)
        allocator.trim()
    }

    @Test func liveBuffersNeverOverlap() {
        let tensors = (0..<50).map { Tensor(repeating: Float($0), shape: [1000 + $0 * 7]) }
        for (index, tensor) in tensors.enumerated() {
            #expect(tensor.values.allSatisfy { $0 == Float(index) })
        }
    }
}
