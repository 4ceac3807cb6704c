import DurableFiles
import Foundation
import SegmentationData
import TensorCore
import Testing
import Training
import TrainingTestSupport

@testable import Ensembling

/// Post-processing where masks are written, scored and built.
@Suite struct PostProcessedTests {
    private static func ensemble(
        _ folder: String, classes: Int, isSigmoid: Bool = false,
        _ steps: [PostProcessing.ClassSteps]
    ) throws -> OpenedEnsemble {
        let file = try EnsembleFiles.varied(folder) { plan in
            plan.classes = classes
            plan.tile = 16
        }
        if isSigmoid { try EnsembleFiles.makeSigmoid(file) }
        return try EnsembleStore.open(
            EnsembleFiles.write(folder, [file]) {
                $0.postprocessing = PostProcessing(classes: steps)
            })
    }

    private static func steps(_ index: Int, size: Int) -> PostProcessing.ClassSteps {
        var steps = PostProcessing.ClassSteps(class: "class\(index)")
        steps.minimumSize = size
        steps.fillHoles = .atMost(2)
        return steps
    }

    /// In bands as in one piece, and with a switch without.
    @Test(arguments: [false, true])
    func writtenMasksAreCleaned(_ isSigmoid: Bool) throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try Self.ensemble(
                folder, classes: 3, isSigmoid: isSigmoid,
                [Self.steps(0, size: 30), Self.steps(2, size: 8)])
            let image = EnsembleFiles.noise(height: 140, width: 23)
            var raw: EnsemblePredictor.Band?
            try EnsemblePredictor(ensemble, backend: TestMembers.exact())
                .predict(ImageScene(image)) { raw = $0 }
            let band = try #require(raw)
            let expected = try #require(ensemble.postProcessor).cleaned(
                band.decisions, probabilities: band.probabilities, height: 140, width: 23)
            #expect(expected != band.decisions)
            for (bandBytes, isCleaned) in [(1, true), (400 << 20, true), (1, false)] {
                var seen: SegmentationTarget?
                let path = try PredictionWriter(
                    EnsemblePredictor(
                        ensemble, backend: TestMembers.exact(), bandBytes: bandBytes),
                    folder: folder, withProbabilities: true, postprocessing: isCleaned
                ).write(ImageScene(image), name: "x", onMask: { seen = $0 })[0]
                #expect(path.hasSuffix(isSigmoid ? "tiff" : "png"))
                let wanted = isCleaned ? expected : band.decisions
                #expect(try Self.values(path) == wanted)
                switch try #require(seen) {
                case .labels(let map): #expect(!isSigmoid && map.labels == wanted)
                case .planes(let planes): #expect(isSigmoid && planes.values == wanted)
                }
            }
        }
    }

    private static func values(_ path: String) throws -> [UInt8] {
        guard path.hasSuffix("tiff") else {
            return try ImageReader.readMask(path: path).values.map { UInt8($0) }
        }
        return try ImageReader.readBands(path: path).values.map { UInt8($0) }
    }

    /// A scene whose whole mask does not fit is refused before anything is read.
    private struct Endless: SceneSource {
        let bands = 1
        let height = 1 << 15
        let width = 1 << 14

        func readRows(_ rows: Range<Int>) throws -> BandImage {
            throw FloeError(.internalFailure, "read")
        }
    }

    @Test func hugeScenesAreRefused() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try Self.ensemble(folder, classes: 2, [Self.steps(1, size: 8)])
            let error = #expect(throws: FloeError.self) {
                _ = try PredictionWriter(
                    EnsemblePredictor(ensemble, backend: TestMembers.exact()), folder: folder,
                    withProbabilities: false
                ).write(Endless(), name: "x")
            }
            #expect(error?.kind == .badData)
            #expect(error?.description.contains("--no-postprocessing") == true)
        }
    }

    /// 16 pixels that are all said to be of the class are one component.
    @Test func comparisonsShowBoth() throws {
        try TrainingFixtures.withFolder { folder in
            let opened = try ComparedData.ensemble(
                folder, [.init(probability: 0.9), .init(probability: 0.8)])
            let dataset = try ComparedData.dataset(folder, present: ["t0": 8, "t1": 4])
            func compare(_ size: Int) throws -> Comparison {
                var manifest = opened.manifest
                var steps = PostProcessing.ClassSteps(class: "class0")
                steps.minimumSize = size
                manifest.postprocessing = PostProcessing(classes: [steps])
                try BoundedJSON.write(manifest, to: opened.path)
                return try Comparer(
                    EnsembleStore.open(opened.path), dataset: dataset,
                    backend: TestMembers.exact()
                ).compare(dataset.split().test, split: "test")
            }
            let dice = (2.0 / 3 + 2.0 / 5) / 2
            let kept = try compare(16)
            #expect(
                kept.rows.map(\.kind) == [.member, .member, .meanMember, .ensemble, .unprocessed])
            #expect(kept.rows.map(\.dice) == [dice, dice, dice, dice, dice])
            #expect(kept.postprocessing == ["class0: components from 16 pixels on"])
            #expect(kept.differences.last?.against == "without post-processing")
            #expect(kept.differences.last?.mean == 0)
            // Members are cleaned as the ensemble is; only the last row is not.
            let removed = try compare(17)
            #expect(removed.rows.map(\.dice) == [0, 0, 0, 0, dice])
            #expect(abs(try #require(removed.differences.last?.mean) + dice) < 1e-12)
            #expect(removed.differences.last?.adjustedPValue == nil)
        }
    }

    @Test func buildingTakesTheRecipes() throws {
        try TrainingFixtures.withFolder { folder in
            let members = try EnsembleFiles.members(folder, [[0.7], [0.6]])
            var section = PostProcessingSection()
            section.connectivity = .four
            section.steps.minimumSize = 12
            section.classes["class0"] = PostProcessingSection.Steps()
            section.classes["class0"]?.threshold = 0.65
            func build(
                _ section: PostProcessingSection?, _ name: String
            ) throws -> EnsembleManifest {
                try EnsembleBuilder(path: folder + "/\(name).json", backend: TestMembers.exact())
                    .build(
                        from: members, method: .softVoting, copy: false, data: nil,
                        evaluation: EvaluationSection(), postprocessing: section
                    ).ensemble.manifest
            }
            let manifest = try build(section, "a")
            #expect(manifest.combine.thresholds == [0.65])
            #expect(manifest.postprocessing?.connectivity == .four)
            #expect(manifest.postprocessing?.steps(of: "class0").minimumSize == 12)
            let plain = try build(nil, "b")
            #expect(plain.postprocessing == nil && plain.combine.thresholds == nil)
            // A grid alone says nothing of the masks.
            var search = PostProcessingSection()
            search.search = PostProcessingSection.Search()
            #expect(try build(search, "c").postprocessing == nil)
            section.classes["ice"] = PostProcessingSection.Steps()
            #expect(throws: FloeError.self) { try build(section, "d") }
            // A draft keeps its own.
            let again = try EnsembleBuilder(
                path: folder + "/e.json", backend: TestMembers.exact()
            ).build(
                draft: folder + "/a.json", data: nil, evaluation: EvaluationSection(),
                postprocessing: search)
            #expect(again.ensemble.manifest.postprocessing == manifest.postprocessing)
        }
    }
}
