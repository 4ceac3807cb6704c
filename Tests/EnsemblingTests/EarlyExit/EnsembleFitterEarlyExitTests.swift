import DurableFiles
import Foundation
import SegmentationData
import TensorCore
import Testing
import Training
import TrainingTestSupport

@testable import Ensembling

@Suite struct EnsembleFitterEarlyExitTests {
    private static let side = 24

    /// Noise; `a` trains, `v` validates.
    private static func dataset(_ folder: String, validation: Int) throws -> SegmentationDataset {
        let root = folder + "/data"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        for (number, id) in (["a0"] + (0..<validation).map { "v\($0)" }).enumerated() {
            var stream = RandomStream(seed: 12, purpose: .test, sample: number)
            for name in ["image", "mask"] {
                let grey = (0..<side * side).map { _ in
                    UInt8(stream.index(below: name == "image" ? 256 : 2))
                }
                try ImageWriter.writeGrey(
                    grey, height: side, width: side, to: "\(root)/\(id)_\(name).png")
            }
        }
        return try SegmentationDataset.open(
            DatasetDescription(
                name: "noise", root: root,
                images: [BandSource(files: ["*_image.png"], bands: ["band0"])],
                masks: [MaskSource(files: ["*_mask.png"], values: [0: "background", 1: "class0"])],
                classes: [ClassDescription(name: "class0")],
                split: SplitDescription(
                    train: .patterns(["a*"]), validation: .patterns(["v*"]), test: nil)))
    }

    private static func ensemble(
        _ folder: String, _ dataset: SegmentationDataset, count: Int = 4,
        _ change: (inout EnsembleManifest) -> Void = { _ in }
    ) throws -> OpenedEnsemble {
        let record = try ComparedData.record(of: dataset)
        let files = try VariedMembers.save(folder, count: count) { plan in
            plan.tile = 16
            plan.overlap = 4
            plan.bag = ["a0"]
            plan.data = record
        }
        return try EnsembleStore.open(EnsembleFiles.write(folder, files, change))
    }

    @Test func fromImagesToPromises() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try Self.dataset(folder, validation: 10)
            let score = OutOfBagScore(
                score: .init(
                    reduction: .perImage, absentClasses: .skip, images: 1, values: ["dice": 0.5]),
                coverage: .init(images: 1, total: 1, meanVotes: 1))
            let ensemble = try Self.ensemble(folder, dataset) {
                $0.scores = .init(outOfBag: score)
            }
            let fitter = EnsembleFitter(ensemble, dataset: dataset, backend: TestMembers.exact())
            var told: [Int] = []
            let manifest = try fitter.fitEarlyExit(risks: [0.01, 0.2]) { done, total in
                told.append(done)
                #expect(total == 10)
            }
            #expect(told == Array(1...10))
            let fit = try #require(manifest.earlyExit)
            #expect(fit.split == .validation && fit.data == "noise")
            #expect(fit.images == 5 && fit.heldBack == 5)
            #expect(fit.fingerprint?.hex == (try dataset.fingerprint()))
            // Windows of 16 follow one another by 12.
            #expect(fit.cell == 12 || fit.cell == 16)
            #expect(fit.members == 4 && fit.table.rows.count == 3)
            #expect(fit.levels.contains { $0.risk == 0.2 })
            #expect(fit.exactMembers <= 4 && fit.exactMembers > 2)
            #expect(try fitter.fitEarlyExit(risks: [0.01, 0.2]) == manifest)

            let written = try fitter.write(
                manifest, to: folder + "/quick.json", keepsScores: true)
            #expect(written.manifest.earlyExit == fit)
            #expect(written.manifest.scores?.outOfBag == score)
            let rule = try #require(try written.calibratedExit(risk: 0.2))
            #expect(rule.side == fit.cell)
            // Another fit may change the thresholds; this one does not outlive it.
            var other = written.manifest
            other.combine.thresholds = [0.3]
            #expect(
                try fitter.write(other, to: folder + "/other.json").manifest.earlyExit == nil)
        }
    }

    @Test func whatCannotBeFittedIsRefused() throws {
        try TrainingFixtures.withFolder { folder in
            let few = try Self.dataset(folder, validation: 5)
            let ensemble = try Self.ensemble(folder, few)
            func error(_ kind: FloeError.Kind, _ ensemble: OpenedEnsemble) -> FloeError? {
                TrainingFixtures.error(kind) {
                    _ = try EnsembleFitter(ensemble, dataset: few, backend: TestMembers.exact())
                        .fitEarlyExit()
                }
            }
            #expect(error(.badData, ensemble)?.got == "5")
            let files = ensemble.members.map(\.path)
            let logits = try EnsembleStore.open(
                EnsembleFiles.write(folder, files) { $0.combine.space = .logit })
            #expect(error(.usage, logits) != nil)
            let one = try EnsembleStore.open(
                EnsembleFiles.write(
                    folder, files, weights: [.member(1), .member(0), .member(0), .member(0)]))
            #expect(error(.usage, one) != nil)
        }
    }
}
