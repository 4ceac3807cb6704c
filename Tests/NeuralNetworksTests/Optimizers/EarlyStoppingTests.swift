import NeuralNetworks
import Testing

@Suite struct EarlyStoppingTests {
    @Test func stopsAfterItsPatience() {
        var stopping = EarlyStopping(patience: 2)
        let losses = [1.0, 0.8, 0.9, 0.85, 0.7]
        var improved: [Bool] = []
        var stopped: Int?
        for (index, loss) in losses.enumerated() {
            improved.append(stopping.record(loss, epoch: index + 1))
            if stopping.shouldStop(after: index + 1), stopped == nil { stopped = index + 1 }
        }
        #expect(improved == [true, true, false, false, true])
        #expect(stopped == 4)
        #expect(stopping.best == 0.7 && stopping.bestEpoch == 5)
    }

    @Test func smallGainsDoNotCount() {
        var stopping = EarlyStopping(patience: 1, minimumImprovement: 0.1)
        _ = stopping.record(1, epoch: 1)
        let better = stopping.record(0.95, epoch: 2)
        #expect(!better)
        #expect(stopping.best == 1)
        #expect(stopping.shouldStop(after: 2))
    }

    @Test func withoutPatienceItNeverStops() {
        var stopping = EarlyStopping(patience: nil)
        for epoch in 1...100 { _ = stopping.record(1, epoch: epoch) }
        #expect(!stopping.shouldStop(after: 100))
        #expect(stopping.bestEpoch == 1)
    }

    /// A loss that is no number is never the best, whenever it comes.
    @Test func noNumberIsNeverTheBest() {
        var stopping = EarlyStopping(patience: 5)
        let better = [Double.nan, 2, .nan].enumerated().map {
            stopping.record($1, epoch: $0 + 1)
        }
        #expect(better == [false, true, false])
        #expect(stopping.best == 2)
    }
}
