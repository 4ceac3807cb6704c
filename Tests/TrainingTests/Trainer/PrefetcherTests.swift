import DurableFiles
import Foundation
import Synchronization
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct PrefetcherTests {
    @Test func itemsComeInOrder() throws {
        let prefetcher = Prefetcher(3..<200) { $0 }
        var items: [Int] = []
        while let item = try prefetcher.next() { items.append(item) }
        #expect(items == Array(3..<200))
        #expect(try prefetcher.next() == nil)
    }

    @Test func nothingToMake() throws {
        #expect(try Prefetcher(4..<4) { $0 }.next() == nil)
    }

    @Test func anErrorIsThrownAtItsPlace() throws {
        let prefetcher = Prefetcher(0..<5) { index in
            if index == 2 { throw FloeError(.badData, "third") }
            return index
        }
        #expect(try prefetcher.next() == 0)
        #expect(try prefetcher.next() == 1)
        TrainingFixtures.error(.badData) { _ = try prefetcher.next() }
        prefetcher.stop()
    }

    @Test func noMoreThanItsCapacityIsMadeAhead() throws {
        let made = Mutex(0)
        let prefetcher = Prefetcher(0..<1000, capacity: 2) { index in
            made.withLock { $0 += 1 }
            return index
        }
        _ = try prefetcher.next()
        usleep(30_000)
        // One taken, two ready, one in the making.
        #expect(made.withLock { $0 } <= 4)
        prefetcher.stop()
        usleep(30_000)
        #expect(made.withLock { $0 } <= 4)
    }
}
