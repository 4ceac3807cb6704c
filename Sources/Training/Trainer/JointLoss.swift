import NeuralNetworks
import SegmentationModels
import TensorCore

/// The loss of a step: of the masks, and of the image head where the network has one.
struct JointLoss {
    let pixels: Loss
    /// Weighted; nil without an image head.
    let presence: Loss?

    /// The sum, or nil where every label is ignored, and the gradients to run backwards from.
    func valueAndGradients(
        _ output: NetworkOutput, target: TargetBatch
    ) -> (value: Double?, seeds: [(output: Variable, seed: Tensor)]) {
        let (value, gradient) = pixels.valueAndGradient(
            logits: output.logits.tensor, target: target)
        var seeds = [(output: output.logits, seed: gradient)]
        guard var value else { return (nil, seeds) }
        if let presence, let logits = output.presence {
            let head = presence.valueAndGradient(logits: logits.tensor, target: target.presence)
            value += head.value ?? 0
            seeds.append((logits, head.gradient))
        }
        return (value, seeds)
    }
}
