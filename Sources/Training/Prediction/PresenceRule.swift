import ModelZoo
import NeuralNetworks
import TensorCore

/// Empties the masks of classes that a network's image head calls absent.
///
/// A class is absent from an image where its probability of presence is below the threshold. With
/// classes that may overlap its own probability becomes 0; with classes that exclude one another it
/// becomes 0 and the others are scaled up to a sum of 1. A background is never absent, and of classes
/// that exclude one another the likeliest stays, since every pixel is something.
struct PresenceRule {
    let threshold: Double
    /// Whether classes exclude one another.
    let isExclusive: Bool
    /// Whether the first class is what is left where there is nothing.
    let hasBackground: Bool

    init(threshold: Double, isExclusive: Bool, hasBackground: Bool) {
        self.threshold = threshold
        self.isExclusive = isExclusive
        self.hasBackground = hasBackground
    }

    /// Nil for members without an image head.
    init?(_ output: MemberManifest.Output) {
        guard let threshold = output.presenceThreshold else { return nil }
        let isExclusive = output.activation == .softmax
        self.init(
            threshold: threshold, isExclusive: isExclusive,
            hasBackground: isExclusive && output.classes[0].name.lowercased() == "background")
    }

    /// Nil for recipes without an image head.
    init?(_ recipe: Recipe) {
        guard let head = recipe.imageHead, head.configuration != nil else { return nil }
        self.init(
            threshold: head.threshold, isExclusive: recipe.data.kind == .softmax,
            hasBackground: recipe.data.skipsBackground)
    }

    /// The classes to be emptied, of logits of presence `[1, classes, 1, 1]`.
    func absent(_ presence: Tensor) -> [Int] {
        let logits = presence.values
        let cut = Float(logarithm(threshold / (1 - threshold)))
        var absent = logits.indices.filter { logits[$0] < cut && !(hasBackground && $0 == 0) }
        if isExclusive, absent.count == logits.count {
            let likeliest = logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }
            absent.remove(at: likeliest)
        }
        return absent
    }

    /// Plain logits `[1, classes, height, width]` that no decision takes for an absent class.
    func emptied(_ logits: Tensor, presence: Tensor) -> Tensor {
        filled(logits, absent(presence), with: -.infinity)
    }

    /// Probabilities `[1, classes, height, width]` of such logits.
    func probabilities(_ logits: Tensor, presence: Tensor) -> Tensor {
        let absent = absent(presence)
        let emptied = filled(logits, absent, with: -.infinity)
        // To leave a class out before softmax is to scale the others up after it, but for sums of 0.
        return filled(
            isExclusive ? Probabilities.softmax(emptied) : Probabilities.sigmoid(emptied), absent,
            with: 0)
    }

    private func filled(_ tensor: Tensor, _ classes: [Int], with value: Float) -> Tensor {
        guard !classes.isEmpty else { return tensor }
        var result = tensor
        let pixels = tensor.shape[2] * tensor.shape[3]
        result.withUnsafeMutableElements { elements in
            for k in classes {
                UnsafeMutableBufferPointer(rebasing: elements[k * pixels..<(k + 1) * pixels])
                    .update(repeating: value)
            }
        }
        return result
    }
}
