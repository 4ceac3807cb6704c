import SegmentationMetrics
import Testing

@Suite struct HausdorffSumsTests {
    @Test func imagesWithoutADistanceAreCountedAndNotAveraged() {
        let sums = HausdorffSums([.pixels(3), .absent, .pixels(5), .undefined, .absent])
        #expect(sums.mean == 4)
        #expect((sums.measured, sums.undefined, sums.absent) == (2, 1, 2))
        #expect(HausdorffSums().mean == nil)
        #expect(HausdorffSums([.undefined, .absent]).mean == nil)
    }

    @Test func partsAddUp() {
        let all: [HausdorffDistance] = [.pixels(1), .undefined, .pixels(8), .absent, .pixels(0)]
        #expect(HausdorffSums(all[..<2]) + HausdorffSums(all[2...]) == HausdorffSums(all))
        #expect(HausdorffSums() + HausdorffSums(all) == HausdorffSums(all))
    }
}
