/// The most memory that one decoded image may take; checked before anything is allocated.
public struct ImageBudget: Sendable, Hashable {
    /// Width x height x bands x bytes a sample.
    public var bytes: Int

    public init(bytes: Int) {
        precondition(bytes > 0, "an image budget of \(bytes) bytes")
        self.bytes = bytes
    }

    /// 4 GiB: a scene of 10,000 x 10,000 pixels with ten 4-byte bands.
    public static let scene = ImageBudget(bytes: 4 << 30)
    /// 1 GiB: one picture of a data set, several of which are in memory at once.
    public static let picture = ImageBudget(bytes: 1 << 30)
}
