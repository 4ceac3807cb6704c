import NeuralNetworks
import TensorCore
import Testing
import TrainingTestSupport

@testable import Ensembling

@Suite struct FitSampleTests {
    private static func stream(_ sample: Int) -> RandomStream {
        RandomStream(seed: 1, purpose: .fitting, sample: sample)
    }

    @Test func pixelsAreDrawnWithoutRepetition() {
        let known = (0..<1000).map { Int32(3 * $0) }
        let drawn = FitSample.drawn(known, most: 100, Self.stream(1))
        #expect(drawn.count == 100 && drawn == Array(Set(drawn)).sorted())
        #expect(Set(drawn).isSubset(of: Set(known)))
        // From everywhere, and the same again; of another image others.
        #expect(drawn[0] < 300 && drawn[99] > 2700)
        #expect(FitSample.drawn(known, most: 100, Self.stream(1)) == drawn)
        #expect(FitSample.drawn(known, most: 100, Self.stream(2)) != drawn)
        #expect(FitSample.drawn(known, most: 1000, Self.stream(1)) == known)
        #expect(FitSample.drawn([], most: 5, Self.stream(1)) == [])
    }

    /// What the truth is given: of a label map the class's own, of planes each class's or its rest.
    @Test func theTruthsProbabilityIsTaken() {
        let answer: [Float] = [0.7, 0.2, 0, 0.3, 0.8, 1]
        let map = FitSample.Image(
            voters: [0],
            truth: TargetBatch(
                kind: .softmax, batch: 1, classes: 2, height: 1, width: 3, labels: [1, 255, 0]),
            answers: [answer])
        #expect(map.truthProbabilities(answer, classes: [0]) == [0.3, 1e-7])
        let planes = FitSample.Image(
            voters: [0],
            truth: TargetBatch(
                kind: .sigmoid, batch: 1, classes: 2, height: 1, width: 3,
                labels: [1, 0, 255, 255, 1, 0]), answers: [answer])
        #expect(planes.truthProbabilities(answer, classes: [0]) == [0.7, 0.8])
        #expect(planes.truthProbabilities(answer, classes: [0, 1]) == [0.7, 0.8, 0.8, 1e-7])
        #expect(planes.truthProbabilities(answer, classes: [1]) == [0.8, 1e-7])
    }

    @Test func votersAreKept() {
        let image = FitSample.Image(
            voters: [1, 4, 6],
            truth: TargetBatch(
                kind: .sigmoid, batch: 1, classes: 1, height: 1, width: 1, labels: [1]),
            answers: [[0.1], [0.4], [0.6]])
        let kept = image.keeping([6, 1, 2])
        #expect(kept?.voters == [1, 6] && kept?.answers == [[0.1], [0.6]])
        #expect(image.keeping([2, 3]).map(\.voters) == nil)
    }
}
