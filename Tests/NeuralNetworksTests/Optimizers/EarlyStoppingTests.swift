import Foundation
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

    @Test(arguments: [MonitoredScore.dice, .iou, .accuracy])
    func scoresRise(_ monitor: MonitoredScore) {
        var stopping = EarlyStopping(patience: 2, minimumImprovement: 0.05, monitor: monitor)
        let scores: [Double?] = [0, 0.5, 0.52, nil, 0.6]
        let better = scores.enumerated().map { stopping.record($1, epoch: $0 + 1) }
        #expect(better == [true, true, false, false, true])
        #expect(stopping.best == 0.6 && stopping.bestEpoch == 5)
    }

    /// Neither a missing score nor NaN is an improvement, from the first epoch on.
    @Test func withoutAnyScoreItStops() {
        for score in [Double?.none, .nan] {
            var stopping = EarlyStopping(patience: 2, monitor: .dice)
            for epoch in 1...2 {
                #expect(!stopping.shouldStop(after: epoch - 1))
                let better = stopping.record(score, epoch: epoch)
                #expect(!better)
            }
            #expect(stopping.shouldStop(after: 2))
        }
    }

    /// What earlier versions stored is read, and written again in the same bytes.
    @Test func theStateOfEarlierVersions() throws {
        let stored = #"{"best":0.5,"bestEpoch":3,"minimumImprovement":0,"patience":4}"#
        let stopping = try JSONDecoder().decode(EarlyStopping.self, from: Data(stored.utf8))
        #expect(stopping.best == 0.5 && stopping.bestEpoch == 3)
        #expect(stopping.hasSameRule(as: EarlyStopping(patience: 4)))
        #expect(!stopping.hasSameRule(as: EarlyStopping(patience: 4, monitor: .dice)))
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(String(decoding: try encoder.encode(stopping), as: UTF8.self) == stored)
    }
}
