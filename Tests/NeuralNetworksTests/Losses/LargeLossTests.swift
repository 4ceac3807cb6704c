import CKernels
import Foundation
import TensorCore
import TestSupport
import Testing

@testable import NeuralNetworks

/// Losses over so many pixels that they are cut into runs and threads, against double precision.
@Suite struct LargeLossTests {
    static let shape: Shape = [2, 3, 50, 57]
    static let pixels = 50 * 57
    static let weights: [Float] = [0.5, 2, 1.25]

    struct Case: Sendable, CustomStringConvertible {
        let description: String
        let kind: TargetBatch.Kind
        let weighted: Loss.Weighted

        var loss: Loss { Loss([weighted]) }

        init(
            _ kind: TargetBatch.Kind, _ term: Loss.Term, weights: [Float]? = nil,
            ignored: [Int] = [], smoothing: Double = 0
        ) {
            self.kind = kind
            weighted = Loss.Weighted(
                term, weight: 0.75, classWeights: weights, ignoredClasses: ignored,
                labelSmoothing: smoothing)
            description = "\(kind) \(term) \(ignored) \(smoothing)"
        }
    }

    /// Every term, for both kinds where it takes both.
    static let cases: [Case] =
        [
            Case(.sigmoid, .binaryCrossEntropy),
            Case(.sigmoid, .binaryCrossEntropy, weights: weights, smoothing: 0.1),
            Case(.softmax, .crossEntropy, weights: weights),
            Case(.softmax, .crossEntropy, weights: weights, ignored: [1], smoothing: 0.1),
            Case(.sigmoid, .focal(gamma: 1.5, alpha: 0.25), ignored: [0]),
        ]
        + [TargetBatch.Kind.sigmoid, .softmax].flatMap { kind in
            [
                Case(kind, .dice(smooth: 0.5)),
                Case(kind, .focal(gamma: 2, alpha: nil), weights: weights),
                Case(
                    kind, .tversky(alpha: 0.3, beta: 0.7, smooth: 1, gamma: 4.0 / 3),
                    weights: weights),
                Case(kind, .lovasz),
                Case(kind, .boundary, ignored: [2]),
                Case(kind, .classLimit(limit: 1, share: 0.3)),
                Case(kind, .lowPass),
            ]
        }

    /// Logits up to 30 either way; every seventh label is ignored.
    static func batch(_ kind: TargetBatch.Kind) -> (logits: [Float], target: TargetBatch) {
        var stream = RandomStream(seed: 4, purpose: .test)
        let logits = (0..<shape.count).map { _ in
            Float(stream.uniform(-1, 1) * (stream.chance(0.1) ? 30 : 4))
        }
        let planes = kind == .sigmoid ? shape[1] : 1
        let labels = (0..<shape[0] * planes * pixels).map { index -> UInt8 in
            let label = UInt8(stream.index(below: kind == .sigmoid ? 2 : shape[1]))
            return index % 7 == 3 ? LabelMap.ignore : label
        }
        return (
            logits,
            TargetBatch(
                kind: kind, batch: shape[0], classes: shape[1], height: shape[2],
                width: shape[3], labels: labels)
        )
    }

    @Test(arguments: cases)
    func valueAndGradientAreThose(_ test: Case) throws {
        let (logits, target) = Self.batch(test.kind)
        let (value, gradient) = test.loss.valueAndGradient(
            logits: Tensor(logits, shape: Self.shape), target: target)
        let exact = logits.map(Double.init)
        let expected = ReferenceLoss.value(test.weighted, exact, target)
        #expect(abs(try #require(value) - expected) < 1e-6 * expected)
        // Along a random direction, by central differences of the double-precision value.
        var stream = RandomStream(seed: 5, purpose: .test)
        let direction = exact.map { _ in stream.uniform(-1, 1) }
        // So short that hardly a kink lies within.
        let step = 1e-6
        let slope =
            (ReferenceLoss.value(
                test.weighted, zip(exact, direction).map { $0 + step * $1 }, target)
                - ReferenceLoss.value(
                    test.weighted, zip(exact, direction).map { $0 - step * $1 }, target))
            / (2 * step)
        let got = zip(gradient.values, direction).reduce(0) { $0 + Double($1.0) * $1.1 }
        let length = gradient.values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        #expect(abs(got - slope) < 1e-3 * length, "\(got) \(slope)")
    }

    @Test(arguments: cases)
    func threadsDoNotMatter(_ test: Case) {
        let (logits, target) = Self.batch(test.kind)
        ComputeThread.shared.run {
            let before = floe_max_threads()
            defer { floe_set_threads(before) }
            let results = [Int32(1), 2, 5].map { threads in
                floe_set_threads(threads)
                return test.loss.valueAndGradient(
                    logits: Tensor(logits, shape: Self.shape), target: target)
            }
            #expect(results.allSatisfy { $0.value == results[0].value })
            #expect(
                results.allSatisfy { Comparison.identical($0.gradient, results[0].gradient) })
        }
    }

    /// Not even NaN under an ignored label reaches the loss or the gradient.
    @Test(arguments: cases, [Float.nan, .infinity, -.infinity, 1e30])
    func whatIsIgnoredMayBeAnything(_ test: Case, _ value: Float) {
        var (logits, target) = Self.batch(test.kind)
        let loss = test.loss
        let clean = loss.valueAndGradient(
            logits: Tensor(logits, shape: Self.shape), target: target)
        let reference = ReferenceLoss(
            logits.map(Double.init), target, ignoring: test.weighted.ignoredClasses)
        for image in 0..<Self.shape[0] {
            for k in 0..<Self.shape[1] {
                for pixel in 0..<Self.pixels where reference.truth(image, k, pixel) == nil {
                    logits[(image * Self.shape[1] + k) * Self.pixels + pixel] = value
                }
            }
        }
        let moved = loss.valueAndGradient(
            logits: Tensor(logits, shape: Self.shape), target: target)
        #expect(moved.value == clean.value)
        #expect(moved.gradient.values == clean.gradient.values)
    }
}
