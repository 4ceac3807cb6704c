import TestSupport
import Testing

@testable import TensorCore

@Suite struct ParallelForTests {
    @Test(arguments: [0, 1, 2, 3, 7, 64, 1001])
    func everyIndexIsVisitedOnce(_ count: Int) {
        for threads in [1, 2, 3, 5] {
            var visits = [Int32](repeating: 0, count: max(count, 1))
            visits.withUnsafeMutableBufferPointer { buffer in
                nonisolated(unsafe) let buffer = buffer
                withThreads(threads) {
                    parallelFor(count) { range in for index in range { buffer[index] += 1 } }
                }
            }
            #expect(visits.prefix(count).allSatisfy { $0 == 1 }, "\(threads) threads")
        }
    }

    /// The shared kernels cut work at multiples of a grain: no element may be left out or done twice,
    /// with more threads than pieces too.
    @Test(arguments: [1, 2, 3, 7])
    func operationsDoNotDependOnThreads(_ threads: Int) {
        let backend = OpenBLASBackend()
        let x = ReferenceTensor.random([2, 17, 31, 33], seed: 1).tensor(.channelBlocked(16))
        let y = ReferenceTensor.random([2, 17, 31, 33], seed: 2).tensor(.channelBlocked(16))
        func compute() -> [Tensor] {
            [
                backend.add(x, y, relu: true), backend.channelSums(x),
                backend.resize(x, height: 40, width: 20, rule: .bilinear),
                backend.resizeGradient(x, inputShape: [2, 17, 12, 11], rule: .nearest),
                backend.addBias(x, bias: Tensor(repeating: 2, shape: [17])),
            ]
        }
        let one = withThreads(1) { compute() }
        let many = withThreads(threads) { compute() }
        for (a, b) in zip(one, many) { #expect(Comparison.identical(a, b)) }
    }

    @Test func threadsCanBeAskedFor() {
        withThreads(3) { #expect(ComputePolicy.threads == 3) }
    }

    /// Sets the number of threads for one body; no other test computes meanwhile.
    private func withThreads<Result>(_ threads: Int, _ body: () -> Result) -> Result {
        ComputeThread.shared.run {
            let before = ComputePolicy.threads
            ComputePolicy.setThreads(threads)
            defer { ComputePolicy.setThreads(before) }
            return body()
        }
    }
}
