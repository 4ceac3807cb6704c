import NeuralNetworks
import SegmentationModels
import TensorCore

/// The loss of a step: of the masks, and of the image head where the network has one.
struct JointLoss {
    let pixels: Loss
    /// Weighted; nil without an image head.
    let presence: Loss?

    /// The sum, or nil where no label counts in either, and the gradients to run backwards from.
    func valueAndGradients(
        _ output: NetworkOutput, target: TargetBatch
    ) -> (value: Double?, seeds: [(output: Variable, seed: Tensor)]) {
        var (value, gradient) = pixels.valueAndGradient(
            logits: output.logits.tensor, target: target)
        var seeds = [(output: output.logits, seed: gradient)]
        if let presence, let logits = output.presence {
            let head = presence.valueAndGradient(logits: logits.tensor, target: target.presence)
            value = Self.sum(value, head.value)
            seeds.append((logits, head.gradient))
        }
        return (value, seeds)
    }

    /// Of an image without gradients; nil where no label counts in either.
    func value(logits: Tensor, presence presenceLogits: Tensor?, target: TargetBatch) -> Double? {
        Self.sum(
            pixels.value(logits: logits, target: target),
            presenceLogits.flatMap { presence?.value(logits: $0, target: target.presence) })
    }

    /// The masks may count nothing (their classes are ignored, or weigh nothing) where the image
    /// head still learns, and the other way round.
    private static func sum(_ pixels: Double?, _ presence: Double?) -> Double? {
        pixels == nil && presence == nil ? nil : (pixels ?? 0) + (presence ?? 0)
    }
}
