import DurableFiles
import Foundation
import Testing

@testable import Ensembling

@Suite struct ExitTableTests {
    @Test func leadsHaveBins() {
        #expect(ExitTable.bin(0) == 0)
        #expect(ExitTable.bin(0.999) == 63)
        #expect(ExitTable.bin(1) == 63)
        #expect(ExitTable.bin(0.5) == 32)
    }

    /// (changed + 1) / (seen + 2); where a larger lead changed more often, both are taken together.
    @Test func chancesFallWithTheLead() {
        var step = ExitTrace.Step()
        step.open[0] = 98
        step.changed[0] = 49
        step.open[1] = 998
        step.changed[1] = 9
        step.open[2] = 998
        step.changed[2] = 29
        for bin in 3..<64 { step.open[bin] = 1_000_000 - 2 }
        let row = ExitTable([step]).rows[0]
        #expect(row.count == 64)
        #expect(row[0] == 0.5)
        #expect(row[1] == 0.02 && row[2] == 0.02)
        #expect(row[3] == 1e-6)
        #expect(zip(row, row.dropFirst()).allSatisfy { $0 >= $1 })
    }

    /// What was never seen is unsure, and so is what lies before it.
    @Test func theUnseenIsUnsure() {
        #expect(ExitTable([ExitTrace.Step()]).rows[0] == [Double](repeating: 0.5, count: 64))
        var step = ExitTrace.Step()
        step.open[0] = 2
        let row = ExitTable([step]).rows[0]
        #expect(row.allSatisfy { $0 > 0.25 && $0 <= 0.5 })
        #expect(zip(row, row.dropFirst()).allSatisfy { $0 >= $1 })
    }

    @Test func numbersAreShortAndSurvive() throws {
        var step = ExitTrace.Step()
        for bin in 0..<64 {
            step.open[bin] = 1000 + bin * 7919
            step.changed[bin] = 700 - bin * 11
        }
        let table = ExitTable([step, ExitTrace.Step()])
        let data = try BoundedJSON.encode(table)
        #expect(data.count < 64 * 2 * 16)
        let again = try BoundedJSON.decode(
            ExitTable.self, from: data, file: "table.json", limit: 1 << 20)
        #expect(again == table)
    }

    /// Every pixel lies in one cell, and the cells' sizes add up.
    @Test(arguments: [(7, 10, 3), (4, 4, 4), (1, 9, 16), (130, 65, 64)])
    func cellsDivideAScene(_ height: Int, _ width: Int, _ side: Int) {
        let cells = ExitCells(side: side, rows: 20..<20 + height, width: width)
        var counts = [Int](repeating: 0, count: cells.count)
        for pixel in 0..<height * width { counts[cells.cell(of: pixel)] += 1 }
        #expect(counts == (0..<cells.count).map { cells.pixels(of: $0) })
        #expect(counts.allSatisfy { $0 > 0 && $0 <= side * side })
    }
}
