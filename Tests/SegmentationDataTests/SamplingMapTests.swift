import Foundation
import TensorCore
import TestSupport
import Testing

@testable import SegmentationData

struct SamplingMapTests {
    /// What scripts/golden/augmentation.py wrote.
    private struct Entry: Decodable {
        var kind: String
        var name: String
        var height: Int
        var width: Int
        var parameters: [Double]?
        var image: [Float]?
        var labels: [Float]?
        var rows: [Float]?
        var columns: [Float]?
        var values: [Float]?
        var truth: [Float]?
    }

    private func entries(_ kind: String) throws -> [Entry] {
        let found = try Golden.load("augmentation", as: [Entry].self).filter { $0.kind == kind }
        #expect(!found.isEmpty)
        return found
    }

    private func largestDifference(_ first: [Float], _ second: [Float]) -> Float {
        #expect(first.count == second.count)
        return zip(first, second).map { abs($0 - $1) }.max() ?? .infinity
    }

    private func labels(_ values: [UInt8], _ height: Int, _ width: Int) -> SegmentationTarget {
        .labels(LabelMap(height: height, width: width, labels: values))
    }

    @Test func placesAreReadAsPyTorchAndSciPyReadThem() throws {
        for entry in try entries("sampling") {
            let map = SamplingMap(
                height: entry.height, width: entry.width, rows: try #require(entry.rows),
                columns: try #require(entry.columns))
            let image = BandImage(
                bands: 2, height: entry.height, width: entry.width,
                values: try #require(entry.image))
            let expected = try #require(entry.values)
            #expect(
                largestDifference(map.apply(to: image).values, expected) < 1e-5, "\(entry.name)")
            let truth = labels(
                try #require(entry.labels).map { UInt8($0) }, entry.height, entry.width)
            let wanted = try #require(entry.truth).map { UInt8($0) }
            #expect(
                map.apply(to: truth, fill: .ignore)
                    == labels(wanted, entry.height, entry.width), "\(entry.name)")
            #expect(wanted.contains(LabelMap.ignore))
            #expect(!map.apply(to: truth, fill: .reflect).ignoredPixels.contains(1))
        }
    }

    @Test func turnsSizesAndShiftsAreOpenCVs() throws {
        for entry in try entries("affine") {
            let values = try #require(entry.parameters)
            var map = SamplingMap(height: entry.height, width: entry.width)
            map.move(
                by: AffineMovement(
                    degrees: values[0], scale: values[1], down: values[2], right: values[3]))
            #expect(largestDifference(map.rows, try #require(entry.rows)) < 1e-5)
            #expect(largestDifference(map.columns, try #require(entry.columns)) < 1e-5)
        }
    }

    @Test func lensesAreOpenCVs() throws {
        for entry in try entries("optical") {
            var map = SamplingMap(height: entry.height, width: entry.width)
            map.bendRadially(by: try #require(entry.parameters)[0])
            #expect(largestDifference(map.rows, try #require(entry.rows)) < 1e-5)
            #expect(largestDifference(map.columns, try #require(entry.columns)) < 1e-5)
        }
    }

    @Test func gridsAreNumPysInterpolation() throws {
        for entry in try entries("grid") {
            let values = try #require(entry.parameters)
            var map = SamplingMap(height: entry.height, width: entry.width)
            map.stretch(
                rows: GridAxis(extents: Array(values[..<3]), count: entry.height),
                columns: GridAxis(extents: Array(values[3...]), count: entry.width))
            #expect(largestDifference(map.rows, try #require(entry.rows)) < 1e-5)
            #expect(largestDifference(map.columns, try #require(entry.columns)) < 1e-5)
        }
    }

    @Test func noiseIsSmoothedAsBySciPy() throws {
        for entry in try entries("smooth") {
            let noise = ClosedForm.single(
                entry.name.replacing(" ", with: "/"), [entry.height, entry.width])
            let weights = ElasticField.gaussian(try #require(entry.parameters)[0])
            let smooth = ElasticField.smoothed(
                noise.values.map { Float($0) }, height: entry.height, width: entry.width, weights)
            #expect(largestDifference(smooth, try #require(entry.values)) < 1e-6)
        }
    }

    @Test func nothingDrawnMovesNothing() {
        var image = Fixtures.image(bands: 3, modulus: 251, height: 7, width: 5)
        image.nodata = (0..<35).map { $0 == 8 ? 1 : 0 }
        let truth = labels((0..<35).map { UInt8($0 % 4) }, 7, 5)
        var map = SamplingMap(height: 7, width: 5)
        for _ in 0..<2 {
            #expect(map.apply(to: image) == image)
            #expect(map.apply(to: truth, fill: .ignore) == truth)
            map.move(by: AffineMovement())
            map.bendRadially(by: 0)
        }
        let there = AffineMovement(degrees: 30, scale: 1.5, down: 2, right: -1)
        // Back: the shift first, then size and turn.
        let back = AffineMovement(down: -2, right: 1).followed(
            by: AffineMovement(scale: 1 / 1.5)
        ).followed(by: AffineMovement(degrees: -30))
        map = SamplingMap(height: 7, width: 5)
        map.move(by: there.followed(by: back))
        let still = SamplingMap(height: 7, width: 5)
        #expect(largestDifference(map.rows, still.rows) < 1e-5)
        #expect(largestDifference(map.columns, still.columns) < 1e-5)
    }

    @Test(arguments: [(1, 0), (0, -2), (-3, 4), (20, 0)])
    func wholePixelsAreShiftedExactly(down: Int, right: Int) {
        let image = Fixtures.image(bands: 2, modulus: 251, height: 8, width: 9)
        let truth = labels((0..<72).map { UInt8($0) }, 8, 9)
        var map = SamplingMap(height: 8, width: 9)
        map.move(by: AffineMovement(down: Double(down), right: Double(right)))
        let moved = map.apply(to: image)
        guard case .labels(let labels) = map.apply(to: truth, fill: .ignore) else { return }
        for row in 0..<8 {
            for column in 0..<9 {
                let (y, x) = (row - down, column - right)
                let isInside = (0..<8).contains(y) && (0..<9).contains(x)
                #expect(labels[row, column] == (isInside ? UInt8(y * 9 + x) : LabelMap.ignore))
                guard isInside else { continue }
                for band in 0..<2 {
                    #expect(
                        moved.values[(band * 8 + row) * 9 + column]
                            == image.values[(band * 8 + y) * 9 + x])
                }
            }
        }
    }

    @Test(arguments: [90, 180, 270])
    func rightAnglesAreQuarterTurns(degrees: Int) {
        let image = Fixtures.image(bands: 2, modulus: 251, height: 8, width: 8)
        let truth = labels((0..<64).map { UInt8($0) }, 8, 8)
        var map = SamplingMap(height: 8, width: 8)
        map.move(by: AffineMovement(degrees: Double(degrees)))
        let turned = GridMovement(quarterTurns: degrees / 90)
        #expect(
            largestDifference(map.apply(to: image).values, turned.apply(to: image).values) < 1e-3)
        #expect(map.apply(to: truth, fill: .ignore) == turned.apply(to: truth))
    }

    /// Twice the size about the centre is the middle half of the image enlarged with half-pixel centres.
    @Test func twiceTheSizeIsTheBilinearRule() {
        let image = Fixtures.image(bands: 1, modulus: 251, height: 12, width: 8)
        var map = SamplingMap(height: 12, width: 8)
        map.move(by: AffineMovement(scale: 2))
        let whole = image.resizedBilinear(height: 24, width: 16)
        let middle = whole.cropped(rows: 6..<18, columns: 4..<12)
        #expect(largestDifference(map.apply(to: image).values, middle.values) < 1e-4)
    }

    @Test func missingDataSpreadsToWhatItWasBlendedInto() {
        var image = Fixtures.image(bands: 1, modulus: 251, height: 5, width: 5)
        image.nodata = (0..<25).map { $0 == 12 ? 1 : 0 }
        image.values[12] = -9999
        var map = SamplingMap(height: 5, width: 5)
        map.move(by: AffineMovement(right: 0.5))
        let moved = map.apply(to: image)
        #expect(moved.nodata == (0..<25).map { $0 == 12 || $0 == 13 ? 1 : 0 })
        #expect(zip(moved.values, moved.nodata ?? []).allSatisfy { $0 >= 0 || $1 == 1 })
    }

    @Test func classesThatOverlapMoveTogether() {
        let first: [UInt8] = (0..<36).map { UInt8($0 % 2) }
        let second: [UInt8] = (36..<72).map { UInt8($0 / 6 % 2) }
        let values = first + second
        let planes = SegmentationTarget.planes(
            ClassPlanes(classes: 2, height: 6, width: 6, values: values))
        var map = SamplingMap(height: 6, width: 6)
        map.move(by: AffineMovement(down: 1))
        guard case .planes(let moved) = map.apply(to: planes, fill: .ignore) else { return }
        #expect(moved.values[..<6].allSatisfy { $0 == 255 })
        #expect(Array(moved.values[6..<36]) == Array(values[..<30]))
        #expect(Array(moved.values[42...]) == Array(values[36..<66]))
    }

    /// Beyond all integers, and nowhere at all: something of the image, and nothing of the truth.
    @Test(arguments: [Float(3e9), -3e9, 1e20, -1e20, .infinity, -.infinity, .nan])
    func placesFarOutAreBounded(place: Float) {
        let image = Fixtures.image(bands: 1, modulus: 251, height: 4, width: 4)
        let far = [Float](repeating: place, count: 16)
        var map = SamplingMap(height: 4, width: 4, rows: far, columns: far)
        let axis = GridAxis(extents: [1, 2], count: 4)
        for _ in 0..<2 {
            #expect(Set(map.apply(to: image).values).isSubset(of: image.values))
            let truth = labels((0..<16).map { UInt8($0) }, 4, 4)
            #expect(!map.apply(to: truth, fill: .ignore).ignoredPixels.contains(0))
            #expect(!map.apply(to: truth, fill: .reflect).ignoredPixels.contains(1))
            map.stretch(rows: axis, columns: axis)
        }
    }

    /// Elastic displacements a thousand images long, seen through a strong lens.
    @Test func theLargestSettingsOfAllTransforms() throws {
        let settings = """
            {"elastic": {"probability": 1, "alpha": 100000, "sigma": 1},
             "optical-distortion": {"probability": 1, "limit": 1},
             "grid-distortion": {"probability": 1, "limit": 0.95},
             "shift-scale-rotate": {"probability": 1, "shift": 1, "scale": 0.9, "rotate": 180}}
            """
        let augmentation = try JSONDecoder().decode(Augmentation.self, from: Data(settings.utf8))
        let image = Fixtures.image(bands: 1, modulus: 251, height: 8, width: 8)
        let sample = Sample(
            id: "a", group: "a", image: image, target: labels((0..<64).map { UInt8($0) }, 8, 8),
            originalSize: ImageSize(height: 8, width: 8))
        for number in 0..<4 {
            let draw = Augmentation.Draw(seed: 1, member: 0, epoch: 1, sample: number)
            let moved = augmentation.moved(sample, for: draw)
            #expect(moved.image.values.allSatisfy { (0...251).contains($0) })
        }
    }

    /// What is drawn at every second node deviates as if it were drawn at every pixel.
    @Test(arguments: [1.5, 4, 9])
    func displacementsAreAsStrongAsDefined(sigma: Double) {
        var squares = 0.0
        var count = 0
        for seed in 0..<2 {
            var stream = RandomStream(seed: UInt64(seed), purpose: .test)
            let field = ElasticField(
                height: 150, width: 170, alpha: 100, sigma: sigma, stream: &stream)
            for value in field.down + field.right { squares += Double(value * value) }
            count += 2 * field.down.count
            let areOfTheirOwn = field.down != field.right
            #expect(areOfTheirOwn)
            // Neighbours move alike.
            let steps = zip(field.down.dropFirst(), field.down).map { abs($0 - $1) }
            #expect((steps[..<169].max() ?? 0) < Float(100 / sigma / sigma))
        }
        let weights = ElasticField.gaussian(sigma).reduce(0) { $0 + Double($1 * $1) }
        let expected = 100 * weights / 3.squareRoot()
        #expect(abs((squares / Double(count)).squareRoot() / expected - 1) < 0.25)
    }
}
