import Synchronization
import TensorCore

/// A number that tells the leaves of one network apart while it is trained; never stored.
public struct LeafID: Hashable, Sendable {
    private static let last = Atomic<Int>(0)
    public let rawValue: Int

    public init() { rawValue = Self.last.add(1, ordering: .relaxed).newValue }
}

/// A leaf of a network that is learned.
public struct Parameter: Sendable {
    public let id = LeafID()
    public var tensor: Tensor
    /// False for frozen weights: no gradient is computed.
    public var isTrainable = true

    public init(_ tensor: Tensor) { self.tensor = tensor }
}

/// A leaf of a network that is recorded while training, such as a running mean.
public struct Buffer: Sendable {
    public let id = LeafID()
    public var tensor: Tensor

    public init(_ tensor: Tensor) { self.tensor = tensor }
}
