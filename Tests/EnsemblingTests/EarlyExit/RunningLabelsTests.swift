import TensorCore
import Testing

@testable import Ensembling

@Suite struct RunningLabelsTests {
    private func combiner(
        _ method: Combiner.Method, exclusive: Bool, _ answers: [[Float]], thresholds: [Double]
    ) -> Combiner {
        var combiner = Combiner(
            .init(
                method: method, space: .probability, isExclusive: exclusive, thresholds: thresholds),
            classes: thresholds.count, pixels: answers[0].count / thresholds.count)
        for answer in answers {
            combiner.add(
                answer, weights: thresholds.map { _ in 0.25 }, thresholds: thresholds)
        }
        return combiner
    }

    private func expect(
        _ leads: [Float], _ expected: [Float], _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(
            leads.count == expected.count
                && zip(leads, expected).allSatisfy { abs($0 - $1) < 1e-6 },
            "\(leads) for \(expected)", sourceLocation: location)
    }

    /// Leads are of the members so far, whatever their weight.
    @Test func leadsByHand() {
        let three: [Float] = [0.7, 0.1, 0.2, 0.4, 0.1, 0.5]
        expect(
            combiner(.softVoting, exclusive: true, [three], thresholds: [0.5, 0.5, 0.5]).leads(),
            [0.5, 0.1])
        expect(
            combiner(
                .hardVoting, exclusive: true, [three, three, [0.1, 1, 0.8, 0, 0.1, 0]],
                thresholds: [0.5, 0.5, 0.5]
            ).leads(), [1.0 / 3, 1.0 / 3])
        expect(
            combiner(
                .softVoting, exclusive: false, [[0.7, 0.2, 0.5, 0.9]], thresholds: [0.5, 0.3]
            )
            .leads(), [0.2, 0.3])
        expect(
            combiner(
                .hardVoting, exclusive: false, [[0.7, 0.2], [0.6, 0.1], [0.1, 0.3]],
                thresholds: [0.5]
            ).leads(), [1.0 / 3, 1])
    }

    /// A cell stops as a whole once little of it is expected to change; what is fixed is what led.
    @Test func cellsStopAsTheTableSays() {
        // Two rows of eight pixels, cells of 2 x 4; leads of 0.2 on the left, of 0.8 on the right.
        let answer = (0..<2).flatMap { _ in
            (0..<8).map { Float($0 < 4 ? 0.6 : 0.9) }
        }
        let map = answer.map { 1 - $0 } + answer
        var chances = [Double](repeating: 0.3, count: ExitTable.bins)
        for bin in ExitTable.bin(0.5)..<ExitTable.bins { chances[bin] = 0.01 }
        let rule = CalibratedExit(
            risk: 0.01, table: ExitTable(rows: [chances, chances]), threshold: 0.02, side: 4)
        let weights = [[Double]](repeating: [1.0 / 3, 1.0 / 3], count: 3)
        let combination = Combiner.Rule(
            method: .softVoting, space: .probability, isExclusive: true, thresholds: [0.5, 0.5])
        var labels = RunningLabels(
            SettledLabels(combination, weights: weights), classes: 2, rows: 0..<2, width: 8,
            calibrated: rule)
        labels.add(map, weights: weights[0], thresholds: [0.5, 0.5])
        #expect(labels.open.count == 8)
        #expect((0..<16).filter { labels.open.contains($0) } == [0, 1, 2, 3, 8, 9, 10, 11])
        // The others change everything that is open.
        let other = (0..<32).map { Float($0 < 16 ? 1 : 0) }
        labels.add(other, weights: weights[1], thresholds: [0.5, 0.5])
        labels.add(other, weights: weights[2], thresholds: [0.5, 0.5])
        let expected = (0..<2).flatMap { _ in (0..<8).map { UInt8($0 < 4 ? 0 : 1) } }
        #expect(labels.finished() == expected)
    }
}
