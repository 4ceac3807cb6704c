import Foundation
import SegmentationData
import SegmentationMetrics
import Testing
import Training
import TrainingTestSupport

@testable import Ensembling

/// Uncertainty as `floe predict` writes it.
@Suite struct UncertaintyOutputTests {
    private static let small = EnsembleFiles.noise(height: 5, width: 7)

    private func write(
        _ ensemble: OpenedEnsemble, to folder: String, probabilities: Bool = false,
        bandBytes: Int = 400 << 20, _ image: BandImage = small
    ) throws -> [String] {
        try PredictionWriter(
            EnsemblePredictor(ensemble, backend: TestMembers.exact(), bandBytes: bandBytes),
            folder: folder, withProbabilities: probabilities, withUncertainty: true
        ).write(ImageScene(image), name: "ice")
    }

    private static func entropy(_ p: Double) -> Double {
        -(p * log2(p) + (1 - p) * log2(1 - p))
    }

    @Test func theThreePartsOfOneClass() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try ComparedData.ensemble(
                folder, [0.9, 0.3].map { ComparedData.Voice(probability: $0) })
            let files = try write(ensemble, to: folder + "/out")
            #expect(
                files.map { $0.split(separator: "/").last } == [
                    "ice_mask.png", "ice_uncertainty.tiff",
                ])
            let image = try ImageReader.readBands(path: files[1])
            #expect(image.bands == 3 && image.height == 5 && image.width == 7)
            let data = (Self.entropy(0.9) + Self.entropy(0.3)) / 2
            let total = Self.entropy(0.6)
            for (band, expected) in [total, data, total - data].enumerated() {
                EnsembleFiles.expect(
                    image.values[band * 35..<(band + 1) * 35], all: Float(expected))
            }
            #expect(ensemble.uncertaintyObstacle == nil)
        }
    }

    /// A member of three times the weight moves the mean, and the mean of the entropies.
    @Test func weightsCount() throws {
        try TrainingFixtures.withFolder { folder in
            var voices = [0.9, 0.3].map { ComparedData.Voice(probability: $0) }
            (voices[0].weight, voices[1].weight) = (1, 3)
            let ensemble = try ComparedData.ensemble(folder, voices)
            let image = try ImageReader.readBands(path: write(ensemble, to: folder + "/out")[1])
            EnsembleFiles.expect(image.values[0..<35], all: Float(Self.entropy(0.45)))
            let data = (Self.entropy(0.9) + 3 * Self.entropy(0.3)) / 4
            EnsembleFiles.expect(image.values[35..<70], all: Float(data))
        }
    }

    /// The same file whether the scene is run in one piece or in bands, beside probabilities or not.
    @Test func bandsOfRowsDoNotShow() throws {
        try TrainingFixtures.withFolder { folder in
            let image = EnsembleFiles.noise(height: 150, width: 20)
            let ensemble = try EnsembleFiles.opened(folder, [[0.7, 0.2, 0.1], [0.1, 0.5, 0.4]])
            let whole = try write(ensemble, to: folder + "/whole", image)
            let pieces = try write(
                ensemble, to: folder + "/pieces", probabilities: true, bandBytes: 1, image)
            #expect(pieces.count == 3)
            let name = "/ice_uncertainty.tiff"
            #expect(
                try ImageReader.readBands(path: folder + "/whole" + name).values
                    == ImageReader.readBands(path: folder + "/pieces" + name).values)
            #expect(try ImageReader.readBands(path: whole[1]).bands == 3)
        }
    }

    @Test func oneMemberHasNobodyToDisagreeWith() throws {
        try TrainingFixtures.withFolder { folder in
            let alone = try ComparedData.ensemble(folder, [ComparedData.Voice(probability: 0.9)])
            #expect(alone.uncertaintyObstacle != nil)
            var voices = [0.9, 0.3].map { ComparedData.Voice(probability: $0) }
            (voices[0].weight, voices[1].weight) = (1, 0)
            let ensemble = try ComparedData.ensemble(folder, voices, name: "f")
            #expect(ensemble.uncertaintyObstacle?.contains("one member") == true)
        }
    }
}
