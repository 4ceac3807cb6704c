import TensorCore
import Testing

@testable import SegmentationMetrics

@Suite struct BoundaryRegionTests {
    @Test(arguments: BoundaryCase.all)
    func theWidthIsTwoPerCentOfTheDiagonal(_ golden: BoundaryCase) {
        #expect(
            BoundaryRegion.distance(height: golden.height, width: golden.width) == golden.distance)
    }

    @Test func theWidthIsAtLeastOnePixelAndHalvesGoToEven() {
        #expect(BoundaryRegion.distance(height: 1, width: 1) == 1)
        #expect(BoundaryRegion.distance(height: 512, width: 512) == 14)
        // Diagonals of 125 and 175: 2.5 and 3.5 pixels.
        #expect(BoundaryRegion.distance(height: 75, width: 100) == 2)
        #expect(BoundaryRegion.distance(height: 105, width: 140) == 4)
        #expect(BoundaryRegion.distance(height: 300, width: 400, share: 0.1) == 50)
    }

    /// A pixel is in the region where a square around it holds something outside.
    @Test(arguments: [1, 2, 5, 40])
    func theRegionIsWhatASquareErodes(_ distance: Int) {
        for (height, width) in [(1, 1), (1, 19), (23, 1), (13, 37), (34, 9)] {
            var stream = RandomStream(seed: 3, purpose: .test, sample: height * 100 + width)
            for density in [0.02, 0.2, 0.6] {
                let plane = (0..<height * width).map { _ -> UInt8 in
                    stream.chance(0.2) ? 255 : stream.chance(density) ? 0 : 1
                }
                let expected = (0..<plane.count).map { pixel -> UInt8 in
                    guard plane[pixel] == 1 else { return plane[pixel] }
                    let (row, column) = (pixel / width, pixel % width)
                    for other in row - distance...row + distance {
                        for across in column - distance...column + distance {
                            let isInside =
                                (0..<height).contains(other) && (0..<width).contains(across)
                            if !isInside || plane[other * width + across] == 0 { return 1 }
                        }
                    }
                    return 0
                }
                #expect(
                    BoundaryRegion.of(plane, height: height, width: width, distance: distance)
                        == expected)
            }
        }
    }
}
