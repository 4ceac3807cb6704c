import NeuralNetworks
import TensorCore
import TestSupport
import Testing

/// What holds for every term, whatever it computes.
@Suite struct EveryLossTermTests {
    @Test(arguments: LargeLossTests.cases, [Float(100), -100])
    func largeLogitsAreNoTrouble(_ test: LargeLossTests.Case, _ size: Float) throws {
        let (logits, target) = LargeLossTests.batch(test.kind)
        for large in [logits.map { $0 > 0 ? size : -size }, logits.map { _ in size }] {
            let (value, gradient) = test.loss.valueAndGradient(
                logits: Tensor(large, shape: LargeLossTests.shape), target: target)
            #expect(try #require(value).isFinite)
            #expect(gradient.values.allSatisfy { $0.isFinite })
        }
    }

    @Test(arguments: LargeLossTests.cases)
    func nothingToLearnFromIsNoNumber(_ test: LargeLossTests.Case) {
        let (logits, target) = LargeLossTests.batch(test.kind)
        let ignored = TargetBatch(
            kind: test.kind, batch: target.batch, classes: target.classes, height: target.height,
            width: target.width,
            labels: [UInt8](repeating: LabelMap.ignore, count: target.labels.count))
        let (value, gradient) = test.loss.valueAndGradient(
            logits: Tensor(logits, shape: LargeLossTests.shape), target: ignored)
        #expect(value == nil)
        #expect(gradient.values.allSatisfy { $0 == 0 })
    }

    /// A NaN at a label that counts reaches the value.
    @Test(arguments: LargeLossTests.cases)
    func aBrokenLogitShows(_ test: LargeLossTests.Case) throws {
        var (logits, target) = LargeLossTests.batch(test.kind)
        let ignored = test.weighted.ignoredClasses
        let position = try #require(
            (0..<LargeLossTests.pixels).first {
                target.labels[$0] != LabelMap.ignore
                    && !ignored.contains(test.kind == .softmax ? Int(target.labels[$0]) : 0)
            }
                ?? (LargeLossTests.pixels..<2 * LargeLossTests.pixels).first {
                    target.labels[$0] != LabelMap.ignore
                })
        logits[position] = .nan
        let value = test.loss.value(
            logits: Tensor(logits, shape: LargeLossTests.shape), target: target)
        #expect(try #require(value).isNaN)
    }

    /// One class, one image and one pixel in every direction.
    @Test(arguments: LargeLossTests.cases)
    func theSmallestBatchIsABatch(_ test: LargeLossTests.Case) throws {
        for (height, width) in [(1, 1), (1, 5), (5, 1), (2, 3)] {
            let labels = (0..<height * width).map { UInt8($0 % 2) }
            let target = TargetBatch(
                kind: test.kind, batch: 1, classes: 3, height: height, width: width,
                labels: test.kind == .sigmoid ? labels + labels + labels : labels)
            let logits = spaced([1, 3, height, width], seed: 1)
            let (value, gradient) = test.loss.valueAndGradient(logits: logits, target: target)
            #expect(value?.isFinite ?? true)
            #expect(gradient.values.allSatisfy { $0.isFinite })
        }
    }

    @Test func otherWeightsAreOtherWeights() throws {
        let (logits, target) = LargeLossTests.batch(.softmax)
        let tensor = Tensor(logits, shape: LargeLossTests.shape)
        let terms: [Loss.Term] = [.crossEntropy, .lovasz, .boundary]
        let parts = try terms.map {
            try #require(Loss([.init($0)]).value(logits: tensor, target: target))
        }
        let sum = Loss(terms.map { .init($0) }).weighted(by: [0.5, 2, 0.25])
        let value = try #require(sum.value(logits: tensor, target: target))
        #expect(abs(value - (0.5 * parts[0] + 2 * parts[1] + 0.25 * parts[2])) < 1e-9)
    }
}
