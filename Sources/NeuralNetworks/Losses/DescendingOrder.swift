/// Sorts numbers above 0 from the largest to the smallest, equal ones by their position.
///
/// A radix sort of the numbers' bits, which stand in the same order as the numbers.
struct DescendingOrder: ~Copyable {
    private static let bits = 11
    private static let buckets = 1 << bits

    /// Complemented bits above the position.
    private var entries: UnsafeMutablePointer<UInt64>
    private var spare: UnsafeMutablePointer<UInt64>
    private let capacity: Int
    private(set) var count = 0

    init(capacity: Int) {
        self.capacity = capacity
        entries = .allocate(capacity: max(1, capacity))
        spare = .allocate(capacity: max(1, capacity))
    }

    deinit {
        entries.deallocate()
        spare.deallocate()
    }

    mutating func removeAll() { count = 0 }

    /// Adds a number, unless it is 0 or less; NaN counts as larger than all.
    @inline(__always)
    mutating func add(_ value: Float, position: Int) {
        guard !(value <= 0) else { return }
        let bits = value.isNaN ? Float.nan.bitPattern : value.bitPattern
        entries[count] = UInt64(~bits) << 32 | UInt64(truncatingIfNeeded: position)
        count += 1
    }

    mutating func sort() {
        var counts = [Int](repeating: 0, count: 3 * Self.buckets)
        counts.withUnsafeMutableBufferPointer { counts in
            let mask = UInt64(Self.buckets - 1)
            for index in 0..<count {
                let key = entries[index] >> 32
                counts[Int(key & mask)] += 1
                counts[Self.buckets + Int(key >> 11 & mask)] += 1
                counts[2 * Self.buckets + Int(key >> 22)] += 1
            }
            for pass in 0..<3 {
                let starts = pass * Self.buckets
                var sum = 0
                for bucket in starts..<starts + Self.buckets {
                    let own = counts[bucket]
                    counts[bucket] = sum
                    sum += own
                }
                let shift = UInt64(32 + pass * Self.bits)
                for index in 0..<count {
                    let entry = entries[index]
                    let bucket = starts + Int(entry >> shift & mask)
                    spare[counts[bucket]] = entry
                    counts[bucket] += 1
                }
                swap(&entries, &spare)
            }
        }
    }

    /// The number at a rank.
    @inline(__always)
    func value(_ rank: Int) -> Float { Float(bitPattern: ~UInt32(entries[rank] >> 32)) }

    /// The position that the number at a rank was added with.
    @inline(__always)
    func position(_ rank: Int) -> Int { Int(entries[rank] & 0xFFFF_FFFF) }
}
