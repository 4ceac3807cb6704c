import TensorCore

/// What stands between a convolution and its ReLU.
public enum Norm2D: Module {
    /// Which norm; groups must divide the channels.
    public enum Kind: Hashable, Sendable {
        case batch, instance, adaptive, none
        case group(Int)
    }

    case batch(BatchNorm2D)
    case group(GroupNorm2D)
    case adaptive(AdaptiveNorm2D)
    case none

    public init(_ kind: Kind, _ channels: Int, epsilon: Float = 1e-5) {
        switch kind {
        case .batch: self = .batch(BatchNorm2D(channels, epsilon: epsilon))
        case .instance:
            self = .group(GroupNorm2D(channels, groups: channels, epsilon: epsilon))
        case .group(let groups):
            self = .group(GroupNorm2D(channels, groups: groups, epsilon: epsilon))
        case .adaptive: self = .adaptive(AdaptiveNorm2D(channels, epsilon: epsilon))
        case .none: self = .none
        }
    }

    /// - Parameter relu: ReLU of the result in the same pass.
    public func callAsFunction(
        _ x: Variable, relu: Bool, in context: ForwardContext
    ) -> Variable {
        switch self {
        case .batch(let norm): norm(x, relu: relu, in: context)
        case .group(let norm): norm(x, relu: relu, in: context)
        case .adaptive(let norm): norm(x, relu: relu, in: context)
        case .none: relu ? context.relu(x) : x
        }
    }

    public mutating func visitState(_ visitor: inout some StateVisitor) {
        switch self {
        case .batch(var norm):
            norm.visitState(&visitor)
            self = .batch(norm)
        case .group(var norm):
            norm.visitState(&visitor)
            self = .group(norm)
        case .adaptive(var norm):
            norm.visitState(&visitor)
            self = .adaptive(norm)
        case .none: break
        }
    }
}

extension Conv2D {
    /// Convolution of maps side by side, a norm and ReLU. A batch norm is part of the convolution in
    /// prediction; other norms, which no fixed numbers describe, come after it.
    public func callAsFunction(
        _ inputs: [Variable], norm: Norm2D, relu: Bool, in context: ForwardContext
    ) -> Variable {
        if case .batch(let norm) = norm {
            return self(inputs, norm: norm, relu: relu, in: context)
        }
        return norm(self(inputs, in: context), relu: relu, in: context)
    }
}
