import Foundation
import NeuralNetworks
import SegmentationMetrics
import TensorCore

/// Scores combinations of members on sampled pixels.
struct SampleScore {
    /// How members' answers become one; a temperature is left out where the log loss is asked for.
    let rule: Combiner.Rule
    /// By member and class.
    let thresholds: [[Double]]
    let absent: AbsentClassPolicy
    let skipsBackground: Bool

    var classes: Int { rule.thresholds.count }

    func empty(_ image: FitSample.Image) -> Combiner {
        Combiner(rule, classes: classes, pixels: image.pixels)
    }

    /// Adds one voter of an image.
    func add(
        _ place: Int, of image: FitSample.Image, weights: [Double], to combiner: inout Combiner
    ) {
        combiner.add(
            image.answers[place], weights: weights, thresholds: thresholds[image.voters[place]])
    }

    /// The voters of an image together, in their order; nil where none counts for some class.
    ///
    /// - Parameter weights: by member and class.
    func combined(_ image: FitSample.Image, weights: [[Double]]) -> Combiner? {
        let isWhole = (0..<classes).allSatisfy { k in
            image.voters.contains { weights[$0][k] > 0 }
        }
        guard isWhole else { return nil }
        var combiner = empty(image)
        for (place, member) in image.voters.enumerated()
        where weights[member].contains(where: { $0 > 0 }) {
            add(place, of: image, weights: weights[member], to: &combiner)
        }
        return combiner
    }

    /// Dice of what was combined, nil where every class is skipped.
    func dice(_ combiner: Combiner, _ image: FitSample.Image) -> Double? {
        ImageCounts(
            id: "", group: nil, truth: image.truth, decisions: combiner.decisions()
        ).score(.dice, absent: absent, skipBackground: skipsBackground)
    }

    /// The mean over the images of the Dice of their voters together; nil where none has one.
    func meanDice(_ images: [FitSample.Image], weights: [[Double]]) -> Double? {
        Self.mean(
            Self.parallel(images) { image in
                combined(image, weights: weights).flatMap { dice($0, image) }
            })
    }

    /// Each image's Dice by two sets of weights; nil where one of them gives none.
    func dicePairs(
        _ images: [FitSample.Image], before: [[Double]], after: [[Double]]
    ) -> [(before: Double, after: Double)?] {
        Self.parallel(images) { image in
            guard let old = combined(image, weights: before).flatMap({ dice($0, image) }),
                let new = combined(image, weights: after).flatMap({ dice($0, image) })
            else { return nil }
            return (before: old, after: new)
        }
    }

    /// The mean over the images of the mean negative logarithm of the truth's probability; nil where
    /// some image has no voter, or there is none.
    func meanLogLoss(_ images: [FitSample.Image], weights: [[Double]]) -> Double? {
        let losses: [Double?] = Self.parallel(images) { image in
            guard let combiner = combined(image, weights: weights) else { return nil }
            let probabilities = image.truthProbabilities(
                combiner.probabilities(), classes: Array(0..<classes))
            let sum = probabilities.reduce(0.0) { $0 - log(Double($1)) }
            return sum / Double(probabilities.count)
        }
        return losses.contains { $0 == nil } ? nil : Self.mean(losses)
    }

    /// Of those that are there.
    static func mean(_ values: [Double?]) -> Double? {
        let known = values.compactMap(\.self)
        return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
    }

    /// One result for each item, side by side.
    static func parallel<Item, Result>(
        _ items: [Item], _ body: (Item) -> Result?
    ) -> [Result?] {
        var results = [Result?](repeating: nil, count: items.count)
        ComputeThread.shared.run {
            results.withUnsafeMutableBufferPointer { results in
                parallelFor(items.count) { range in
                    for index in range { results[index] = body(items[index]) }
                }
            }
        }
        return results
    }
}

extension FitSample.Image {
    /// No probability counts for less than this, so that one sure mistake is not all of a log loss.
    static let leastProbability: Float = 1e-7

    /// Rounding may take a mean of sure answers above 1, whose loss would be negative.
    private static func bounded(_ probability: Float) -> Float {
        min(1, max(leastProbability, probability))
    }

    /// What an answer gives the truth, pixel by pixel, class by class where classes overlap; pixels
    /// without a truth are left out.
    ///
    /// - Parameters:
    ///   - answer: probabilities `[class][pixel]`.
    ///   - chosen: which of overlapping classes.
    func truthProbabilities(_ answer: [Float], classes chosen: [Int]) -> [Float] {
        var result: [Float] = []
        switch truth.kind {
        case .softmax:
            for (pixel, label) in truth.labels.enumerated() where label != LabelMap.ignore {
                result.append(Self.bounded(answer[Int(label) * pixels + pixel]))
            }
        case .sigmoid:
            for k in chosen {
                for index in k * pixels..<(k + 1) * pixels {
                    let label = truth.labels[index]
                    if label == LabelMap.ignore { continue }
                    let own = label == 1 ? answer[index] : 1 - answer[index]
                    result.append(Self.bounded(own))
                }
            }
        }
        return result
    }
}
