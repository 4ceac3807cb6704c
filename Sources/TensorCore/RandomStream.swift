/// Counter-based random numbers (Philox 4x32-10; Salmon et al., "Parallel random numbers: as easy
/// as 1, 2, 3", SC 2011).
///
/// A stream is a pure function of what it is for: seed, purpose, member, epoch and sample. There is
/// no state to save in a checkpoint and no dependence on threads or on the order of calls elsewhere.
public struct RandomStream: RandomNumberGenerator, Sendable {
    /// What the numbers are for; two purposes never share a stream. Raw values are part of the
    /// format: changing one changes every result.
    public enum Purpose: UInt32, Sendable {
        case initialization = 1
        case bag = 2
        case split = 3
        case shuffle = 4
        case augmentation = 5
        case dropout = 6
        case selfTest = 7
        case synthesis = 8
        case interval = 9
        case fold = 10
        case order = 11
        case subset = 12
        case fitting = 13
        case test = 99
    }

    private var key: (UInt32, UInt32)
    private let high: (UInt32, UInt32)
    private var counter: UInt64 = 0
    private var pending: UInt64?

    public init(
        seed: UInt64, purpose: Purpose, member: Int = 0, epoch: Int = 0, sample: Int = 0
    ) {
        // The name of the stream is hashed by the generator itself into a key of its own.
        let words = Self.philox(
            counter: (
                purpose.rawValue, UInt32(truncatingIfNeeded: member),
                UInt32(truncatingIfNeeded: epoch), UInt32(truncatingIfNeeded: sample)
            ),
            key: (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
        key = (words.0, words.1)
        high = (words.2, words.3)
    }

    /// Numbers of their own for one of several things that a stream is for; number 0 is the stream
    /// itself from its beginning.
    ///
    /// How many numbers another substream took makes no difference, up to 2^41 of them.
    public func substream(_ number: Int) -> RandomStream {
        precondition((0..<1 << 24).contains(number), "no substream \(number)")
        var result = self
        result.counter = UInt64(number) << 40
        result.pending = nil
        return result
    }

    public mutating func next() -> UInt64 {
        if let value = pending {
            pending = nil
            return value
        }
        let low = counter
        counter += 1
        let words = Self.philox(
            counter: (
                UInt32(truncatingIfNeeded: low), UInt32(truncatingIfNeeded: low >> 32), high.0,
                high.1
            ), key: key)
        pending = UInt64(words.2) << 32 | UInt64(words.3)
        return UInt64(words.0) << 32 | UInt64(words.1)
    }

    /// Uniform in [0, 1), 53 bits.
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Uniform in [low, high).
    public mutating func uniform(_ low: Double, _ high: Double) -> Double {
        low + (high - low) * uniform()
    }

    /// Uniform in 0..<bound, without bias (Lemire 2019).
    public mutating func index(below bound: Int) -> Int {
        precondition(bound > 0, "no index below \(bound)")
        let range = UInt64(bound)
        var product = next().multipliedFullWidth(by: range)
        if product.low < range {
            let threshold = (0 &- range) % range
            while product.low < threshold { product = next().multipliedFullWidth(by: range) }
        }
        return Int(product.high)
    }

    public mutating func chance(_ probability: Double) -> Bool { uniform() < probability }

    /// Fisher-Yates, the same on every platform and in every release of the standard library.
    public mutating func shuffle<Element>(_ items: inout [Element]) {
        guard items.count > 1 else { return }
        for last in stride(from: items.count - 1, to: 0, by: -1) {
            items.swapAt(last, index(below: last + 1))
        }
    }

    static func philox(
        counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32)
    ) -> (UInt32, UInt32, UInt32, UInt32) {
        var (c0, c1, c2, c3) = counter
        var (k0, k1) = key
        for _ in 0..<10 {
            let product0 = UInt64(0xD251_1F53) * UInt64(c0)
            let product1 = UInt64(0xCD9E_8D57) * UInt64(c2)
            (c0, c1, c2, c3) = (
                UInt32(truncatingIfNeeded: product1 >> 32) ^ c1 ^ k0,
                UInt32(truncatingIfNeeded: product1),
                UInt32(truncatingIfNeeded: product0 >> 32) ^ c3 ^ k1,
                UInt32(truncatingIfNeeded: product0)
            )
            k0 &+= 0x9E37_79B9
            k1 &+= 0xBB67_AE85
        }
        return (c0, c1, c2, c3)
    }
}
