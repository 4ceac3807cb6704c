import Foundation
import Testing

@testable import TensorCore

@Suite struct ComputeThreadTests {
    struct Broken: Error, Equatable { let number: Int }

    @Test func resultsComeBack() {
        #expect(ComputeThread.shared.run { 6 * 7 } == 42)
    }

    @Test func errorsComeBackWithTheirType() {
        #expect(throws: Broken(number: 3)) {
            try ComputeThread.shared.run { () throws(Broken) -> Int in throw Broken(number: 3) }
        }
        // The thread goes on afterwards.
        #expect(ComputeThread.shared.run { 1 } == 1)
    }

    @Test func nestedCallsRunAtOnce() throws {
        let (outer, inner) = ComputeThread.shared.run {
            (UInt(pthread_self()), ComputeThread.shared.run { UInt(pthread_self()) })
        }
        #expect(outer == inner)
        #expect(throws: Broken(number: 4)) {
            try ComputeThread.shared.run { () throws(Broken) -> Void in
                try ComputeThread.shared.run { () throws(Broken) -> Void in
                    throw Broken(number: 4)
                }
            }
        }
    }

    @Test func everyCallRunsOnTheOneThread() async {
        let here = ComputeThread.shared.run { UInt(pthread_self()) }
        let threads = await withTaskGroup(of: UInt.self) { group in
            for _ in 0..<50 {
                group.addTask { ComputeThread.shared.run { UInt(pthread_self()) } }
            }
            return await group.reduce(into: Set<UInt>()) { $0.insert($1) }
        }
        #expect(threads == [here])
    }

    /// Unsynchronised counting would lose increments if two bodies ever ran side by side.
    @Test func bodiesNeverOverlap() async {
        final class Counter: @unchecked Sendable { var value = 0 }
        let counter = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    ComputeThread.shared.run { for _ in 0..<100 { counter.value += 1 } }
                }
            }
        }
        #expect(counter.value == 20_000)
    }
}
