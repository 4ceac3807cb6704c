/// Stride, zero padding and dilation of a two-dimensional convolution, the same on both axes.
public struct ConvolutionGeometry: Hashable, Sendable {
    public var stride: Int
    public var padding: Int
    public var dilation: Int

    public init(stride: Int = 1, padding: Int = 0, dilation: Int = 1) {
        precondition(stride > 0 && padding >= 0 && dilation > 0, "impossible geometry")
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
    }

    /// Output extent for an input extent and a kernel extent.
    public func outputExtent(of input: Int, kernel: Int) -> Int {
        (input + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1
    }

    /// Output shape for an input `[batch, channels, height, width]` and a weight
    /// `[out, in, height, width]`.
    public func outputShape(input: Shape, weight: Shape) -> Shape {
        let (n, c, h, w) = input.nchw
        precondition(
            c == weight[1], "input \(input) has \(c) channels, weight \(weight) takes \(weight[1])")
        return [
            n, weight[0], outputExtent(of: h, kernel: weight[2]),
            outputExtent(of: w, kernel: weight[3]),
        ]
    }
}

/// Window, stride and padding of a pooling, the same on both axes.
public struct PoolingGeometry: Hashable, Sendable {
    public var window: Int
    public var stride: Int
    public var padding: Int

    public init(window: Int, stride: Int? = nil, padding: Int = 0) {
        self.window = window
        self.stride = stride ?? window
        self.padding = padding
    }

    /// Output shape; windows that do not fit whole are left out, as in PyTorch's default.
    public func outputShape(input: Shape) -> Shape {
        let (n, c, h, w) = input.nchw
        return [
            n, c, (h + 2 * padding - window) / stride + 1, (w + 2 * padding - window) / stride + 1,
        ]
    }
}
