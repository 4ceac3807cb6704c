/// What one kind of operation took over several steps: a line of `floe bench --profile`.
public struct OperationProfile: Codable, Hashable, Sendable {
    /// Such as `convolution 3x3 s1 64-64 to 192x192`: kernel, stride, channels in and out, output.
    public var name: String
    public var calls = 0
    public var seconds = 0.0
    /// Multiplications and additions as direct convolution; 0 for anything else.
    public var operations = 0.0

    init(name: String) { self.name = name }

    mutating func add(seconds: Double, operations: Double) {
        calls += 1
        self.seconds += seconds
        self.operations += operations
    }
}
