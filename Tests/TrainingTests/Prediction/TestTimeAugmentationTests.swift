import DurableFiles
import Foundation
import TensorCore
import Testing
import TrainingTestSupport

@testable import SegmentationData
@testable import Training

@Suite struct TestTimeAugmentationTests {
    private func augmentation(_ words: String...) throws -> TestTimeAugmentation {
        try #require(TestTimeAugmentation(words))
    }

    /// What some movements do to an image, without GridMovement.
    private static func flipped(_ values: [Float], _ height: Int, _ width: Int) -> [Float] {
        (0..<height).flatMap { row in (0..<width).map { values[row * width + width - 1 - $0] } }
    }

    private func predict(
        _ member: MemberPredictor, _ image: BandImage, _ testTime: TestTimeAugmentation? = nil
    ) throws -> [Float] {
        try ScenePredictor(ImageScene(image), testTime: testTime)
            .probabilities(member, position: 0, rows: 0..<image.height)
    }

    private func difference(_ first: [Float], _ second: [Float]) -> Float {
        #expect(first.count == second.count)
        return zip(first, second).map { abs($0 - $1) }.max() ?? .infinity
    }

    @Test func everyMovementOnce() throws {
        func count(_ square: Bool, _ words: String...) -> Int {
            TestTimeAugmentation(words)?.movements(isSquare: square).count ?? 0
        }
        #expect(count(true) == 1)
        #expect(count(true, "horizontal-flip") == 2)
        #expect(count(true, "horizontal-flip", "vertical-flip") == 4)
        #expect(count(true, "quarter-turns") == 4 && count(false, "quarter-turns") == 2)
        #expect(count(true, "horizontal-flip", "quarter-turns") == 8)
        #expect(count(true, "horizontal-flip", "vertical-flip", "quarter-turns") == 8)
        #expect(count(false, "horizontal-flip", "vertical-flip", "quarter-turns") == 4)
        let all = try augmentation("vertical-flip", "quarter-turns").movements(isSquare: true)
        #expect(all[0].isIdentity)
        let image = ScenePredictorTests.noise(height: 5, width: 5)
        #expect(Set(all.map { $0.apply(to: image) }).count == 8)
    }

    @Test(arguments: [["flip"], ["0.1"], ["5"], ["nan"], [""], ["quarter-turns", "x"]])
    func otherWordsAreRefused(words: [String]) {
        #expect(TestTimeAugmentation(words) == nil)
    }

    @Test func listsAreKept() throws {
        try TrainingFixtures.withFolder { folder in
            let plain = try TrainingFixtures.recipe(folder)
            #expect(plain.evaluation.testTime == nil)
            #expect(try !plain.yaml().contains("test-time"))
            let recipe = try TrainingFixtures.recipe(
                folder, ["evaluation.test-time=[vertical-flip, 0.75, quarter-turns, 1, 0.75]"])
            let expected = try augmentation("vertical-flip", "quarter-turns", "0.75")
            #expect(recipe.evaluation.testTime == expected)
            try Data(recipe.yaml().utf8).write(to: URL(fileURLWithPath: folder + "/again.yaml"))
            #expect(try RecipeLoader.loadResolved(folder + "/again.yaml") == recipe)
            for wrong in ["[flips]", "flips", "[0.1]", "{a: 1}", "[[1]]"] {
                TrainingFixtures.error(.usage) {
                    _ = try TrainingFixtures.recipe(folder, ["evaluation.test-time=\(wrong)"])
                }
            }
        }
    }

    @Test(arguments: [[16, 16], [13, 22]])
    func aConstantNetworkStaysConstant(size: [Int]) throws {
        try TrainingFixtures.withFolder { folder in
            let member = try TestMembers.predictor(folder, classes: 2, logits: [0.3, -1.7])
            let image = ScenePredictorTests.noise(height: size[0], width: size[1])
            let moves = try augmentation("horizontal-flip", "vertical-flip", "quarter-turns")
            // Not even the last bit changes.
            #expect(try predict(member, image, moves) == predict(member, image))
            let scaled = try predict(member, image, augmentation("quarter-turns", "0.75", "1.3"))
            #expect(try difference(scaled, predict(member, image)) < 1e-6)
        }
    }

    @Test(arguments: [[16, 16], [13, 22]])
    func theMeanOverFlips(size: [Int]) throws {
        try TrainingFixtures.withFolder { folder in
            let (height, width) = (size[0], size[1])
            let member = try TestMembers.predictor(folder)
            let image = ScenePredictorTests.noise(height: height, width: width)
            let mirrored = BandImage(
                bands: 1, height: height, width: width,
                values: Self.flipped(image.values, height, width))
            let own = try member.probabilities(of: image)
            let other = Self.flipped(try member.probabilities(of: mirrored), height, width)
            let expected = zip(own, other).map { ($0 + $1) / 2 }
            let got = try predict(member, image, augmentation("horizontal-flip"))
            #expect(difference(got, expected) < 1e-6)
            #expect(difference(got, own) > 1e-4)
            // The member's own list does the same, and another one replaces it.
            let listing = try TestMembers.predictor(
                folder, name: "listing", testTime: [.string("horizontal-flip")])
            #expect(try predict(listing, image) == got)
            #expect(try predict(listing, image, TestTimeAugmentation()) == own)
        }
    }

    @Test func theMeanOverTurnsTurnsWithTheImage() throws {
        try TrainingFixtures.withFolder { folder in
            let member = try TestMembers.predictor(folder, classes: 3)
            let image = ScenePredictorTests.noise(height: 16, width: 16)
            let testTime = try augmentation("horizontal-flip", "quarter-turns", "1.25")
            let map = BandImage(
                bands: 3, height: 16, width: 16, values: try predict(member, image, testTime))
            for movement in GridMovement.ofSquare {
                let moved = try predict(member, movement.apply(to: image), testTime)
                #expect(difference(moved, movement.apply(to: map).values) < 1e-6)
            }
            #expect(try difference(map.values, predict(member, image)) > 1e-4)
        }
    }

    @Test func sizesAreUndoneBilinearly() throws {
        try TrainingFixtures.withFolder { folder in
            let member = try TestMembers.predictor(folder, classes: 2)
            let image = ScenePredictorTests.noise(height: 18, width: 12)
            let small = image.resizedBilinear(height: 9, width: 6)
            let enlarged = BandImage(
                bands: 2, height: 9, width: 6, values: try member.probabilities(of: small)
            ).resizedBilinear(height: 18, width: 12)
            let own = try member.probabilities(of: image)
            let expected = zip(own, enlarged.values).map { ($0 + $1) / 2 }
            let got = try predict(member, image, augmentation("0.5"))
            #expect(difference(got, expected) < 1e-6)
            #expect(difference(got, own) > 1e-4)
            for pixel in 0..<18 * 12 { #expect(abs(got[pixel] + got[216 + pixel] - 1) < 1e-5) }
        }
    }

    @Test func everyWindowIsMovedForItself() throws {
        try TrainingFixtures.withFolder { folder in
            let windows = try TestMembers.predictor(folder, tile: 16, overlap: 0)
            let image = ScenePredictorTests.noise(height: 16, width: 32)
            let testTime = try augmentation("quarter-turns")
            let got = try predict(windows, image, testTime)
            for left in [0, 16] {
                let window = image.cropped(rows: 0..<16, columns: left..<left + 16)
                let map = try testTime.probabilities(
                    of: window, classes: 1, windows.probabilities)
                for row in 0..<16 {
                    #expect(
                        difference(
                            Array(got[row * 32 + left..<row * 32 + left + 16]),
                            Array(map[row * 16..<row * 16 + 16])) < 1e-6)
                }
            }
            // Bands of rows give the same bytes.
            let scene = ScenePredictor(ImageScene(image), testTime: testTime)
            let upper = try scene.probabilities(windows, position: 0, rows: 0..<7)
            #expect(upper == Array(got[..<(7 * 32)]))
        }
    }

    /// Members meet computed bands as training showed them: moved with the image, not computed anew.
    @Test func computedBandsMoveAsInTraining() throws {
        let computation = try BandComputation(
            [
                ComputedBand(name: "edges", from: "grey", filter: .sobel),
                ComputedBand(name: "across", from: "grey", filter: .haar(.vertical)),
            ], stored: ["grey"])
        let image = computation.appended(to: ScenePredictorTests.noise(height: 12, width: 16))
        /// What the network is shown at test time, the unmoved image first.
        func shown(_ word: String) throws -> [BandImage] {
            var images: [BandImage] = []
            _ = try augmentation(word).probabilities(of: image, classes: 1) {
                images.append($0)
                return [Float](repeating: 0, count: $0.pixelCount)
            }
            return images
        }
        /// What training makes of the same image.
        func trained(_ augmentation: Augmentation) -> BandImage {
            augmentation.moved(
                Sample(
                    id: "a", group: "a", image: image,
                    target: .unknown(.sigmoid, classes: 1, height: 12, width: 16),
                    originalSize: ImageSize(height: 12, width: 16)),
                for: Augmentation.Draw(seed: 1, member: 0, epoch: 1, sample: 0)
            ).image
        }
        let flipped = trained(Augmentation(horizontalFlip: 1))
        #expect(try shown("horizontal-flip") == [image, flipped])
        // Computing the bands again would have been something else.
        #expect(computation.appended(to: flipped.takingFirst(1)) != flipped)

        var zooming = Augmentation()
        zooming.zoom = Augmentation.Zoom(probability: 1)
        zooming.zoom?.range = 2...2
        let zoomed = trained(zooming)
        let middle = try shown("2")[1].cropped(rows: 6..<18, columns: 8..<24)
        #expect(difference(middle.values, zoomed.values) < 1e-3)
        let again = computation.appended(to: zoomed.takingFirst(1))
        #expect(difference(again.values, zoomed.values) > 1e-2)
    }

    @Test func missingDataMoveToo() throws {
        try TrainingFixtures.withFolder { folder in
            let member = try TestMembers.predictor(folder)
            var image = ScenePredictorTests.noise(height: 16, width: 16)
            image.nodata = (0..<256).map { $0 < 40 ? 1 : 0 }
            var other = image
            for pixel in 0..<40 { other.values[pixel] = 1e6 }
            let testTime = try augmentation("quarter-turns", "0.75", "1.5")
            #expect(try predict(member, image, testTime) == predict(member, other, testTime))
        }
    }

    /// A list that this version does not know must not be left out silently.
    @Test func anUnknownListInAManifestIsRefused() throws {
        try TrainingFixtures.withFolder { folder in
            TrainingFixtures.error(.badData) {
                _ = try TestMembers.predictor(folder, testTime: [.string("shear")])
            }
        }
    }

    @Test func membersKeepTheRecipesList() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let run = try TrainingFixtures.run(
                folder, ["evaluation.test-time=[vertical-flip, 1.25]"])
            try TrainingFixtures.train(run)
            let member = try MemberPredictor(
                run.memberFolder(0) + "/manifest.json", backend: TestMembers.exact())
            #expect(try member.testTime == augmentation("vertical-flip", "1.25"))
        }
    }
}
