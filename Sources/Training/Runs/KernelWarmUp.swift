import DurableFiles
import NeuralNetworks
import SegmentationModels
import TensorCore

/// Measures which convolution algorithm suits each shape of a run, before its first step.
public enum KernelWarmUp {
    /// One training step on noise; shapes that were measured before are not measured again.
    ///
    /// - Parameter cache: what is known from before, and takes what is learned.
    public static func table(
        _ configuration: ModelConfiguration, kind: TargetBatch.Kind, batch: Int, height: Int,
        width: Int, cache: KernelCache = .standard
    ) throws -> KernelTable {
        let multiple = configuration.inputMultiple
        let paddedHeight = (height + multiple - 1) / multiple * multiple
        let paddedWidth = (width + multiple - 1) / multiple * multiple
        // What the trials needed is not what the training needs.
        defer { CachingAllocator.shared.trim() }
        do {
            try configuration.validateTraining(
                batch: batch, height: paddedHeight, width: paddedWidth)
            return try ComputeThread.shared.run {
                let backend = OneDNNBackend(.measured(known: cache.load()))
                let network = try ModelFactory.make(configuration, seed: 0)
                var stream = RandomStream(seed: 0, purpose: .selfTest)
                let shape: Shape = [batch, configuration.bands, paddedHeight, paddedWidth]
                let image = Tensor(
                    (0..<shape.count).map { _ in Float(stream.uniform(-1, 1)) }, shape: shape)
                let planes = kind == .sigmoid ? configuration.classes : 1
                let target = TargetBatch(
                    kind: kind, batch: batch, classes: configuration.classes,
                    height: paddedHeight, width: paddedWidth,
                    labels: [UInt8](
                        repeating: 0, count: batch * planes * paddedHeight * paddedWidth))
                let context = ForwardContext.training(backend)
                let logits = network.logits(Variable(image), in: context)
                let loss = Loss([
                    .init(
                        kind == .sigmoid
                            ? .binaryCrossEntropy
                            : .crossEntropy)
                ])
                let gradient = loss.valueAndGradient(logits: logits.tensor, target: target)
                    .gradient
                _ = context.tape?.gradients(of: logits, seed: gradient, backend: backend)
                cache.add(backend.measurements)
                return backend.kernelTable
            }
        } catch let error as ModelConfigurationError {
            throw FloeError(.usage, "model: \(error)")
        }
    }
}
