import TensorCore
import Testing

@testable import SegmentationData

struct SampleBlendingTests {
    private func sample(
        _ value: Float, labels: [UInt8], height: Int = 8, width: Int = 8, nodata: [Int] = []
    ) -> Sample {
        let count = height * width
        return Sample(
            id: "\(value)", group: "a",
            image: BandImage(
                bands: 2, height: height, width: width,
                values: [Float](repeating: value, count: count)
                    + [Float](repeating: 10 * value, count: count),
                nodata: nodata.isEmpty ? nil : (0..<count).map { nodata.contains($0) ? 1 : 0 }),
            target: .labels(LabelMap(height: height, width: width, labels: labels)),
            originalSize: ImageSize(height: height, width: width))
    }

    private let zeros = [UInt8](repeating: 0, count: 64)
    /// Class 2 in rows 2 to 4 and columns 3 to 5, and class 1 elsewhere.
    private let square = (0..<64).map { pixel -> UInt8 in
        (2...4).contains(pixel / 8) && (3...5).contains(pixel % 8) ? 2 : 1
    }

    @Test func pixelsOfTheClassAndNoOthers() {
        let own = sample(1, labels: zeros)
        let pasted = own.pasting(class: 2, of: sample(5, labels: square), feather: 0)
        guard case .labels(let map) = pasted.target else { return }
        for pixel in 0..<64 {
            let isPasted = square[pixel] == 2
            #expect(map.labels[pixel] == (isPasted ? 2 : 0))
            #expect(pasted.image.values[pixel] == (isPasted ? 5 : 1))
            #expect(pasted.image.values[64 + pixel] == (isPasted ? 50 : 10))
        }
        let without = own.pasting(class: 3, of: sample(5, labels: square), feather: 3)
        #expect(without.image == own.image && without.target == own.target)
    }

    @Test func oneComponentAndNoOther() {
        // A corner, two pixels that touch diagonally, and a column: in raster order of their firsts.
        let objects: [Set<Int>] = [[0], [12, 19], [39, 47, 55]]
        let labels = (0..<64).map { pixel -> UInt8 in
            objects.contains { $0.contains(pixel) } ? 2 : 1
        }
        let own = sample(1, labels: zeros)
        for chosen in objects.indices {
            let pasted = own.pasting(class: 2, of: sample(5, labels: labels), feather: 0) {
                #expect($0 == 3)
                return chosen
            }
            guard case .labels(let map) = pasted.target else { return }
            for pixel in 0..<64 {
                let isPasted = objects[chosen].contains(pixel)
                #expect(map.labels[pixel] == (isPasted ? 2 : 0))
                #expect(pasted.image.values[pixel] == (isPasted ? 5 : 1))
            }
        }
        // What carries no data hangs together with nothing.
        let torn = sample(5, labels: labels, nodata: [47])
        let pasted = own.pasting(class: 2, of: torn, feather: 0) { $0 - 1 }
        guard case .labels(let map) = pasted.target else { return }
        #expect(map.labels.indices.filter { map.labels[$0] == 2 } == [55])
        // Nothing is drawn from no components.
        let without = own.pasting(class: 3, of: torn, feather: 0) { _ in
            Issue.record("a component of none")
            return 0
        }
        #expect(without.image == own.image && without.target == own.target)
    }

    @Test func edgesFadeOutsideOnly() {
        let own = sample(0, labels: zeros)
        let pasted = own.pasting(class: 2, of: sample(1, labels: square), feather: 1)
        guard case .labels(let map) = pasted.target else { return }
        #expect(map.labels == zeros.indices.map { square[$0] == 2 ? 2 : 0 })
        func value(_ row: Int, _ column: Int) -> Float { pasted.image.values[row * 8 + column] }
        #expect(value(2, 3) == 1 && value(4, 5) == 1)
        // A third of the nine pixels around a neighbour of the edge belong to the square, one of
        // those around its corner's.
        #expect(abs(value(3, 2) - 1 / 3) < 1e-6)
        #expect(abs(value(1, 2) - 1 / 9) < 1e-6)
        #expect(value(3, 1) == 0 && value(7, 7) == 0)
    }

    @Test func missingDataAreNeitherPastedNorBlended() {
        // Pixel 19 is the square's corner, 18 is left of it.
        let own = sample(1, labels: zeros, nodata: [18, 20])
        let pasted = own.pasting(
            class: 2, of: sample(5, labels: square, nodata: [19, 11]), feather: 1)
        guard case .labels(let map) = pasted.target else { return }
        #expect(map.labels[19] == 0 && pasted.image.values[19] == 1)
        #expect(map.labels[20] == 2 && pasted.image.values[20] == 5)
        #expect(pasted.image.nodata?[20] == 0 && pasted.image.nodata?[18] == 1)
        #expect(pasted.image.values[18] == 1 && pasted.image.values[11] == 1)
    }

    @Test func overlappingClassesAreReplacedTogether() {
        let planes = ClassPlanes(
            classes: 2, height: 2, width: 2, values: [1, 0, 1, 0, 1, 1, 0, 0])
        let own = ClassPlanes(classes: 2, height: 2, width: 2, repeating: 0)
        func sample(_ planes: ClassPlanes, _ value: Float) -> Sample {
            Sample(
                id: "a", group: "a",
                image: BandImage(
                    bands: 1, height: 2, width: 2, values: [value, value, value, value]),
                target: .planes(planes), originalSize: ImageSize(height: 2, width: 2))
        }
        let pasted = sample(own, 1).pasting(class: 0, of: sample(planes, 2), feather: 0)
        #expect(pasted.image.values == [2, 1, 2, 1])
        #expect(
            pasted.target
                == .planes(
                    ClassPlanes(
                        classes: 2, height: 2, width: 2, values: [1, 0, 1, 0, 1, 0, 0, 0])))
    }

    @Test func aBoxIsReplacedWhole() {
        let own = sample(1, labels: zeros, nodata: [20, 63])
        let mixed = own.replacing(
            rows: 2..<5, columns: 3..<6, from: sample(5, labels: square, nodata: [19, 0]))
        guard case .labels(let map) = mixed.target else { return }
        for pixel in 0..<64 {
            let isInside = square[pixel] == 2
            #expect(map.labels[pixel] == (isInside ? 2 : 0))
            #expect(mixed.image.values[64 + pixel] == (isInside ? 50 : 10))
            #expect(mixed.image.nodata?[pixel] == ([19, 63].contains(pixel) ? 1 : 0))
        }
    }

    @Test func boxesHaveTheirShareAndLieInside() {
        var mix = Augmentation.Mix(probability: 1)
        mix.area = 0.2...0.4
        var corners: Set<Int> = []
        for sample in 0..<200 {
            var stream = RandomStream(seed: 1, purpose: .test, sample: sample)
            let box = mix.box(&stream, height: 40, width: 100)
            #expect(box.rows.lowerBound >= 0 && box.rows.upperBound <= 40)
            #expect(box.columns.lowerBound >= 0 && box.columns.upperBound <= 100)
            let share = Double(box.rows.count * box.columns.count) / 4000
            #expect(share > 0.18 && share < 0.42)
            corners.insert(box.rows.lowerBound)
        }
        #expect(corners.count > 10)
        var stream = RandomStream(seed: 1, purpose: .test)
        #expect(mix.box(&stream, height: 1, width: 1).rows == 0..<1)
    }
}
