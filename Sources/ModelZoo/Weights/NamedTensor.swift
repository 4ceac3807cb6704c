import NeuralNetworks
import TensorCore

/// A tensor under its path in a weights file, segments joined by `/`.
public struct NamedTensor: Sendable {
    /// Such as `encoder/layer1/0/conv1/weight`, without a leading `/`.
    public var name: String
    public var tensor: Tensor

    public init(_ name: String, _ tensor: Tensor) {
        self.name = name
        self.tensor = tensor
    }

    public init(_ entry: StateEntry) { self.init(entry.name, entry.tensor) }
}
