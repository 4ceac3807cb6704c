import DurableFiles
import Foundation
import ModelZoo
import SegmentationData
import TensorCore
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct ScenePredictorTests {
    static func noise(bands: Int = 1, height: Int, width: Int) -> BandImage {
        var stream = RandomStream(seed: 11, purpose: .test, sample: height * 1000 + width)
        return BandImage(
            bands: bands, height: height, width: width,
            values: (0..<bands * height * width).map { _ in Float(stream.index(below: 256)) })
    }

    private func predict(
        _ member: MemberPredictor, _ image: BandImage, rows: Range<Int>? = nil, overlap: Int? = nil
    ) throws -> [Float] {
        try ScenePredictor(ImageScene(image), overlap: overlap)
            .probabilities(member, position: 0, rows: rows ?? 0..<image.height)
    }

    @Test(arguments: [[1, 1], [1, 7], [5, 3], [17, 23], [4, 4], [33, 8], [2, 40]])
    func imagesOfAnySize(_ size: [Int]) throws {
        try TrainingFixtures.withFolder { folder in
            let member = try TestMembers.predictor(folder, classes: 3)
            let image = Self.noise(height: size[0], width: size[1])
            let map = try predict(member, image)
            #expect(map.count == 3 * size[0] * size[1])
            for pixel in 0..<size[0] * size[1] {
                let sum = (0..<3).reduce(Float(0)) { $0 + map[$1 * size[0] * size[1] + pixel] }
                #expect(abs(sum - 1) < 1e-5)
            }
        }
    }

    @Test(arguments: [nil, 0, 1, 5, 8], [0.3, -2.7, 11] as [Float])
    func aConstantNetworkGivesAConstantMap(_ overlap: Int?, _ logit: Float) throws {
        try TrainingFixtures.withFolder { folder in
            let whole = try TestMembers.predictor(folder, logits: [logit])
            let windows = try TestMembers.predictor(
                folder, logits: [logit], tile: 16, name: "windows")
            let image = Self.noise(height: 37, width: 53)
            let expected = try predict(whole, image)
            #expect(Set(expected).count == 1)
            // Seams do not show, not even in the last bit.
            #expect(try predict(windows, image, overlap: overlap) == expected)
        }
    }

    @Test func aWindowThatHoldsTheSceneIsTheWholeImage() throws {
        try TrainingFixtures.withFolder { folder in
            let whole = try TestMembers.predictor(folder)
            let windows = try TestMembers.predictor(folder, tile: 64, name: "windows")
            let image = Self.noise(height: 37, width: 53)
            #expect(try predict(windows, image) == predict(whole, image))
        }
    }

    @Test func windowsAreBlendedAsDefined() throws {
        try TrainingFixtures.withFolder { folder in
            let member = try TestMembers.predictor(folder, tile: 16, overlap: 6)
            let image = Self.noise(height: 21, width: 30)
            // Windows of 16 with a stride of 10: rows from 0 and 5, columns from 0, 10 and 14.
            var sums = [Double](repeating: 0, count: 21 * 30)
            var totals = sums
            for top in [0, 5] {
                for left in [0, 10, 14] {
                    let window = image.cropped(rows: top..<top + 16, columns: left..<left + 16)
                    let map = try member.probabilities(of: window)
                    for row in 0..<16 {
                        for column in 0..<16 {
                            let weight = Double(
                                min(row + 1, 16 - row) * min(column + 1, 16 - column))
                            let index = (top + row) * 30 + left + column
                            sums[index] += weight * Double(map[row * 16 + column])
                            totals[index] += weight
                        }
                    }
                }
            }
            let expected = zip(sums, totals).map { Float($0 / $1) }
            #expect(try predict(member, image) == expected)
            #expect(try predict(member, image, overlap: 0) != expected)
        }
    }

    @Test(arguments: [1, 7, 20, 36])
    func bandsOfRowsGiveTheSameBytes(_ step: Int) throws {
        try TrainingFixtures.withFolder { folder in
            let image = Self.noise(height: 37, width: 30)
            for (name, size) in [("windows", nil), ("resized", [24, 20])] as [(String, [Int]?)] {
                let member = try TestMembers.predictor(
                    folder, classes: 2, size: size, tile: 16, name: name)
                let whole = try predict(member, image, overlap: 5)
                let scene = ScenePredictor(ImageScene(image), overlap: 5)
                for start in stride(from: 0, to: 37, by: step) {
                    let rows = start..<min(37, start + step)
                    let band = try scene.probabilities(member, position: 0, rows: rows)
                    for plane in 0..<2 {
                        let count = rows.count * 30
                        let from = (plane * 37 + start) * 30
                        #expect(
                            Array(band[plane * count..<(plane + 1) * count])
                                == Array(whole[from..<from + count]))
                    }
                }
            }
        }
    }

    /// Windows without a wanted pixel are left out, and wanted pixels do not notice.
    @Test(arguments: [0..<37, 9..<30])
    func onlyWindowsThatAreWanted(_ rows: Range<Int>) throws {
        try TrainingFixtures.withFolder { folder in
            let member = try TestMembers.predictor(folder, classes: 2, tile: 16, overlap: 5)
            let image = Self.noise(height: 37, width: 50)
            let whole = try predict(member, image, rows: rows)
            for (row, column) in [(9, 0), (12, 12), (29, 49), (20, 25)] {
                let index = (row - rows.lowerBound) * 50 + column
                var wanted = PixelMask(rows: rows, width: 50)
                wanted.remove { $0 != index }
                var count = ScenePredictor.WindowCount()
                let some = try ScenePredictor(ImageScene(image)).probabilities(
                    member, position: 0, rows: rows, wanted: wanted, count: &count)
                let pixels = rows.count * 50
                #expect(some[index] == whole[index])
                #expect(some[pixels + index] == whole[pixels + index])
                // Windows from 0, 11 and 21 by 0, 11, 22, 33 and 34.
                let covering =
                    [0, 11, 21].count { $0 <= row && row < $0 + 16 }
                    * [0, 11, 22, 33, 34].count { $0 <= column && column < $0 + 16 }
                #expect(count.run == covering)
                #expect(count.run + count.skipped == 15)
            }
        }
    }

    @Test(arguments: [[24, 20], [9, 60], [37, 30], [80, 80]])
    func resizedThereAndBack(_ size: [Int]) throws {
        try TrainingFixtures.withFolder { folder in
            let member = try TestMembers.predictor(folder, classes: 2, size: size)
            let image = Self.noise(height: 37, width: 30)
            let small = image.resizedBilinear(height: size[0], width: size[1])
            let expected = BandImage(
                bands: 2, height: size[0], width: size[1],
                values: try member.probabilities(of: small)
            ).resizedBilinear(height: 37, width: 30)
            #expect(try predict(member, image) == expected.values)
        }
    }

    /// A member trained on patches of resized photos: the scene is resized, then run in windows.
    @Test func resizedAndThenRunInWindows() throws {
        try TrainingFixtures.withFolder { folder in
            let image = Self.noise(height: 24, width: 40)
            let both = try TestMembers.predictor(folder, size: [48, 80], tile: 16, overlap: 4)
            let windows = try TestMembers.predictor(folder, tile: 16, overlap: 4, name: "windows")
            let larger = image.resizedBilinear(height: 48, width: 80)
            let inside = try ScenePredictor(ImageScene(larger))
                .probabilities(windows, position: 0, rows: 0..<48)
            let map = BandImage(bands: 1, height: 48, width: 80, values: inside, nodata: nil)
            let expected = map.resizedBilinear(height: 24, width: 40).values
            let got = try ScenePredictor(ImageScene(image))
                .probabilities(both, position: 0, rows: 0..<24)
            #expect(zip(got, expected).allSatisfy { abs($0 - $1) < 1e-6 })
            // A patch of a photo that was resized already is taken as it is.
            let patch = try ScenePredictor(PatchScene(image: image))
                .probabilities(both, position: 0, rows: 0..<24)
            #expect(
                try patch
                    == ScenePredictor(ImageScene(image))
                    .probabilities(windows, position: 0, rows: 0..<24))
        }
    }

    private struct PatchScene: SceneSource {
        let image: BandImage

        var bands: Int { image.bands }
        var height: Int { image.height }
        var width: Int { image.width }
        var isAtTrainingScale: Bool { true }

        func readRows(_ rows: Range<Int>) -> BandImage {
            image.cropped(rows: rows, columns: 0..<image.width)
        }
    }

    @Test func anotherNumberOfBandsIsRefused() throws {
        try TrainingFixtures.withFolder { folder in
            let member = try TestMembers.predictor(folder, bands: 2)
            let error = TrainingFixtures.error(.badData) {
                _ = try predict(member, Self.noise(bands: 3, height: 8, width: 8))
            }
            #expect(error?.description.contains("2 (band0, band1)") == true)
            #expect(error?.got == "3")
        }
    }

    @Test func anAnswerThatIsNotFiniteIsRefused() throws {
        try TrainingFixtures.withFolder { folder in
            let member = try TestMembers.predictor(folder)
            var image = Self.noise(height: 8, width: 8)
            image.values[3] = .nan
            TrainingFixtures.error(.numeric) { _ = try predict(member, image) }
        }
    }
}
