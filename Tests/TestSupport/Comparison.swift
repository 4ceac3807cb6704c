import TensorCore

/// How far numbers are from what they should be.
public enum Comparison {
    /// Largest difference over the largest expected magnitude; infinite where a number is not
    /// finite or where the counts differ.
    public static func error(_ got: [Double], _ expected: [Double]) -> Double {
        guard got.count == expected.count else { return .infinity }
        var largest = 0.0
        var difference = 0.0
        for (a, b) in zip(got, expected) {
            guard a.isFinite, b.isFinite else { return .infinity }
            largest = max(largest, abs(b))
            difference = max(difference, abs(a - b))
        }
        return difference == 0 ? 0 : difference / max(largest, 1e-30)
    }

    public static func error(_ got: Tensor, _ expected: ReferenceTensor) -> Double {
        got.shape == expected.shape
            ? error(got.values.map(Double.init), expected.values) : .infinity
    }

    public static func error(_ got: Tensor, _ expected: Tensor) -> Double {
        got.shape == expected.shape
            ? error(got.values.map(Double.init), expected.values.map(Double.init)) : .infinity
    }

    /// True where the two hold the same bits in the same layout.
    public static func identical(_ a: Tensor, _ b: Tensor) -> Bool {
        a.shape == b.shape && a.layout == b.layout
            && zip(a.values, b.values).allSatisfy { $0.bitPattern == $1.bitPattern }
    }

    /// True where the padding of a blocked layout holds zeros, as every kernel expects.
    public static func paddingIsZero(_ tensor: Tensor) -> Bool {
        guard case .channelBlocked(let block) = tensor.layout else { return true }
        let (n, c, h, w) = tensor.shape.nchw
        let blocks = (c + block - 1) / block
        return tensor.withUnsafeElements { elements in
            for image in 0..<n {
                for pixel in 0..<h * w {
                    let start = ((image * blocks + blocks - 1) * h * w + pixel) * block
                    for lane in c - (blocks - 1) * block..<block where elements[start + lane] != 0 {
                        return false
                    }
                }
            }
            return true
        }
    }
}

/// Fills buffers that the allocator will hand out next with NaN, so that a kernel that reads what it
/// was never given shows.
public func poisonFreeBuffers(counts: [Int]) {
    var held: [Tensor] = []
    for count in Set(counts) where count > 0 {
        for _ in 0..<6 { held.append(Tensor(repeating: .nan, shape: [count])) }
    }
    held.removeAll()
}
