import DurableFiles
import Foundation
import ModelZoo
import SegmentationData
import SegmentationMetrics
import TensorCore
import Testing
import Training
import TrainingTestSupport

@testable import Ensembling

/// Fits on members whose answer differs from pixel to pixel; what was gained is checked by the
/// comparison, which makes every mask.
@Suite struct EnsembleFitterTests {
    private static let side = 32

    /// Noise and blocks, as members and truth see them.
    private static func dataset(
        _ folder: String, classes: [String] = ["class0"],
        _ change: (inout DatasetDescription) -> Void = { _ in }
    ) throws -> SegmentationDataset {
        let root = folder + "/data"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        for (number, id) in ["a0", "a1", "a2", "v0", "v1", "v2", "t0"].enumerated() {
            var stream = RandomStream(seed: 11, purpose: .test, sample: number)
            let grey = (0..<side * side).map { _ in UInt8(stream.index(below: 256)) }
            let kinds = max(2, classes.count)
            let blocks = (0..<16).map { _ in UInt8(stream.index(below: kinds)) }
            let mask = (0..<side * side).map { blocks[$0 / side / 8 * 4 + $0 % side / 8] }
            try ImageWriter.writeGrey(
                grey, height: side, width: side, to: "\(root)/\(id)_image.png")
            try ImageWriter.writeGrey(
                mask, height: side, width: side, to: "\(root)/\(id)_mask.png")
        }
        let values: [Int: String] =
            classes.count == 1
            ? [0: "background", 1: classes[0]]
            : Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($0.offset, $0.element) })
        var description = DatasetDescription(
            name: "blocks", root: root,
            images: [BandSource(files: ["*_image.png"], bands: ["band0"])],
            masks: [MaskSource(files: ["*_mask.png"], values: values)],
            classes: classes.map { ClassDescription(name: $0) },
            split: SplitDescription(
                train: .patterns(["a*"]), validation: .patterns(["v*"]), test: .patterns(["t*"])))
        change(&description)
        return try SegmentationDataset.open(description)
    }

    private static func ensemble(
        _ folder: String, dataset: SegmentationDataset, classes: [String] = ["class0"],
        method: Combiner.Method = .softVoting,
        _ change: (inout EnsembleManifest) -> Void = { _ in },
        member: (inout TestMembers.Plan) -> Void = { _ in }
    ) throws -> OpenedEnsemble {
        let record = try ComparedData.record(of: dataset)
        let members = try [["a0", "a0", "a1"], ["a0", "a2", "a2"]].enumerated().map { index, bag in
            try EnsembleFiles.varied(folder, name: "m\(index)") { plan in
                plan.classes = classes.count
                plan.classNames = classes
                plan.bag = bag
                plan.data = record
                member(&plan)
            }
        }
        return try EnsembleStore.open(
            EnsembleFiles.write(folder, members, method: method, change))
    }

    private static func section(
        _ search: (inout PostProcessingSection.Search) -> Void = { _ in }
    ) -> PostProcessingSection {
        var section = PostProcessingSection()
        var own = PostProcessingSection.Search()
        own.sizes = [0, 3, 10, 30, 100, 1000]
        search(&own)
        section.search = own
        return section
    }

    private static func evaluation(_ absent: AbsentClassPolicy) -> EvaluationSection {
        var evaluation = EvaluationSection()
        evaluation.absent = absent
        return evaluation
    }

    /// The ensemble's Dice on the validation split, every mask made.
    private static func dice(
        _ ensemble: OpenedEnsemble, _ dataset: SegmentationDataset, _ absent: AbsentClassPolicy
    ) throws -> Double? {
        let comparison = try Comparer(
            ensemble, dataset: dataset, evaluation: evaluation(absent),
            backend: TestMembers.exact()
        ).compare(dataset.split().validation, split: "validation")
        return comparison.rows.first { $0.kind == .ensemble }?.dice
    }

    /// Before and after are what a comparison of the two manifests gives.
    @Test(arguments: [false, true])
    func theGainIsTheComparisons(_ withHulls: Bool) throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try Self.dataset(folder)
            let ensemble = try Self.ensemble(folder, dataset: dataset)
            var section = Self.section { $0.absent = .one }
            section.steps.convexHull = withHulls ? true : nil
            let fitter = EnsembleFitter(
                ensemble, dataset: dataset, postprocessing: section,
                backend: TestMembers.exact())
            let manifest = try fitter.fitPostProcessing(on: .validation)
            let fit = try #require(manifest.postprocessing?.fit)
            #expect(fit.split == .validation && fit.images == 3 && fit.data == "blocks")
            #expect(fit.absentClasses == .one && fit.metric == .dice)
            let fitted = try fitter.write(manifest, to: folder + "/fitted.json")
            let after = try #require(try Self.dice(fitted, dataset, .one))
            #expect(abs(try #require(fit.after) - after) < 1e-12)
            if !withHulls {
                let before = try #require(try Self.dice(ensemble, dataset, .one))
                #expect(abs(try #require(fit.before) - before) < 1e-12)
            }
            #expect(try #require(fit.after) > #require(fit.before))
            let own = try #require(fit.classes.first)
            #expect(fitted.manifest.combine.thresholds == [try #require(own.threshold)])
            #expect(
                fitted.manifest.postprocessing?.steps(of: "class0").minimumSize
                    == own.minimumSize)
            #expect(fitted.manifest.postprocessing?.steps(of: "class0").convexHull == withHulls)
            // No place of the grid is better.
            for threshold in [0.45, 0.55] {
                var other = manifest
                other.combine.thresholds = [threshold]
                let score = try Self.dice(
                    fitter.write(other, to: folder + "/other.json"), dataset, .one)
                #expect(try #require(score) <= after + 1e-12)
            }
            // The same again gives the same.
            #expect(try fitter.fitPostProcessing(on: .validation) == manifest)
        }
    }

    @Test func outOfBagImagesAreThoseThatSomebodyLeftOut() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try Self.dataset(folder)
            let ensemble = try Self.ensemble(folder, dataset: dataset)
            let fitter = EnsembleFitter(
                ensemble, dataset: dataset, postprocessing: Self.section(),
                backend: TestMembers.exact())
            let manifest = try fitter.fitPostProcessing(on: .outOfBag)
            // a0 is in both bags.
            let fit = try #require(manifest.postprocessing?.fit)
            #expect(fit.images == 2 && fit.split == .outOfBag && fit.absentClasses == .skip)
            let fitted = try fitter.write(manifest, to: folder + "/fitted.json")
            #expect(fitted.manifest.scores?.outOfBag == nil)
            // Its score on these images flatters, says the manifest; it is the fit's own.
            let score = try #require(
                try OutOfBag.record(
                    fitted, dataset: dataset, evaluation: EvaluationSection(),
                    backend: TestMembers.exact())?.score)
            #expect(score.score.isOptimistic)
            let dice = try #require(score.score.values["dice"])
            #expect(abs(dice - (try #require(fit.after))) < 1e-12)
        }
    }

    /// Each key of the grid changes what is found.
    @Test func gridsMatter() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try Self.dataset(folder)
            let ensemble = try Self.ensemble(folder, dataset: dataset)
            func fit(
                _ dataset: SegmentationDataset,
                _ search: (inout PostProcessingSection.Search) -> Void
            ) throws -> PostProcessingFit {
                let manifest = try EnsembleFitter(
                    ensemble, dataset: dataset, postprocessing: Self.section(search),
                    backend: TestMembers.exact()
                ).fitPostProcessing(on: .validation)
                return try #require(manifest.postprocessing?.fit)
            }
            let all = try fit(dataset) { _ in }
            // Nothing is as sure as this, and nothing changes without a gain.
            let sure = try fit(dataset) { $0.thresholds = [0.9] }
            #expect(sure.after == sure.before && sure.before == all.before)
            #expect(sure.classes.first?.threshold == 0.5)
            #expect(try #require(all.after) > #require(sure.after))
            let iou = try fit(dataset) { ($0.metric, $0.thresholds) = (.iou, [0.9]) }
            #expect(try #require(iou.before) < #require(all.before))
            // Without the class in any truth it pays to empty the masks, if that is a score.
            let empty = try Self.dataset(folder) {
                $0.masks[0].values = [0: "background", 1: "background"]
            }
            func emptied(_ absent: AbsentClassPolicy, _ sizes: [Int]) throws -> PostProcessingFit {
                try fit(empty) { ($0.thresholds, $0.sizes, $0.absent) = ([0.5], sizes, absent) }
            }
            let small = try emptied(.one, [0, 1])
            #expect(small.after == 0 && small.classes.first?.minimumSize == 0)
            let large = try emptied(.one, [0, 5000])
            #expect(large.after == 1 && large.classes.first?.minimumSize == 5000)
            #expect(try emptied(.skip, [0, 5000]).classes.first?.minimumSize == 0)
        }
    }

    /// Classes that exclude one another: sizes only, and not the background's.
    @Test func softmaxIsFittedBySize() throws {
        try TrainingFixtures.withFolder { folder in
            let classes = ["background", "one", "two"]
            let dataset = try Self.dataset(folder, classes: classes)
            let ensemble = try Self.ensemble(folder, dataset: dataset, classes: classes)
            let fitter = EnsembleFitter(
                ensemble, dataset: dataset, postprocessing: Self.section(),
                backend: TestMembers.exact())
            let manifest = try fitter.fitPostProcessing(on: .validation)
            let fit = try #require(manifest.postprocessing?.fit)
            #expect(fit.classes.map(\.class) == ["one", "two"])
            #expect(fit.classes.allSatisfy { $0.threshold == nil })
            #expect(manifest.combine.thresholds == nil)
            let before = try #require(try Self.dice(ensemble, dataset, .skip))
            #expect(abs(try #require(fit.before) - before) < 1e-12)
            // What is removed becomes background, so that a class's own mask is its last one.
            let after = try Self.dice(
                fitter.write(manifest, to: folder + "/fitted.json"), dataset, .skip)
            #expect(abs(try #require(fit.after) - (try #require(after))) < 1e-12)
            #expect(throws: FloeError.self) {
                try EnsembleFitter(
                    ensemble, dataset: dataset,
                    postprocessing: Self.section { $0.thresholds = [0.5] },
                    backend: TestMembers.exact()
                ).fitPostProcessing(on: .validation)
            }
        }
    }

    @Test func votesAreFittedBySize() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try Self.dataset(folder)
            let ensemble = try Self.ensemble(folder, dataset: dataset, method: .hardVoting)
            let manifest = try EnsembleFitter(
                ensemble, dataset: dataset, postprocessing: Self.section(),
                backend: TestMembers.exact()
            ).fitPostProcessing(on: .validation)
            #expect(manifest.combine.thresholds == nil)
            #expect(manifest.postprocessing?.fit?.classes.first?.threshold == nil)
            #expect(manifest.postprocessing?.fit?.after != nil)
        }
    }

    @Test func whatWasTrainedOnIsRefused() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try Self.dataset(folder)
            let ensemble = try Self.ensemble(folder, dataset: dataset)
            let turned = try Self.dataset(folder) {
                $0.split = SplitDescription(
                    train: .patterns(["v*"]), validation: .patterns(["a*"]))
            }
            let error = #expect(throws: FloeError.self) {
                try EnsembleFitter(
                    ensemble, dataset: turned, backend: TestMembers.exact()
                ).fitPostProcessing(on: .validation)
            }
            #expect(error?.kind == .badData)
            let none = try Self.dataset(folder) {
                $0.split = SplitDescription(
                    train: .patterns(["a*"]), validation: nil, test: nil)
            }
            #expect(throws: FloeError.self) {
                try EnsembleFitter(
                    ensemble, dataset: none, backend: TestMembers.exact()
                ).fitPostProcessing(on: .validation)
            }
        }
    }

    // MARK: What was chosen on the same images

    private static func fit(
        _ ensemble: OpenedEnsemble, _ dataset: SegmentationDataset, _ split: PostProcessingFit.Split
    ) throws -> PostProcessingFit {
        try #require(
            try EnsembleFitter(
                ensemble, dataset: dataset, postprocessing: section(),
                backend: TestMembers.exact()
            ).fitPostProcessing(on: split).postprocessing?.fit)
    }

    /// A validation split that chose the members' epochs flatters what is fitted on it.
    @Test func gainsOnImagesThatChoseEpochsAreOptimistic() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try Self.dataset(folder)
            let plain = try Self.ensemble(folder, dataset: dataset)
            #expect(try Self.fit(plain, dataset, .validation).isOptimistic == nil)
            try DurableFile.createFolder(folder + "/c")
            let choosing = try Self.ensemble(folder + "/c", dataset: dataset) { _ in
            } member: {
                $0.validation = ["dice": 0.5]
            }
            let fit = try Self.fit(choosing, dataset, .validation)
            #expect(fit.isOptimistic == true)
            #expect(fit.fingerprint?.hex == (try dataset.fingerprint()))
            #expect(try Self.fit(choosing, dataset, .outOfBag).isOptimistic == nil)
            // Other images chose the epochs, as the members' recipe tells.
            let split = SplitDescription(train: .patterns(["a*"]), validation: .patterns(["t*"]))
            let tree = try BoundedJSON.parse(
                BoundedJSON.encode(split), file: "split", limit: 1 << 20)
            for member in choosing.members {
                try ComparedData.edit(member.path) {
                    $0.training?.hyperparameters = .object(["data": .object(["split": tree])])
                }
            }
            let elsewhere = try EnsembleStore.open(
                EnsembleFiles.write(folder + "/c", choosing.members.map(\.path)))
            #expect(try Self.fit(elsewhere, dataset, .validation).isOptimistic == nil)
        }
    }

    @Test func heldOutImagesThatChoseEpochsAreOptimisticOutOfBag() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try Self.dataset(folder)
            let paths = try Self.ensemble(folder, dataset: dataset).members.map(\.path)
            try ComparedData.edit(paths[1]) { $0.bag?.validatedHeldOut = true }
            let ensemble = try EnsembleStore.open(EnsembleFiles.write(folder, paths))
            #expect(try Self.fit(ensemble, dataset, .outOfBag).isOptimistic == true)
            #expect(try Self.fit(ensemble, dataset, .validation).isOptimistic == nil)
        }
    }

    /// An ensemble that had an out-of-bag score has that of its new masks.
    @Test func outOfBagScoresAreComputedAgain() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try Self.dataset(folder)
            let former = OutOfBagScore(
                score: .init(reduction: .perImage, absentClasses: .skip, images: 1, values: [:]),
                coverage: .init(images: 1, total: 3, meanVotes: 1))
            let ensemble = try Self.ensemble(folder, dataset: dataset) {
                $0.scores = .init(outOfBag: former)
            }
            func written(
                _ split: PostProcessingFit.Split, _ dataset: SegmentationDataset
            ) throws -> OpenedEnsemble {
                let fitter = EnsembleFitter(
                    ensemble, dataset: dataset, postprocessing: Self.section(),
                    backend: TestMembers.exact())
                return try fitter.write(
                    fitter.fitPostProcessing(on: split), to: folder + "/fitted.json")
            }
            for split in PostProcessingFit.Split.allCases {
                let fitted = try written(split, dataset)
                let expected = try OutOfBag.record(
                    fitted, dataset: dataset, evaluation: EvaluationSection(),
                    backend: TestMembers.exact())?.score
                #expect(fitted.manifest.scores?.outOfBag == expected && expected != nil)
                #expect(expected?.score.isOptimistic == (split == .outOfBag))
            }
            // The bags were not drawn from these.
            let other = try Self.dataset(folder) {
                $0.split = SplitDescription(
                    train: .patterns(["t*"]), validation: .patterns(["v*"]))
            }
            #expect(try written(.validation, other).manifest.scores?.outOfBag == nil)
        }
    }

    /// Damage is not taken for a bag of other data, which would leave the score null unnoticed.
    @Test func aDamagedBagIsAnError() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try Self.dataset(folder)
            let record = try ComparedData.record(of: dataset)
            let file = try EnsembleFiles.varied(folder, name: "m0") { plan in
                plan.bag = ["a0", "a0", "a1"]
                plan.data = record
            }
            try EnsembleFiles.edit(file) { manifest in
                manifest.bag?.ids = nil
                manifest.bag?.idsFile = "bag.txt"
            }
            let ids = folder + "/m0/bag.txt"
            try EnsembleFiles.put("a0\na0\na1\n", ids)
            let former = OutOfBagScore(
                score: .init(reduction: .perImage, absentClasses: .skip, images: 1, values: [:]),
                coverage: .init(images: 1, total: 3, meanVotes: 1))
            let ensemble = try EnsembleStore.open(
                EnsembleFiles.write(folder, [file]) { $0.scores = .init(outOfBag: former) })
            let fitter = EnsembleFitter(
                ensemble, dataset: dataset, postprocessing: Self.section(),
                backend: TestMembers.exact())
            let manifest = try fitter.fitPostProcessing(on: .validation)
            try EnsembleFiles.put("a0\na0\na2\n", ids)
            let error = TrainingFixtures.error(.badData) {
                _ = try fitter.write(manifest, to: folder + "/fitted.json")
            }
            #expect(error?.file == ids)
            #expect(!EnsembleFiles.exists(folder + "/fitted.json"))
            try EnsembleFiles.put("a0\na0\na1\n", ids)
            let written = try fitter.write(manifest, to: folder + "/fitted.json")
            #expect(written.manifest.scores?.outOfBag?.coverage.images == 1)
        }
    }

    @Test func comparisonsCountWhatWasFittedOn() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try Self.dataset(folder)
            let ensemble = try Self.ensemble(folder, dataset: dataset)
            let fitter = EnsembleFitter(
                ensemble, dataset: dataset, postprocessing: Self.section(),
                backend: TestMembers.exact())
            func counts(_ ensemble: OpenedEnsemble, _ dataset: SegmentationDataset) throws -> [Int?]
            {
                let split = try dataset.split()
                let comparer = try Comparer(
                    ensemble, dataset: dataset, backend: TestMembers.exact())
                return try [split.train, split.validation, split.test].map {
                    try comparer.compare($0, split: "some").fittedImages
                }
            }
            #expect(try counts(ensemble, dataset) == [nil, nil, nil])
            var manifest = try fitter.fitPostProcessing(on: .validation)
            let fitted = try fitter.write(manifest, to: folder + "/v.json")
            #expect(try counts(fitted, dataset) == [0, 3, 0])
            let outOfBag = try fitter.write(
                fitter.fitPostProcessing(on: .outOfBag), to: folder + "/o.json")
            #expect(try counts(outOfBag, dataset) == [3, 0, 0])
            // The same data, divided in another way then: any of the images may have been fitted on.
            var moved = manifest
            moved.postprocessing?.fit?.ids = SHA256Digest.of(Data())
            let split = try dataset.split()
            #expect(
                try counts(fitter.write(moved, to: folder + "/m.json"), dataset)
                    == [split.train.count, split.validation.count, split.test.count])
            // A manifest that names the data only; and other data, of which nobody can say.
            manifest.postprocessing?.fit?.fingerprint = nil
            let earlier = try fitter.write(manifest, to: folder + "/e.json")
            #expect(try counts(earlier, dataset) == [0, 3, 0])
            let other = try Self.dataset(folder) { $0.name = "others" }
            #expect(try counts(earlier, other) == [nil, nil, nil])
            #expect(try counts(fitted, other) == [0, 3, 0])
        }
    }
}
