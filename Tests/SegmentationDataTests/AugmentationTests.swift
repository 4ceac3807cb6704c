import Foundation
import TensorCore
import Testing

@testable import SegmentationData

struct AugmentationTests {
    private func labels(_ image: BandImage) -> SegmentationTarget {
        .labels(
            LabelMap(
                height: image.height, width: image.width,
                labels: image.values[0..<image.pixelCount].map { UInt8($0) }))
    }

    private static let movements = [false, true].flatMap { horizontal in
        [false, true].flatMap { vertical in
            (0..<4).map {
                GridMovement(
                    flipsHorizontally: horizontal, flipsVertically: vertical, quarterTurns: $0)
            }
        }
    }

    @Test func oneTurnIsCounterClockwise() {
        let image = BandImage(bands: 1, height: 2, width: 3, values: [1, 2, 3, 4, 5, 6])
        let turned = GridMovement(quarterTurns: 1).apply(to: image)
        #expect(turned.height == 3 && turned.values == [3, 6, 2, 5, 1, 4])
        let flipped = GridMovement(flipsHorizontally: true).apply(to: image)
        #expect(flipped.values == [3, 2, 1, 6, 5, 4])
        #expect(
            GridMovement(flipsVertically: true).apply(to: image).values == [4, 5, 6, 1, 2, 3])
    }

    @Test(arguments: movements)
    func everyMovementIsUndoneByItsInverse(movement: GridMovement) {
        let image = Fixtures.image(bands: 2, modulus: 251, height: 5, width: 7)
        let moved = movement.apply(to: image)
        #expect(movement.inverse.apply(to: moved) == image)
        let target = labels(image)
        #expect(movement.inverse.apply(to: movement.apply(to: target)) == target)
        // Image and truth move together.
        #expect(labels(moved) == movement.apply(to: target))
    }

    @Test func theEightMovementsOfASquareDiffer() {
        let image = Fixtures.image(bands: 1, modulus: 251, height: 4, width: 4)
        #expect(Set(GridMovement.ofSquare.map { $0.apply(to: image) }).count == 8)
        #expect(GridMovement.ofSquare[0].isIdentity)
    }

    @Test func movementsAreAPureFunctionWithTheirProbabilities() {
        let augmentation = GeometricAugmentation(
            horizontalFlip: 0.5, verticalFlip: 0.2, quarterTurns: 0.75)
        func movement(_ sample: Int, epoch: Int = 0, square: Bool = true) -> GridMovement {
            augmentation.movement(
                seed: 3, member: 1, epoch: epoch, sample: sample, isSquare: square)
        }
        let all = (0..<4000).map { movement($0) }
        #expect(all == (0..<4000).map { movement($0) })
        #expect(all != (0..<4000).map { movement($0, epoch: 1) })
        #expect(abs(all.filter(\.flipsHorizontally).count - 2000) < 150)
        #expect(abs(all.filter(\.flipsVertically).count - 800) < 120)
        for turns in 1...3 {
            #expect(abs(all.filter { $0.quarterTurns == turns }.count - 1000) < 130)
        }
        #expect((0..<400).allSatisfy { movement($0, square: false).quarterTurns % 2 == 0 })
        let still = GeometricAugmentation()
        #expect(
            (0..<100).allSatisfy {
                still.movement(seed: 1, member: 0, epoch: 0, sample: $0, isSquare: true).isIdentity
            })
    }

    @Test func aProbabilityChangesNothingElse() {
        let one = GeometricAugmentation(horizontalFlip: 0.5, quarterTurns: 0.5)
        var other = one
        other.verticalFlip = 0.9
        for sample in 0..<200 {
            let first = one.movement(seed: 1, member: 0, epoch: 2, sample: sample, isSquare: true)
            let second = other.movement(
                seed: 1, member: 0, epoch: 2, sample: sample, isSquare: true)
            #expect(first.flipsHorizontally == second.flipsHorizontally)
            #expect(first.quarterTurns == second.quarterTurns)
        }
    }

    @Test func samplesMoveWhole() {
        var image = Fixtures.image(bands: 2, modulus: 251, height: 6, width: 6)
        image.nodata = (0..<36).map { $0 < 6 ? 1 : 0 }
        let sample = Sample(
            id: "a", group: "a", image: image, target: labels(image),
            originalSize: ImageSize(height: 6, width: 6))
        let moved = GeometricAugmentation(verticalFlip: 1).apply(
            to: sample, seed: 1, member: 0, epoch: 0, sampleIndex: 0)
        #expect(moved.image.nodata == (0..<36).map { $0 >= 30 ? 1 : 0 })
        #expect(moved.target == labels(moved.image))
    }

    @Test func probabilitiesAreChecked() throws {
        let augmentation = try JSONDecoder().decode(
            GeometricAugmentation.self, from: Data(#"{"horizontal-flip": 0.5}"#.utf8))
        #expect(augmentation == GeometricAugmentation(horizontalFlip: 0.5))
        for json in [#"{"horizontal-flip": 2}"#, #"{"flip": 0.5}"#] {
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode(GeometricAugmentation.self, from: Data(json.utf8))
            }
        }
    }
}
