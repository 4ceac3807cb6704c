/// Steps at the beginning in which the learning rate rises in a line; PyTorch's `LinearLR`.
public struct WarmUp: Sendable, Hashable {
    /// How many; 0 for none.
    public let steps: Int
    /// The factor of the first one.
    public let start: Double

    public init(steps: Int, start: Double) {
        self.steps = steps
        self.start = start
    }

    /// The factor of one step, counted from 0; 1 once the warm-up is over.
    public func factor(at step: Int) -> Double {
        step >= steps ? 1 : start + (1 - start) * Double(step) / Double(steps)
    }
}
