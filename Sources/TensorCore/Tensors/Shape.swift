/// The extents of a tensor, outermost first; images are `[batch, channels, height, width]`.
public struct Shape: Hashable, Sendable, CustomStringConvertible, ExpressibleByArrayLiteral {
    public let dimensions: [Int]

    public init(_ dimensions: [Int]) {
        precondition(dimensions.allSatisfy { $0 >= 0 }, "negative extent in \(dimensions)")
        self.dimensions = dimensions
    }

    public init(arrayLiteral elements: Int...) { self.init(elements) }

    public var rank: Int { dimensions.count }
    public var count: Int { dimensions.reduce(1, *) }
    public subscript(axis: Int) -> Int { dimensions[axis] }

    public var description: String {
        "[" + dimensions.map(String.init).joined(separator: ", ") + "]"
    }
}

extension Shape {
    /// `[batch, channels, height, width]` taken apart; a wrong rank is our own mistake.
    public var nchw: (batch: Int, channels: Int, height: Int, width: Int) {
        precondition(rank == 4, "expected [batch, channels, height, width], got \(self)")
        return (dimensions[0], dimensions[1], dimensions[2], dimensions[3])
    }
}

extension Shape {
    /// `[batch, channels, height, width]` of maps concatenated along the channels.
    static func sideBySide(_ parts: [Shape]) -> Shape {
        precondition(
            parts.allSatisfy {
                $0[0] == parts[0][0] && $0[2] == parts[0][2] && $0[3] == parts[0][3]
            },
            "cannot put \(parts) side by side")
        return [parts[0][0], parts.reduce(0) { $0 + $1[1] }, parts[0][2], parts[0][3]]
    }
}
