import DurableFiles
import Foundation
import TensorCore
import Testing

@testable import SegmentationData

struct SyntheticSeaIceTests {
    @Test func scenesArePureFunctionsAndDiffer() throws {
        try Fixtures.withFolder { folder in
            try SyntheticSeaIce.write(to: "\(folder)/a", count: 3, seed: 5)
            try SyntheticSeaIce.write(to: "\(folder)/b", count: 2, seed: 5)
            try SyntheticSeaIce.write(to: "\(folder)/b", count: 2, seed: 5)
            for name in ["0000_vis.tiff", "0001_sar.tiff", "0001_ref.tiff", "dataset.yaml"] {
                #expect(
                    try SHA256Digest.ofFile(at: "\(folder)/a/\(name)")
                        == SHA256Digest.ofFile(at: "\(folder)/b/\(name)"))
            }
            #expect(
                try SHA256Digest.ofFile(at: "\(folder)/a/0000_vis.tiff")
                    != SHA256Digest.ofFile(at: "\(folder)/a/0001_vis.tiff"))
            let smaller = Fixtures.error {
                try SyntheticSeaIce.write(to: "\(folder)/a", count: 2, seed: 5)
            }
            #expect(smaller?.kind == .usage)
            var description = SyntheticSeaIce.description
            description.root = "\(folder)/a"
            let dataset = try SegmentationDataset.open(description)
            #expect(dataset.ids == ["0000", "0001", "0002"])
            #expect(dataset.bands == ["red", "green", "blue", "sar"])
            let sample = try dataset.sample(at: 2)
            #expect(sample.image.bands == 4 && sample.image.height == 240)
            let header = try ImageReader.probe(path: "\(folder)/a/0002_sar.tiff")
            #expect(header.height == 720 && header.sampleType == .unsigned8)
        }
    }

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

    @Test func wrongCountsAreRefused() {
        let error = Fixtures.error { try SyntheticSeaIce.write(to: "/tmp", count: 0, seed: 1) }
        #expect(error?.kind == .usage)
    }
}
