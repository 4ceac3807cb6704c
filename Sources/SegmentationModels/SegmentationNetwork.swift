import NeuralNetworks
import TensorCore

/// A network from an image to logits of the same height and width.
public protocol SegmentationNetwork: Module {
    /// What rebuilds the network.
    var configuration: ModelConfiguration { get }

    /// Whether training leaves the encoder as it is: weights and running statistics. Never stored;
    /// networks without an encoder have nothing to freeze.
    var isEncoderFrozen: Bool { get set }

    /// Logits `[batch, classes, height, width]` of an image `[batch, bands, height, width]` whose
    /// sides are multiples of the configuration's `inputMultiple`.
    func logits(_ image: Variable, in context: ForwardContext) -> Variable
}

extension SegmentationNetwork {
    /// Plain logits of an image, by running statistics and without a tape.
    public func predictLogits(_ image: Tensor, backend: any ComputeBackend) -> Tensor {
        let context = ForwardContext.inference(backend)
        return backend.convert(logits(Variable(image), in: context).tensor, to: .plain)
    }
}
