import TensorCore
import Testing

@testable import SegmentationData

/// Against PyTorch's interpolate and NumPy's pad.
struct ResizingTests {
    @Test func bilinearIsPyTorchs() throws {
        for item in try Fixtures.golden().bilinear {
            let image = Fixtures.image(
                bands: item.from[0], height: item.from[1], width: item.from[2])
            let scaled = BandImage(
                bands: image.bands, height: image.height, width: image.width,
                values: image.values.map { $0 / 7 })
            let resized = scaled.resizedBilinear(height: item.to[0], width: item.to[1])
            let largest = zip(resized.values, item.values).map { abs($0 - $1) }.max() ?? 1
            #expect(resized.values.count == item.values.count && largest < 2e-4)
        }
    }

    @Test func nearestHasHalfPixelCentres() throws {
        for item in try Fixtures.golden().nearest {
            let labels = Fixtures.pattern(
                bands: 1, modulus: 7, height: item.from[0], width: item.from[1])
            let map = LabelMap(
                height: item.from[0], width: item.from[1], labels: labels.map { UInt8($0) })
            let resized = map.resizedNearest(height: item.to[0], width: item.to[1])
            #expect(resized.labels.map { Float($0) } == item.values)
        }
    }

    @Test func constantsStayConstant() {
        let image = BandImage(
            bands: 2, height: 7, width: 9, values: [Float](repeating: 0.1, count: 126))
        #expect(
            image.resizedBilinear(height: 31, width: 4).values.allSatisfy { abs($0 - 0.1) < 1e-7 })
    }

    @Test func missingDataSpreadsToWhatItTouches() {
        var image = Fixtures.image(bands: 1, height: 4, width: 4)
        var mask = [UInt8](repeating: 0, count: 16)
        mask[5] = 1
        image.nodata = mask
        let larger = image.resizedBilinear(height: 8, width: 8)
        let marked = (0..<64).filter { larger.nodata?[$0] == 1 }
        let rows = Set(marked.map { $0 / 8 })
        #expect(rows == [1, 2, 3, 4] && marked.count == 16)
        #expect(image.resizedBilinear(height: 4, width: 4) == image)
    }
}
