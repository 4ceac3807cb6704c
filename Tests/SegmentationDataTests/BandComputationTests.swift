import DurableFiles
import TestSupport
import Testing

@testable import SegmentationData

@Suite struct BandComputationTests {
    struct Case: Decodable {
        var name: String
        var height: Int
        var width: Int
        var threshold: [Float]
        var sobel: [Float]
        var laplacian: [Float]
        var haar: [String: [Float]]
        var decimated: [String: [Float]]

        var image: BandImage {
            let values = ClosedForm.single(name, [height, width], scale: 100).values
            return BandImage(
                bands: 1, height: height, width: width, values: values.map { Float($0) })
        }
    }

    static let filters: [BandFilter] =
        [.threshold(at: 12.5), .sobel, .laplacian]
        + BandFilter.HaarSubband.allCases.map { .haar($0) }

    private static func computation(
        _ filters: [BandFilter], stored: [String] = ["grey"]
    ) throws -> BandComputation {
        try BandComputation(
            filters.enumerated().map {
                ComputedBand(name: "c\($0.offset)", from: "grey", filter: $0.element)
            }, stored: stored)
    }

    private static func plane(_ image: BandImage, _ band: Int) -> [Float] {
        Array(image.values[(band * image.pixelCount)..<((band + 1) * image.pixelCount)])
    }

    private func expectClose(
        _ got: [Float], _ expected: [Float], _ what: String,
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(got.count == expected.count, sourceLocation: location)
        let worst = zip(got, expected).map { abs($0 - $1) }.max() ?? 0
        // Values reach 800; single precision keeps seven digits of the sums.
        #expect(worst < 1e-4, "\(what)", sourceLocation: location)
    }

    @Test func filtersAreThoseOfSciPyAndPyWavelets() throws {
        for item in try Golden.load("computed-bands", as: [Case].self) {
            let image = try Self.computation(Self.filters).appended(to: item.image)
            #expect(image.bands == 8 && Self.plane(image, 0) == item.image.values)
            #expect(Self.plane(image, 1) == item.threshold)
            expectClose(Self.plane(image, 2), item.sobel, "sobel of \(item.name)")
            expectClose(Self.plane(image, 3), item.laplacian, "laplacian of \(item.name)")
            for (index, subband) in BandFilter.HaarSubband.allCases.enumerated() {
                let own = Self.plane(image, 4 + index)
                expectClose(
                    own, try #require(item.haar[subband.rawValue]), "\(subband) of \(item.name)")
                // The decimated transform lies at every second row and column.
                var sparse: [Float] = []
                for row in stride(from: 0, to: item.height, by: 2) {
                    for column in stride(from: 0, to: item.width, by: 2) {
                        sparse.append(own[row * item.width + column])
                    }
                }
                expectClose(sparse, try #require(item.decimated[subband.rawValue]), "decimated")
            }
        }
    }

    @Test func theNamedBandIsTheSource() throws {
        let image = Fixtures.image(bands: 3)
        let computation = try BandComputation(
            [
                ComputedBand(name: "a", from: "blue", filter: .threshold(at: 100)),
                ComputedBand(name: "b", from: "red", filter: .threshold(at: 100)),
            ], stored: ["red", "green", "blue"])
        let result = computation.appended(to: image)
        #expect(result.bands == 5 && computation.reach == 0)
        #expect(Array(result.values.prefix(image.values.count)) == image.values)
        #expect(Self.plane(result, 3) == Self.plane(image, 2).map { $0 >= 100 ? 1 : 0 })
        #expect(Self.plane(result, 4) == Self.plane(image, 0).map { $0 >= 100 ? 1 : 0 })
    }

    /// A part with `reach` pixels around it gives the bytes of the whole.
    @Test func partsGiveTheBytesOfTheWhole() throws {
        var image = Fixtures.image(bands: 1)
        image.values = image.values.map { $0 * 1.7 + 0.3 }
        image.nodata = (0..<image.pixelCount).map { $0 % 29 == 0 ? 1 : 0 }
        let computation = try Self.computation(Self.filters)
        #expect(computation.reach == 1)
        let whole = computation.appended(to: image)
        for top in [0, 4, 9] {
            let rows = top..<min(13, top + 4)
            let around = max(0, top - 1)..<min(13, rows.upperBound + 1)
            let part = computation.appended(
                to: image.cropped(rows: around, columns: 0..<17))
            let first = top - around.lowerBound
            #expect(
                part.cropped(rows: first..<first + rows.count, columns: 0..<17)
                    == whole.cropped(rows: rows, columns: 0..<17))
        }
    }

    /// One pixel without data in the middle of 5x5 takes away those that look at it, and no others.
    @Test(arguments: [
        (BandFilter.threshold(at: 1), [12]),
        (.sobel, [6, 7, 8, 11, 12, 13, 16, 17, 18]),
        (.laplacian, [7, 11, 12, 13, 17]),
        (.haar(.approximation), [6, 7, 11, 12]),
    ])
    func noDataSpreads(_ filter: BandFilter, _ expected: [Int]) throws {
        var image = BandImage(
            bands: 1, height: 5, width: 5, values: [Float](repeating: 3, count: 25))
        image.nodata = [UInt8](repeating: 0, count: 25)
        image.nodata?[12] = 1
        var changed = image
        changed.values[12] = -1e30
        let computation = try Self.computation([filter])
        let result = computation.appended(to: image)
        let other = computation.appended(to: changed)
        #expect(result.nodata == (0..<25).map { expected.contains($0) ? 1 : 0 })
        for pixel in 0..<25 where !expected.contains(pixel) {
            #expect(result.values[25 + pixel] == other.values[25 + pixel])
        }
        // And all of them are needed.
        for pixel in expected
        where filter != .threshold(at: 1) && !(filter == .sobel && pixel == 12) {
            #expect(result.values[25 + pixel] != other.values[25 + pixel])
        }
    }

    @Test func unknownSourcesAndTakenNamesAreRefused() {
        let error = Fixtures.error {
            _ = try BandComputation(
                [ComputedBand(name: "edges", from: "gray", filter: .sobel)], stored: ["grey"])
        }
        #expect(error?.kind == .usage && error?.advice == "did you mean 'grey'?")
        for name in ["grey", "edges"] {
            let edges = ComputedBand(name: "edges", from: "grey", filter: .sobel)
            let again = ComputedBand(name: name, from: "grey", filter: .laplacian)
            let error = Fixtures.error {
                _ = try BandComputation([edges, again], stored: ["grey"])
            }
            #expect(error?.kind == .usage && error?.what.contains("'\(name)' again") == true)
        }
        // What is computed is no source.
        let chain = Fixtures.error {
            _ = try BandComputation(
                [
                    ComputedBand(name: "edges", from: "grey", filter: .sobel),
                    ComputedBand(name: "more", from: "edges", filter: .sobel),
                ], stored: ["grey"])
        }
        #expect(chain?.kind == .usage)
    }
}
