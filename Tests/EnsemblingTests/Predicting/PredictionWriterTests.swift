import DurableFiles
import Foundation
import ModelZoo
import SegmentationData
import Testing
import Training
import TrainingTestSupport

@testable import Ensembling

@Suite struct PredictionWriterTests {
    private static let softmax: [[Float]] = [[0.1, 0.6, 0.3], [0.3, 0.1, 0.6]]

    /// A scene whose file fails below some row, as an interrupted disk or a stop signal does.
    private struct BrokenScene: SceneSource {
        let image: BandImage
        let goodRows: Int

        var bands: Int { image.bands }
        var height: Int { image.height }
        var width: Int { image.width }

        func readRows(_ rows: Range<Int>) throws -> BandImage {
            guard rows.upperBound <= goodRows else {
                throw FloeError(.inputOutput, file: "scene.tiff", "could not be read")
            }
            return image.cropped(rows: rows, columns: 0..<width)
        }
    }

    private func write(
        _ ensemble: OpenedEnsemble, _ scene: any SceneSource, to folder: String,
        probabilities: Bool = false, bandBytes: Int = 400 << 20
    ) throws -> [String] {
        let predictor = EnsemblePredictor(
            ensemble, backend: TestMembers.exact(), bandBytes: bandBytes)
        return try PredictionWriter(predictor, folder: folder, withProbabilities: probabilities)
            .write(scene, name: "ice")
    }

    /// Decisions and probabilities of the whole scene, not by way of files.
    private func direct(
        _ ensemble: OpenedEnsemble, _ image: BandImage
    ) throws -> EnsemblePredictor.Band {
        var whole: EnsemblePredictor.Band?
        try EnsemblePredictor(ensemble, backend: TestMembers.exact())
            .predict(ImageScene(image)) { whole = $0 }
        return try #require(whole)
    }

    /// Members of random weights, whose answer differs from pixel to pixel.
    private func random(
        _ folder: String, classes: Int, isSigmoid: Bool = false
    ) throws -> OpenedEnsemble {
        let file = try EnsembleFiles.varied(folder) { plan in
            plan.classes = classes
            plan.tile = 16
        }
        if isSigmoid { try EnsembleFiles.makeSigmoid(file) }
        return try EnsembleStore.open(EnsembleFiles.write(folder, [file]))
    }

    // MARK: Masks

    @Test func softmaxGivesIndexesWithThePalette() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, Self.softmax)
            let colors = [[10, 20, 30], [40, 50, 60], [70, 80, 255]]
            for file in files {
                try EnsembleFiles.edit(file) { manifest in
                    for k in 0..<3 { manifest.output.classes[k].color = colors[k] }
                }
            }
            let ensemble = try EnsembleStore.open(EnsembleFiles.write(folder, files))
            // The folder is made where it is missing. The means are 0.2, 0.35 and 0.45.
            let written = try write(
                ensemble, ImageScene(EnsembleFiles.noise(height: 5, width: 7)),
                to: folder + "/out/masks")
            #expect(written == [folder + "/out/masks/ice_mask.png"])
            #expect(try EnsembleFiles.names(folder + "/out/masks") == ["ice_mask.png"])
            let header = try ImageReader.probe(path: written[0])
            #expect(header.format == .png && header.isPalette)
            #expect(header.height == 5 && header.width == 7)
            let mask = try ImageReader.readMask(path: written[0])
            #expect(mask.isPalette && mask.bands == 1)
            #expect(Set(mask.values) == [2])
            let picture = try ImageReader.readBands(path: written[0])
            for band in 0..<3 {
                let plane = picture.values[band * 35..<(band + 1) * 35]
                #expect(Set(plane) == [Float(colors[2][band])])
            }
        }
    }

    @Test func masksAreTheDecisionsPixelByPixel() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try random(folder, classes: 3)
            let image = EnsembleFiles.noise(height: 140, width: 23)
            let expected = try direct(ensemble, image).decisions
            #expect(Set(expected).count > 1)
            for bandBytes in [1, 400 << 20] {
                let path = try write(
                    ensemble, ImageScene(image), to: folder, bandBytes: bandBytes)[0]
                let mask = try ImageReader.readMask(path: path)
                #expect(mask.height == 140 && mask.width == 23)
                #expect(mask.values == expected.map { UInt16($0) })
            }
        }
    }

    /// One sigmoid class: 0 is black, 1 has the class's colour.
    @Test(arguments: [(0.8, 1), (0.3, 0)] as [(Float, UInt16)])
    func oneSigmoidClassGivesZeroAndOne(_ probability: Float, _ label: UInt16) throws {
        try TrainingFixtures.withFolder { folder in
            let file = try EnsembleFiles.members(folder, [[probability]])[0]
            try EnsembleFiles.edit(file) { $0.output.classes[0].color = [255, 210, 31] }
            let ensemble = try EnsembleStore.openAny(file)
            let path = try write(
                ensemble, ImageScene(EnsembleFiles.noise(height: 3, width: 4)), to: folder)[0]
            #expect(path == folder + "/ice_mask.png")
            let mask = try ImageReader.readMask(path: path)
            #expect(mask.isPalette)
            #expect(mask.values == [UInt16](repeating: label, count: 12))
            let color: [Float] = label == 1 ? [255, 210, 31] : [0, 0, 0]
            let picture = try ImageReader.readBands(path: path)
            #expect((0..<3).map { picture.values[$0 * 12] } == color)
        }
    }

    @Test func severalSigmoidClassesGiveOneBandEach() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try random(folder, classes: 2, isSigmoid: true)
            let image = EnsembleFiles.noise(height: 140, width: 23)
            let expected = try direct(ensemble, image)
            #expect(Set(expected.decisions) == [0, 1])
            for bandBytes in [1, 400 << 20] {
                let written = try write(
                    ensemble, ImageScene(image), to: folder, probabilities: true,
                    bandBytes: bandBytes)
                #expect(
                    written == ["/ice_mask.tiff", "/ice_probabilities.tiff"].map { folder + $0 })
                let header = try ImageReader.probe(path: written[0])
                #expect(header.format == .tiff && header.sampleType == .unsigned8)
                let mask = try ImageReader.readMask(path: written[0])
                #expect(mask.bands == 2 && mask.height == 140 && mask.width == 23)
                #expect(mask.values == expected.decisions.map { UInt16($0) })
                let map = try ImageReader.readBands(path: written[1])
                #expect(map.values == expected.probabilities)
            }
        }
    }

    // MARK: Probabilities

    @Test func probabilitiesAreOneBandPerClass() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try EnsembleFiles.opened(
                folder, Self.softmax, weights: [.member(3), .member(1)])
            let out = folder + "/out"
            let written = try write(
                ensemble, ImageScene(EnsembleFiles.noise(height: 70, width: 9)), to: out,
                probabilities: true, bandBytes: 1)
            // The mask comes first, for whoever takes only one.
            #expect(written == ["/ice_mask.png", "/ice_probabilities.tiff"].map { out + $0 })
            #expect(try EnsembleFiles.names(out) == ["ice_mask.png", "ice_probabilities.tiff"])
            let header = try ImageReader.probe(path: written[1])
            #expect(header.format == .tiff && header.sampleType == .float32)
            let map = try ImageReader.readBands(path: written[1])
            #expect(map.bands == 3 && map.height == 70 && map.width == 9)
            for (plane, expected) in [0.15, 0.475, 0.375].enumerated() {
                EnsembleFiles.expect(
                    map.values[plane * 630..<(plane + 1) * 630], all: Float(expected))
            }
            #expect(Set(try ImageReader.readMask(path: written[0]).values) == [1])
        }
    }

    @Test func theSharesOfVotesAreWritten() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try EnsembleFiles.opened(
                folder, [[0.9], [0.4], [0.4]], method: .hardVoting)
            let written = try write(
                ensemble, ImageScene(EnsembleFiles.noise(height: 3, width: 4)), to: folder,
                probabilities: true)
            let map = try ImageReader.readBands(path: written[1])
            EnsembleFiles.expect(map.values[...], all: 1.0 / 3)
            #expect(Set(try ImageReader.readMask(path: written[0]).values) == [0])
        }
    }

    @Test func theSameSceneGivesTheSameBytes() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try random(folder, classes: 3)
            let scene = ImageScene(EnsembleFiles.noise(height: 70, width: 9))
            let first = try write(ensemble, scene, to: folder + "/a", probabilities: true)
            let second = try write(
                ensemble, scene, to: folder + "/b", probabilities: true, bandBytes: 1)
            for (a, b) in zip(first, second) {
                #expect(try EnsembleFiles.bytes(a) == EnsembleFiles.bytes(b))
            }
        }
    }

    // MARK: Interruptions

    /// Half a mask looks like a whole one: there must be none, and what was there stays.
    @Test(arguments: [0, 20, 100], [false, true])
    func anInterruptedPredictionLeavesNothing(_ goodRows: Int, _ isSigmoid: Bool) throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try random(folder, classes: 2, isSigmoid: isSigmoid)
            let image = EnsembleFiles.noise(height: 140, width: 12)
            let broken = BrokenScene(image: image, goodRows: goodRows)
            let out = folder + "/out"
            for probabilities in [false, true] {
                let error = TrainingFixtures.error(.inputOutput) {
                    _ = try write(
                        ensemble, broken, to: out, probabilities: probabilities, bandBytes: 1)
                }
                #expect(error?.file == "scene.tiff")
                // Not even the files on their way to their names.
                #expect(try EnsembleFiles.names(out) == [])
            }
            let written = try write(ensemble, ImageScene(image), to: out, probabilities: true)
            let before = try written.map { try EnsembleFiles.bytes($0) }
            for probabilities in [false, true] {
                TrainingFixtures.error(.inputOutput) {
                    _ = try write(
                        ensemble, broken, to: out, probabilities: probabilities, bandBytes: 1)
                }
            }
            #expect(try written.map { try EnsembleFiles.bytes($0) } == before)
            #expect(try EnsembleFiles.names(out).count == 2)
        }
    }

    @Test func aDamagedMemberLeavesNothing() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try EnsembleFiles.opened(folder, Self.softmax)
            try EnsembleFiles.damage(EnsembleFiles.weightsFile(ensemble.members[1].path))
            let out = folder + "/out"
            TrainingFixtures.error(.badData) {
                _ = try write(
                    ensemble, ImageScene(EnsembleFiles.noise(height: 5, width: 7)), to: out,
                    probabilities: true)
            }
            #expect(try EnsembleFiles.names(out) == [])
        }
    }

    @Test func aFileInPlaceOfTheFolderIsRefused() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try EnsembleFiles.opened(folder, [[0.5]])
            try EnsembleFiles.put("mine", folder + "/out")
            let error = TrainingFixtures.error(.usage) {
                _ = try write(
                    ensemble, ImageScene(EnsembleFiles.noise(height: 5, width: 7)),
                    to: folder + "/out")
            }
            #expect(error?.file == folder + "/out")
            #expect(try EnsembleFiles.text(folder + "/out") == "mine")
        }
    }
}
