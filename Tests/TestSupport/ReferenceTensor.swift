import TensorCore

/// A tensor of Doubles in row-major order: what the plain reference computes with.
public struct ReferenceTensor: Sendable {
    public let shape: Shape
    public var values: [Double]

    public init(_ values: [Double], shape: Shape) {
        precondition(values.count == shape.count, "\(values.count) values for \(shape)")
        self.shape = shape
        self.values = values
    }

    public init(zeros shape: Shape) {
        self.init([Double](repeating: 0, count: shape.count), shape: shape)
    }

    /// The values of a single-precision tensor, whatever its layout.
    public init(_ tensor: Tensor) {
        self.init(tensor.values.map(Double.init), shape: tensor.shape)
    }

    /// Uniform numbers that single precision holds exactly, so that both sides start alike.
    public static func random(
        _ shape: Shape, seed: Int, from low: Double = -1, to high: Double = 1
    ) -> ReferenceTensor {
        var stream = RandomStream(seed: 0x7E57, purpose: .test, sample: seed)
        return ReferenceTensor(
            (0..<shape.count).map { _ in Double(Float(stream.uniform(low, high))) }, shape: shape)
    }

    /// Rounded to single precision; the layout holds for tensors of rank 4 only.
    public func tensor(_ layout: Layout = .plain) -> Tensor {
        let plain = Tensor(values.map { Float($0) }, shape: shape)
        return shape.rank == 4 ? plain.converted(to: layout) : plain
    }

    /// One value of `[batch, channels, height, width]`.
    public subscript(image: Int, channel: Int, row: Int, column: Int) -> Double {
        get { values[offset(image, channel, row, column)] }
        set { values[offset(image, channel, row, column)] = newValue }
    }

    /// Position of a value in `values`.
    public func offset(_ image: Int, _ channel: Int, _ row: Int, _ column: Int) -> Int {
        ((image * shape[1] + channel) * shape[2] + row) * shape[3] + column
    }

    /// Sum of products with another tensor of the same shape.
    public func dot(_ other: ReferenceTensor) -> Double {
        zip(values, other.values).reduce(0) { $0 + $1.0 * $1.1 }
    }
}
