import TensorCore
import Testing

@testable import SegmentationData

@Suite struct ClassFrequenciesTests {
    private func labels(_ labels: [UInt8]) -> SegmentationTarget {
        .labels(LabelMap(height: 1, width: labels.count, labels: labels))
    }

    /// Class 0 has 4 of 8 pixels, class 1 three, class 2 one; class 3 never occurs.
    private var frequencies: ClassFrequencies {
        var result = ClassFrequencies(classes: 4)
        result.add(labels([0, 0, 0, 1, 255]))
        result.add(labels([0, 2, 255, 255, 255]))
        result.add(labels([1, 255, 255, 255, 255]), times: 2)
        return result
    }

    @Test func inverseWeightsAreAllPixelsOverThoseOfTheClass() {
        #expect(frequencies.present == [4, 3, 1, 0])
        #expect(frequencies.counted == [8, 8, 8, 8])
        #expect(frequencies.inverseWeights == [2, 8.0 / 3, 8, 0])
    }

    /// A class's frequency is its share of the images where it occurs (Eigen and Fergus 2015).
    @Test func medianWeightsAreRelativeToTheMedianClass() {
        let shares = [4.0 / 6, 3.0 / 6, 1.0 / 2]
        #expect(frequencies.countedWherePresent == [6, 6, 2, 0])
        #expect(frequencies.medianWeights == [0.5 / shares[0], 1, 1, 0])
        var even = frequencies
        even.add(labels([3, 3, 3, 3, 255]))
        // The median of four lies between the second and the third.
        let median = (shares[1] + shares[0]) / 2
        #expect(even.medianWeights == [shares[0], 0.5, 0.5, 1].map { median / $0 })
    }

    @Test func planesAreCountedEachByItself() {
        var result = ClassFrequencies(classes: 2)
        result.add(
            .planes(
                ClassPlanes(
                    classes: 2, height: 1, width: 4, values: [1, 1, 0, 255, 1, 0, 255, 255])))
        #expect(result.present == [2, 1] && result.counted == [3, 2])
        #expect(result.inverseWeights == [1.5, 2])
    }

    @Test func nothingKnownHasNoWeights() {
        var result = ClassFrequencies(classes: 2)
        result.add(labels([255, 255]))
        #expect(result.inverseWeights == [0, 0] && result.medianWeights == [0, 0])
    }
}
