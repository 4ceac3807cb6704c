import TensorCore
import Testing

@testable import SegmentationData

struct TilingTests {
    @Test(arguments: [
        (100, 90, 32, 8), (100, 100, 100, 0), (20, 300, 64, 32), (65, 64, 64, 0), (7, 5, 64, 16),
        (33, 47, 16, 15),
    ])
    func windowsCoverTheSceneAndStayInside(height: Int, width: Int, tile: Int, overlap: Int) throws
    {
        let plan = try WindowPlan(height: height, width: width, tile: tile, overlap: overlap)
        var seen = [Int](repeating: 0, count: height * width)
        var count = 0
        for index in plan.rowStarts.indices {
            for window in plan.windows(inRow: index) {
                count += 1
                #expect(window.rows.count == min(tile, height))
                #expect(window.columns.count == min(tile, width))
                #expect(window.rows.upperBound <= height && window.columns.upperBound <= width)
                for row in window.rows {
                    for column in window.columns { seen[row * width + column] += 1 }
                }
            }
        }
        #expect(count == plan.count && seen.allSatisfy { $0 > 0 })
        #expect(zip(plan.rowStarts, plan.rowStarts.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test(arguments: [(100, 90, 32, 8), (20, 300, 64, 32), (7, 5, 64, 16), (33, 47, 16, 15)])
    func aConstantNetworkGivesAConstantMap(
        height: Int, width: Int, tile: Int, overlap: Int
    ) throws {
        let plan = try WindowPlan(height: height, width: width, tile: tile, overlap: overlap)
        var accumulator = WindowAccumulator(plan: plan, channels: 2)
        var next = 0
        for index in plan.rowStarts.indices {
            for window in plan.windows(inRow: index) {
                let count = window.rows.count * window.columns.count
                let answer =
                    [Float](repeating: 0.1, count: count) + [Float](repeating: 1 / 3, count: count)
                guard let rows = accumulator.add(answer) else { continue }
                #expect(rows.rows.lowerBound == next)
                next = rows.rows.upperBound
                let half = rows.values.count / 2
                #expect(half == rows.rows.count * width)
                #expect(rows.values[..<half].allSatisfy { $0 == 0.1 })
                #expect(rows.values[half...].allSatisfy { $0 == 1 / 3 })
            }
        }
        #expect(next == height)
    }

    @Test func aNetworkThatSeesOnlyPixelsGivesTheScene() throws {
        let scene = Fixtures.image(bands: 3, height: 61, width: 83)
        let plan = try WindowPlan(height: 61, width: 83, tile: 24, overlap: 10)
        var accumulator = WindowAccumulator(plan: plan, channels: 3)
        for index in plan.rowStarts.indices {
            for window in plan.windows(inRow: index) {
                let part = scene.cropped(rows: window.rows, columns: window.columns)
                if let rows = accumulator.add(part.values) {
                    #expect(
                        rows.values == scene.cropped(rows: rows.rows, columns: 0..<83).values)
                }
            }
        }
    }

    @Test func weightsAreSymmetricAndNeverZero() {
        #expect(WindowPlan.weights(extent: 6) == [1, 2, 3, 3, 2, 1])
        #expect(WindowPlan.weights(extent: 5) == [1, 2, 3, 2, 1])
        #expect(WindowPlan.weights(extent: 1) == [1])
    }

    @Test func wrongOverlapsAreRefused() {
        for (tile, overlap) in [(64, 64), (64, -1), (0, 0)] {
            let error = Fixtures.error {
                _ = try WindowPlan(height: 10, width: 10, tile: tile, overlap: overlap)
            }
            #expect(error?.kind == .usage)
        }
    }
}
