import CKernels
import Foundation
import TensorCore
import TestSupport
import Testing

@testable import NeuralNetworks

/// Losses over so many pixels that they are cut into runs and threads, against double precision.
@Suite struct LargeLossTests {
    static let shape: Shape = [2, 3, 70, 83]
    static let pixels = 70 * 83
    static let weights: [Float] = [0.5, 2, 1.25]

    struct Case: Sendable, CustomStringConvertible {
        let description: String
        let kind: TargetBatch.Kind
        let term: Loss.Term

        var loss: Loss { Loss([.init(term, weight: 0.75)]) }
    }

    static let cases = [
        Case(description: "binary", kind: .sigmoid, term: .binaryCrossEntropy),
        Case(
            description: "categorical", kind: .softmax,
            term: .crossEntropy(classWeights: weights)),
        Case(description: "Dice of planes", kind: .sigmoid, term: .dice(smooth: 1)),
        Case(description: "Dice of classes", kind: .softmax, term: .dice(smooth: 0.5)),
    ]

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

    // MARK: The same, pixel by pixel in double precision

    /// Label of a class at a pixel, 0 or 1, or nil where it is ignored.
    static func truth(_ target: TargetBatch, _ image: Int, _ k: Int, _ pixel: Int) -> Double? {
        let label =
            target.kind == .sigmoid
            ? target.labels[(image * target.classes + k) * pixels + pixel]
            : target.labels[image * pixels + pixel]
        guard label != LabelMap.ignore else { return nil }
        return target.kind == .sigmoid ? (label == 0 ? 0 : 1) : (Int(label) == k ? 1 : 0)
    }

    static func probabilities(_ logits: [Double], _ kind: TargetBatch.Kind) -> [Double] {
        guard kind == .softmax else { return logits.map { 1 / (1 + exp(-$0)) } }
        var result = logits
        for image in 0..<shape[0] {
            for pixel in 0..<pixels {
                let places = (0..<shape[1]).map { (image * shape[1] + $0) * pixels + pixel }
                let largest = places.map { logits[$0] }.max() ?? 0
                let sum = places.reduce(0) { $0 + exp(logits[$1] - largest) }
                for place in places { result[place] = exp(logits[place] - largest) / sum }
            }
        }
        return result
    }

    static func value(_ test: Case, _ logits: [Double], _ target: TargetBatch) -> Double {
        let p = probabilities(logits, target.kind)
        var (sum, count) = (0.0, 0.0)
        var dice = [(overlap: Double, total: Double, present: Double)](
            repeating: (0, 0, 0), count: shape[1])
        for image in 0..<shape[0] {
            for k in 0..<shape[1] {
                for pixel in 0..<pixels {
                    guard let t = truth(target, image, k, pixel) else { continue }
                    let place = (image * shape[1] + k) * pixels + pixel
                    dice[k].overlap += p[place] * t
                    dice[k].total += p[place] + t
                    dice[k].present += t
                    if target.kind == .sigmoid {
                        let x = logits[place]
                        sum += max(x, 0) - x * t + log1p(exp(-abs(x)))
                        count += 1
                    } else if t == 1 {
                        sum -= Double(weights[k]) * log(p[place])
                        count += Double(weights[k])
                    }
                }
            }
        }
        guard case .dice(let smooth) = test.term else { return 0.75 * sum / count }
        let scores = dice.filter { $0.present > 0 }.map {
            1 - (2 * $0.overlap + smooth) / ($0.total + smooth)
        }
        return 0.75 * scores.reduce(0, +) / Double(scores.count)
    }

    @Test(arguments: cases)
    func valueAndGradientAreThose(_ test: Case) throws {
        let (logits, target) = Self.batch(test.kind)
        let (value, gradient) = test.loss.valueAndGradient(
            logits: Tensor(logits, shape: Self.shape), target: target)
        let exact = logits.map(Double.init)
        let expected = Self.value(test, exact, target)
        #expect(abs(try #require(value) - expected) < 1e-6 * expected)
        // Along a random direction, by central differences of the double-precision value.
        var stream = RandomStream(seed: 5, purpose: .test)
        let direction = exact.map { _ in stream.uniform(-1, 1) }
        let step = 1e-4
        let slope =
            (Self.value(test, zip(exact, direction).map { $0 + step * $1 }, target)
                - Self.value(test, zip(exact, direction).map { $0 - step * $1 }, target))
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
        for image in 0..<Self.shape[0] {
            for k in 0..<Self.shape[1] {
                for pixel in 0..<Self.pixels
                where Self.truth(target, image, k, pixel) == nil {
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
