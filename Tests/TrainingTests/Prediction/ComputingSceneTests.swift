import DurableFiles
import Foundation
import ModelZoo
import SegmentationData
import TensorCore
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct ComputingSceneTests {
    private static let computed: [MemberManifest.Input.Band.Computed] = [
        .init(from: "band0", filter: .sobel),
        .init(from: "band0", filter: .laplacian),
        .init(from: "band0", filter: .haar, subband: .diagonal),
        .init(from: "band0", filter: .threshold, at: 128),
    ]

    private static func predictor(
        _ folder: String, _ name: String = "m", size: [Int]? = nil, tile: Int? = nil,
        computed: [MemberManifest.Input.Band.Computed] = computed
    ) throws -> MemberPredictor {
        let path = try TestMembers.save(folder, name: name) { plan in
            plan.size = size
            plan.tile = tile
            plan.overlap = 4
            plan.computed = computed
        }
        return try MemberPredictor(path, backend: TestMembers.exact())
    }

    /// The image with its computed bands, handed over as it is.
    private struct Ready: SceneSource {
        let image: BandImage
        let computedBands: [ComputedBand]
        var bands: Int { image.bands }
        var height: Int { image.height }
        var width: Int { image.width }
        func readRows(_ rows: Range<Int>) -> BandImage {
            image.cropped(rows: rows, columns: 0..<image.width)
        }
    }

    /// Windows, bands of rows and whole images see the computed bands of the whole scene.
    @Test(arguments: [nil, 16])
    func partsOfASceneSeeTheBandsOfTheWhole(tile: Int?) throws {
        try TrainingFixtures.withFolder { folder in
            let member = try Self.predictor(folder, tile: tile)
            let image = ScenePredictorTests.noise(height: 37, width: 30)
            let bands = ComputedBand.all(of: member.manifest.input)
            let computation = try BandComputation(bands, stored: ["band0"])
            let ready = Ready(image: computation.appended(to: image), computedBands: bands)
            let expected = try ScenePredictor(ready)
                .probabilities(member, position: 0, rows: 0..<37)
            let scene = ScenePredictor(ImageScene(image))
            #expect(try scene.probabilities(member, position: 0, rows: 0..<37) == expected)
            guard tile != nil else { return }
            for start in stride(from: 0, to: 37, by: 7) {
                let rows = start..<min(37, start + 7)
                #expect(
                    try scene.probabilities(member, position: 0, rows: rows)
                        == Array(expected[rows.lowerBound * 30..<rows.upperBound * 30]))
            }
        }
    }

    /// Where a member resizes, bands are computed of the resized image, as they were for training.
    @Test func bandsAreComputedAfterResizing() throws {
        try TrainingFixtures.withFolder { folder in
            let member = try Self.predictor(folder, size: [24, 20])
            let image = ScenePredictorTests.noise(height: 37, width: 30)
            let small = image.resizedBilinear(height: 24, width: 20)
            let computation = try BandComputation(
                ComputedBand.all(of: member.manifest.input), stored: ["band0"])
            let map = try member.probabilities(of: computation.appended(to: small))
            let expected = BandImage(bands: 1, height: 24, width: 20, values: map)
                .resizedBilinear(height: 37, width: 30).values
            #expect(
                try ScenePredictor(ImageScene(image))
                    .probabilities(member, position: 0, rows: 0..<37) == expected)
        }
    }

    /// Members of other computed bands over one scene do not take one another's.
    @Test func everyMemberGetsItsOwnBands() throws {
        try TrainingFixtures.withFolder { folder in
            let edges = try Self.predictor(folder, computed: [Self.computed[0]])
            let bright = try Self.predictor(folder, "n", computed: [Self.computed[3]])
            let plain = try Self.predictor(folder, "o", computed: [])
            let image = ScenePredictorTests.noise(height: 16, width: 12)
            func alone(_ member: MemberPredictor, _ scene: any SceneSource) throws -> [Float] {
                try ScenePredictor(scene).probabilities(member, position: 0, rows: 0..<16)
            }
            let shared = ScenePredictor(ImageScene(image))
            let bands = ComputedBand.all(of: edges.manifest.input)
            let ready = Ready(
                image: try BandComputation(bands, stored: ["band0"]).appended(to: image),
                computedBands: bands)
            var maps: [[Float]] = []
            for (position, member) in [edges, bright, plain].enumerated() {
                let map = try shared.probabilities(member, position: position, rows: 0..<16)
                #expect(try alone(member, ImageScene(image)) == map)
                // A scene that has the bands of one of them.
                #expect(try alone(member, ready) == map)
                maps.append(map)
            }
            #expect(Set(maps).count == 3)
        }
    }

    @Test func onlyTheBandsOfTheFilesAreAskedFor() throws {
        try TrainingFixtures.withFolder { folder in
            let member = try Self.predictor(folder)
            let image = ScenePredictorTests.noise(bands: 5, height: 8, width: 8)
            let error = TrainingFixtures.error(.badData) {
                _ = try ScenePredictor(ImageScene(image))
                    .probabilities(member, position: 0, rows: 0..<8)
            }
            #expect(error?.expected == "1 (band0)" && error?.got == "5")
        }
    }

    /// What a data set hands over for scoring is what the file gives, missing data included.
    @Test(arguments: [nil, ImageSize(height: 24, width: 20)])
    func samplesAreSeenAsTheirFilesAre(size: ImageSize?) throws {
        try TrainingFixtures.withFolder { folder in
            let image = ScenePredictorTests.noise(height: 30, width: 22)
            try ImageWriter.writeGrey(
                image.values.map { UInt8($0) }, height: 30, width: 22, to: folder + "/x.png")
            let member = try Self.predictor(folder, size: size.map { [$0.height, $0.width] })
            let dataset = try SegmentationDataset.open(
                DatasetDescription(
                    root: folder, images: [BandSource(files: ["*.png"], bands: ["band0"])],
                    classes: [ClassDescription(name: "thing")], size: size, nodata: 7,
                    computed: ComputedBand.all(of: member.manifest.input)))
            let sample = try dataset.sample(at: 0)
            #expect(sample.image.bands == 5 && sample.image.nodata?.contains(1) == true)
            let scene = SampleScene(sample.image, of: dataset, height: 30, width: 22)
            let file = try FileScene(paths: [folder + "/x.png"], nodata: 7)
            #expect(
                try ScenePredictor(scene).probabilities(member, position: 0, rows: 0..<30)
                    == ScenePredictor(file).probabilities(member, position: 0, rows: 0..<30))
        }
    }
}
