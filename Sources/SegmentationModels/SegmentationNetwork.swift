import NeuralNetworks
import TensorCore

/// What a network says of a batch of images.
public struct NetworkOutput {
    /// `[batch, classes, height, width]`.
    public var logits: Variable
    /// Logits of each class being in the image at all, `[batch, classes, 1, 1]`; nil without a
    /// classification head.
    public var presence: Variable?
}

/// A network from an image to logits of the same height and width.
public protocol SegmentationNetwork: Module {
    /// What rebuilds the network.
    var configuration: ModelConfiguration { get }

    /// Whether training leaves the encoder as it is: weights and running statistics. Never stored;
    /// networks without an encoder have nothing to freeze.
    var isEncoderFrozen: Bool { get set }

    /// What the network says of an image `[batch, bands, height, width]` whose sides are multiples of
    /// the configuration's `inputMultiple`.
    func output(_ image: Variable, in context: ForwardContext) -> NetworkOutput
}

extension SegmentationNetwork {
    /// Logits `[batch, classes, height, width]` alone.
    public func logits(_ image: Variable, in context: ForwardContext) -> Variable {
        output(image, in: context).logits
    }

    /// Plain logits of an image and of its classes' presence, by running statistics and without a
    /// tape.
    public func predict(
        _ image: Tensor, backend: any ComputeBackend
    ) -> (logits: Tensor, presence: Tensor?) {
        let output = output(Variable(image), in: .inference(backend))
        return (
            backend.convert(output.logits.tensor, to: .plain),
            output.presence.map { backend.convert($0.tensor, to: .plain) }
        )
    }

    /// Plain logits of an image, by running statistics and without a tape.
    public func predictLogits(_ image: Tensor, backend: any ComputeBackend) -> Tensor {
        predict(image, backend: backend).logits
    }
}
