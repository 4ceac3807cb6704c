import TensorCore

/// Starting values: a pure function of seed, member and the position of the parameter in its
/// network.
public struct ParameterInitializer: Sendable {
    public enum Distribution: Sendable {
        /// Uniform within ± 1 / sqrt(fan-in): PyTorch's default for convolutions and their biases.
        case torchDefault
        /// Normal with deviation sqrt(2 / fan-out); He et al. 2015, as torchvision starts ResNets.
        case heNormalFanOut
        /// Normal with deviation sqrt(2 / fan-in); He et al. 2015.
        case heNormal
        /// Uniform within ± sqrt(6 / fan-in); He et al. 2015.
        case heUniform
        /// Uniform within ± sqrt(6 / (fan-in + fan-out)); Glorot and Bengio 2010.
        case xavierUniform
    }

    private let seed: UInt64
    private let member: Int
    private let isUnfilled: Bool
    private var position = 0
    /// What every kernel is drawn from, whatever its layer asks for, biases then being 0; nil leaves
    /// it to the layers.
    public var kernelDistribution: Distribution?

    public init(seed: UInt64, member: Int = 0) {
        self.init(seed: seed, member: member, isUnfilled: false)
    }

    private init(seed: UInt64, member: Int, isUnfilled: Bool) {
        self.seed = seed
        self.member = member
        self.isUnfilled = isUnfilled
    }

    /// Tensors of the right shapes with nothing in them, for a network whose every leaf is about to
    /// be replaced: drawing millions of random numbers takes seconds.
    public static var unfilled: ParameterInitializer {
        ParameterInitializer(seed: 0, member: 0, isUnfilled: true)
    }

    /// A tensor of `shape`, a kernel or a bias `[out]`; the fans are those of the convolution that it belongs to.
    public mutating func tensor(
        _ shape: Shape, _ distribution: Distribution, fanIn: Int, fanOut: Int
    ) -> Tensor {
        if isUnfilled { return Tensor(uninitialized: shape) }
        var stream = RandomStream(
            seed: seed, purpose: .initialization, member: member, sample: position)
        position += 1
        if kernelDistribution != nil, shape.rank == 1 { return Tensor(zeros: shape) }
        let draw: (inout RandomStream) -> Double
        switch kernelDistribution ?? distribution {
        case .torchDefault:
            let bound = 1 / Double(fanIn).squareRoot()
            draw = { $0.uniform(-bound, bound) }
        case .heNormalFanOut:
            let deviation = (2 / Double(fanOut)).squareRoot()
            draw = { $0.normal() * deviation }
        case .heNormal:
            let deviation = (2 / Double(fanIn)).squareRoot()
            draw = { $0.normal() * deviation }
        case .heUniform:
            let bound = (6 / Double(fanIn)).squareRoot()
            draw = { $0.uniform(-bound, bound) }
        case .xavierUniform:
            let bound = (6 / Double(fanIn + fanOut)).squareRoot()
            draw = { $0.uniform(-bound, bound) }
        }
        var result = Tensor(uninitialized: shape)
        result.withUnsafeMutableElements { elements in
            for index in elements.indices { elements[index] = Float(draw(&stream)) }
        }
        return result
    }
}
