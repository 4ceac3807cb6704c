import NeuralNetworks
import TensorCore

/// Which classes are in the image at all: global pooling of the deepest map, dropout and a linear
/// layer, as segmentation_models.pytorch's `ClassificationHead`, names and all.
struct ClassificationHead: Module {
    private let configuration: ModelConfiguration.ImageHead
    private var linear: Linear

    /// - Parameter channels: of the network's deepest map.
    init(
        _ configuration: ModelConfiguration.ImageHead, channels: Int, classes: Int,
        from initializer: inout ParameterInitializer
    ) {
        self.configuration = configuration
        linear = Linear(channels, classes, from: &initializer)
    }

    /// - Parameter deepest: `[batch, channels, height, width]`.
    /// - Returns: logits `[batch, classes, 1, 1]`.
    func callAsFunction(_ deepest: Variable, in context: ForwardContext) -> Variable {
        let pooled =
            switch configuration.pooling {
            case .average: context.mapMeans(deepest)
            case .max: context.globalMaxPool(deepest)
            }
        return linear(
            context.dropout(pooled, probability: configuration.dropout), in: context)
    }

    mutating func visitState(_ visitor: inout some StateVisitor) {
        // After pooling, flattening and dropout, which have no weights.
        visitor.child("3", &linear)
    }
}
