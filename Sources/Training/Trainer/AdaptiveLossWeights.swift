import DurableFiles
import SegmentationData

/// How the weights of a loss's terms move from epoch to epoch under `loss-weights: adaptive`.
///
/// System D adapts them by accuracy and mean IoU and gives no formula; ours is
/// w_i ← w_i·(1 + k·(1 - score_i)), after which all are scaled so that their sum stays.
enum AdaptiveLossWeights {
    /// The weights of the next epoch.
    ///
    /// - Parameter scores: of each term, 0 to 1; a term without one is not moved by itself.
    static func next(_ weights: [Double], scores: [Double?], rate: Double) -> [Double] {
        precondition(weights.count == scores.count, "\(scores.count) scores of \(weights.count)")
        let moved = zip(weights, scores).map { $0 * (1 + rate * (1 - ($1 ?? 1))) }
        let scale = weights.reduce(0, +) / moved.reduce(0, +)
        return moved.map { $0 * scale }
    }
}

extension LossSection.Term {
    /// What the term is judged by: pixel accuracy for cross entropies, mean IoU for all others.
    func score(_ scores: Validator.Scores) -> Double? {
        switch self {
        case .binaryCrossEntropy, .crossEntropy: scores.accuracy
        case .focal, .dice, .tversky, .lovasz, .boundary, .classLimit, .lowPass: scores.iou
        }
    }
}

extension TrainingSession {
    /// Moves the weights of the terms by an epoch's scores; without scores they stay.
    mutating func adaptLossWeights(
        _ section: LossWeightsSection?, _ terms: [LossSection], _ scores: Validator.Scores?
    ) {
        guard let section, let weights = state.lossWeights, let scores else { return }
        state.lossWeights = AdaptiveLossWeights.next(
            weights, scores: terms.map { $0.term.score(scores) }, rate: section.rate)
    }
}
