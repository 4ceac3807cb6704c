/// Parameters below one path of a network that are moved with a rate of their own.
public struct ParameterGroup: Sendable, Hashable {
    /// The path's segments joined by `/`, such as `encoder`.
    public var prefix: String
    public var rate: Double

    public init(_ prefix: String, rate: Double) {
        self.prefix = prefix
        self.rate = rate
    }
}
