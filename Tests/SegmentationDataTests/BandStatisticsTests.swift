import Foundation
import TensorCore
import Testing

@testable import SegmentationData

struct BandStatisticsTests {
    /// Mean and population deviation by the definition.
    private func reference(_ values: [Double]) -> (mean: Double, deviation: Double) {
        let mean = values.reduce(0, +) / Double(values.count)
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (mean, (squares / Double(values.count)).squareRoot())
    }

    @Test func manyImagesEqualOneList() {
        var stream = RandomStream(seed: 1, purpose: .test)
        var statistics = BandStatistics(bands: 2)
        var lists: [[Double]] = [[], []]
        for times in [1, 3, 2] {
            let values = (0..<40).map { _ in Float(1e6 + stream.normal()) }
            let image = BandImage(bands: 2, height: 4, width: 5, values: values)
            statistics.add(image, times: times)
            for band in 0..<2 {
                for _ in 0..<times {
                    lists[band] += values[(20 * band)..<(20 * band + 20)].map { Double($0) }
                }
            }
        }
        for band in 0..<2 {
            let expected = reference(lists[band])
            #expect(abs(statistics.mean[band] - expected.mean) < 1e-6)
            #expect(abs(statistics.deviation[band] - expected.deviation) < 1e-9)
        }
        #expect(statistics.count == 120)
    }

    @Test func ignoredAndMissingPixelsAreLeftOut() {
        var statistics = BandStatistics(bands: 1)
        let image = BandImage(
            bands: 1, height: 1, width: 4, values: [1, 1000, 3, -1000], nodata: [0, 1, 0, 0])
        statistics.add(image, ignored: [0, 0, 0, 1])
        #expect(statistics.mean == [2] && statistics.deviation == [1] && statistics.count == 2)
        #expect(statistics.minimum == [1] && statistics.maximum == [3])
        statistics.add(image, ignored: [1, 1, 1, 1])
        #expect(statistics.count == 2)
    }

    @Test func aConstantBandHasDeviationOne() {
        var statistics = BandStatistics(bands: 1)
        statistics.add(
            BandImage(bands: 1, height: 2, width: 2, values: [0.1, 0.1, 0.1, 0.1]))
        let normalisation = statistics.normalisation(bands: ["grey"])
        #expect(normalisation.deviation == [1])
        let empty = BandStatistics(bands: 1).normalisation(bands: ["grey"])
        #expect(empty.mean == [0] && empty.deviation == [1])
    }

    @Test func normalisedBandsHaveMeanZeroAndDeviationOne() {
        var image = Fixtures.image(bands: 3)
        var statistics = BandStatistics(bands: 3)
        image.nodata = (0..<221).map { $0 % 10 == 0 ? 1 : 0 }
        statistics.add(image)
        statistics.normalisation(bands: ["a", "b", "c"]).apply(to: &image)
        var after = BandStatistics(bands: 3)
        after.add(image)
        for band in 0..<3 {
            #expect(abs(after.mean[band]) < 1e-6 && abs(after.deviation[band] - 1) < 1e-6)
            #expect(image.values[221 * band] == 0 && image.values[221 * band + 10] == 0)
        }
    }

    @Test func aDrawnDuplicateCountsTwice() throws {
        try Fixtures.withFolder { root in
            for (number, value) in [10, 40].enumerated() {
                try Fixtures.writeGrey(
                    [UInt8(value), UInt8(value)], height: 1, width: 2, to: "\(root)/\(number).png")
            }
            let dataset = try SegmentationDataset.open(
                DatasetDescription(
                    root: root, images: [BandSource(files: ["*.png"])],
                    classes: [ClassDescription(name: "ice")]))
            #expect(!dataset.hasMasks)
            #expect(try BandStatistics.of([1, 0, 1], in: dataset).mean == [30])
            #expect(
                try BandStatistics.of([1, 0, 1], in: dataset)
                    == BandStatistics.of([0, 1, 1], in: dataset))
        }
    }

    @Test(arguments: [
        #"{"bands": ["a"], "mean": [1], "deviation": [0]}"#,
        #"{"bands": ["a"], "mean": [1, 2], "deviation": [1]}"#,
        #"{"bands": ["a"], "mean": [1], "deviation": [1], "std": [1]}"#,
    ])
    func damagedNormalisationsAreRefused(json: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Normalisation.self, from: Data(json.utf8))
        }
    }
}
