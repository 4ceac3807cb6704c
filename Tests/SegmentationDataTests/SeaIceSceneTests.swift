import DurableFiles
import Foundation
import TensorCore
import Testing

@testable import SegmentationData

struct SeaIceSceneTests {
    @Test func neitherPictureSufficesAlone() {
        var concentrations: [Double] = []
        var visibleErrors = 0.0
        var radarErrors = 0.0
        for number in 0..<12 {
            let scene = SeaIceScene(seed: 2, number: number)
            let truth = scene.truth.labels
            let ice = truth.reduce(0) { $0 + Int($1) }
            concentrations.append(Double(ice) / Double(truth.count))
            // The best threshold on one value a pixel, chosen with the truth in hand.
            visibleErrors += bestThresholdError(Array(scene.visible.values[0..<57600]), truth)
            let coarse = scene.radar.resizedBilinear(height: 240, width: 240)
            radarErrors += bestThresholdError(coarse.values, truth)
        }
        #expect(concentrations.allSatisfy { $0 > 0.02 && $0 < 0.99 })
        #expect((concentrations.max() ?? 0) - (concentrations.min() ?? 0) > 0.3)
        #expect(visibleErrors / 12 > 0.05 && visibleErrors / 12 < 0.35)
        #expect(radarErrors / 12 > 0.05 && radarErrors / 12 < 0.35)
    }

    private func bestThresholdError(_ values: [Float], _ truth: [UInt8]) -> Double {
        (0..<64).map { step in
            let wrong = zip(values, truth).reduce(0) {
                $0 + (($1.0 > Float(4 * step)) == ($1.1 == 1) ? 0 : 1)
            }
            return Double(wrong) / Double(truth.count)
        }.min() ?? 1
    }
}
