import DurableFiles
import SegmentationData
import Testing
import Training
import TrainingTestSupport

@testable import Ensembling

@Suite struct EnsemblePredictorEarlyExitTests {
    private func labels(
        _ ensemble: OpenedEnsemble, _ image: BandImage, exit: EarlyExit? = .exact,
        bandBytes: Int = 400 << 20
    ) throws -> (planes: [[UInt8]], tally: EarlyExit.Tally) {
        let predictor = EnsemblePredictor(
            ensemble, backend: TestMembers.exact(), bandBytes: bandBytes)
        let count = ensemble.rule.isExclusive ? 1 : ensemble.classes
        var planes = [[UInt8]](repeating: [], count: count)
        func take(_ band: EnsemblePredictor.Band) {
            let pixels = band.rows.count * image.width
            for plane in 0..<count {
                planes[plane] += band.decisions[plane * pixels..<(plane + 1) * pixels]
            }
        }
        guard let exit else {
            try predictor.predict(ImageScene(image), take)
            return (planes, .init())
        }
        let tally = try predictor.predictLabels(ImageScene(image), exit: exit, take)
        return (planes, tally)
    }

    /// Noise above, and below what every member is sure of.
    private static func image(height: Int, width: Int) -> BandImage {
        var image = EnsembleFiles.noise(height: height, width: width)
        for index in image.values.indices.suffix(height / 2 * width) { image.values[index] = 100 }
        return image
    }

    /// Windows, bands of rows, images that are resized, sigmoid and softmax, means and votes.
    @Test(arguments: [Combiner.Method.softVoting, .hardVoting], [1, 3])
    func labelsAreTheWholeEnsembles(_ method: Combiner.Method, _ classes: Int) throws {
        try TrainingFixtures.withFolder { folder in
            let windows = try VariedMembers.save(folder + "/w", count: 4, classes: classes) {
                $0.tile = 16
                $0.overlap = 4
            }
            let resized = try VariedMembers.save(folder + "/r", count: 1, classes: classes) {
                $0.size = [40, 24]
            }
            let ensemble = try EnsembleStore.open(
                EnsembleFiles.write(folder, windows + resized, method: method))
            let image = Self.image(height: 100, width: 40)
            let whole = try labels(ensemble, image, exit: nil)
            #expect(Set(whole.planes[0]).count > 1)
            for bytes in [400 << 20, 1] {
                let early = try labels(ensemble, image, bandBytes: bytes)
                #expect(early.planes == whole.planes)
                #expect(early.tally.members == 5)
                #expect(early.tally.skipped > 0)
                #expect(early.tally.meanMembers >= 2.5)
            }
        }
    }

    /// Three of four that are certain of the same settle it: the fourth is not even loaded.
    @Test func aMemberThatIsNotNeededIsNotLoaded() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try EnsembleFiles.opened(folder, [[0.999], [0.999], [0.999], [0.5]])
            try EnsembleFiles.remove(EnsembleFiles.weightsFile(ensemble.members[3].path))
            let image = EnsembleFiles.noise(height: 9, width: 5)
            let early = try labels(ensemble, image)
            #expect(early.planes == [[UInt8](repeating: 1, count: 45)])
            #expect(early.tally.run == 3 && early.tally.skipped == 1)
            #expect(early.tally.meanMembers == 3 && early.tally.share == 0.25)
            TrainingFixtures.error(.badData) { _ = try labels(ensemble, image, exit: nil) }
        }
    }

    @Test func aMemberWithoutWeightIsNeverAsked() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try EnsembleFiles.opened(
                folder, [[0.2], [0.45], [0.54]], weights: [.member(0), .member(1), .member(2)])
            try EnsembleFiles.remove(EnsembleFiles.weightsFile(ensemble.members[0].path))
            let early = try labels(ensemble, EnsembleFiles.noise(height: 4, width: 4))
            #expect(early.planes == [[UInt8](repeating: 1, count: 16)])
            #expect(early.tally.run == 2 && early.tally.skipped == 1)
        }
    }

    /// STAPLE, a temperature before thresholds, and a mean of logits.
    @Test func someRulesAskEverybody() throws {
        try TrainingFixtures.withFolder { folder in
            let sure: [[Float]] = [[0.9], [0.9], [0.9]]
            for (name, change) in [
                ("staple", { $0.combine.method = .staple }),
                ("warm", { $0.combine.temperature = 2 }),
                ("logit", { $0.combine.space = .logit }),
            ] as [(String, (inout EnsembleManifest) -> Void)] {
                let ensemble = try EnsembleFiles.opened(folder + "/" + name, sure, change)
                let image = EnsembleFiles.noise(height: 4, width: 4)
                let early = try labels(ensemble, image)
                #expect(early.tally.run == 3 && early.tally.skipped == 0, "\(name)")
                #expect(early.planes == (try labels(ensemble, image, exit: nil)).planes)
                #expect(ensemble.exitObstacle(postprocessing: true) != nil)
            }
        }
    }

    /// A table that expects little stops after one member, by cells that do not depend on the bands.
    @Test func aFittedRuleGoesFurther() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try VariedMembers.save(folder, count: 4) {
                $0.tile = 16
                $0.overlap = 0
            }
            let ensemble = try EnsembleStore.open(EnsembleFiles.write(folder, files))
            let image = Self.image(height: 150, width: 40)
            var chances = [Double](repeating: 0.2, count: ExitTable.bins)
            for bin in 8..<ExitTable.bins { chances[bin] = 1e-4 }
            func exit(_ threshold: Double, side: Int = 16) -> EarlyExit {
                .calibrated(
                    CalibratedExit(
                        risk: 0.1, table: ExitTable(rows: [chances, chances, chances]),
                        threshold: threshold, side: side))
            }
            let exact = try labels(ensemble, image)
            #expect(try labels(ensemble, image, exit: exit(0)).planes == exact.planes)
            let some = try labels(ensemble, image, exit: exit(0.03))
            #expect(some.tally.run < exact.tally.run)
            let cut = try labels(ensemble, image, exit: exit(0.03), bandBytes: 1)
            #expect(cut.planes == some.planes)
            // A cell of more rows than memory holds (64 at the least) is none.
            let wide = try labels(ensemble, image, exit: exit(1, side: 80), bandBytes: 1)
            #expect(wide.planes == exact.planes)
            let first = try labels(ensemble, image, exit: exit(1))
            let alone = try EnsembleStore.open(
                EnsembleFiles.write(folder, [files[0]], name: "one.json"))
            let only = try labels(alone, image, exit: nil)
            #expect(first.planes == only.planes)
            #expect(first.tally.meanMembers == 1)
        }
    }
}
