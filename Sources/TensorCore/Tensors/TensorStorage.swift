import Foundation

/// One 64-byte aligned buffer of floats, taken from and given back to the caching allocator.
///
/// The only `@unchecked Sendable` class behind tensors: a buffer is written only while uniquely
/// referenced (`Tensor` copies on write), so that sharing it between threads is reading.
public final class TensorStorage: @unchecked Sendable {
    public let count: Int
    let pointer: UnsafeMutablePointer<Float>
    private let byteCapacity: Int
    /// The same values in private formats of a back end; touched on `ComputeThread` only, dropped
    /// when the buffer is written to.
    var derived: [Int: TensorStorage] = [:]
    /// Tensors that were computed from this one and others; as `derived`.
    var companion: Companion?

    /// The others are held, so that whoever writes to one of them writes to a copy: as long as they
    /// are the same buffers, they hold the same values.
    struct Companion {
        var others: [TensorStorage]
        var tensors: [Tensor]
    }

    init(count: Int) {
        self.count = count
        (pointer, byteCapacity) = CachingAllocator.shared.allocate(count: count)
    }

    deinit { CachingAllocator.shared.release(pointer, byteCapacity: byteCapacity) }
}

/// Keeps released buffers by size, because fresh pages for large activations at every step cost as
/// much as a convolution.
public final class CachingAllocator: @unchecked Sendable {
    public static let shared = CachingAllocator()

    private let lock = NSLock()
    private var free: [Int: [UnsafeMutableRawPointer]] = [:]
    private var cachedBytes = 0
    private var liveBytes = 0
    private var peakBytes = 0
    private var freshAllocations = 0

    /// Bytes in live tensors, their largest value so far, bytes kept for reuse, and how many
    /// buffers were ever taken from the system.
    public struct Statistics: Sendable {
        public var live: Int
        public var peak: Int
        public var cached: Int
        public var freshAllocations: Int
    }

    public var statistics: Statistics {
        lock.withLock {
            Statistics(
                live: liveBytes, peak: peakBytes, cached: cachedBytes,
                freshAllocations: freshAllocations)
        }
    }

    /// Sizes are rounded up to an eighth of their power of two, so that at most 12.5 % is unused.
    private static func capacity(forBytes bytes: Int) -> Int {
        guard bytes > 4096 else { return max(64, (bytes + 63) / 64 * 64) }
        let step = max(4096, 1 << (Int.bitWidth - 1 - bytes.leadingZeroBitCount - 3))
        return (bytes + step - 1) / step * step
    }

    func allocate(count: Int) -> (UnsafeMutablePointer<Float>, Int) {
        let capacity = Self.capacity(forBytes: count * MemoryLayout<Float>.stride)
        let reused: (UnsafeMutableRawPointer, Int)? = lock.withLock {
            let found = cached(capacity)
            liveBytes += found?.1 ?? capacity
            peakBytes = max(peakBytes, liveBytes)
            if found == nil { freshAllocations += 1 }
            return found
        }
        let (raw, bytes) = reused ?? (Self.freshPages(capacity), capacity)
        return (raw.assumingMemoryBound(to: Float.self), bytes)
    }

    /// A kept buffer of this size, or of up to a quarter more: an epoch's last, smaller batch then
    /// lives in the buffers of the others.
    private func cached(_ capacity: Int) -> (UnsafeMutableRawPointer, Int)? {
        if let pointer = free[capacity]?.popLast() {
            cachedBytes -= capacity
            return (pointer, capacity)
        }
        let largest = capacity + capacity / 4
        let larger = free.filter { $0.key > capacity && $0.key <= largest && !$0.value.isEmpty }
        guard let size = larger.keys.min(), let pointer = free[size]?.popLast() else { return nil }
        cachedBytes -= size
        return (pointer, size)
    }

    private static func freshPages(_ capacity: Int) -> UnsafeMutableRawPointer {
        let hugePage = 2 << 20
        var raw: UnsafeMutableRawPointer?
        let alignment = capacity >= 2 * hugePage ? hugePage : 64
        guard posix_memalign(&raw, alignment, capacity) == 0, let raw else {
            // Nothing can be unwound in the middle of a network; one line says it, as for any error.
            let line =
                "error: out of memory: no \(capacity >> 20) MiB for a tensor; "
                + "lower the batch or the images' size\n"
            FileHandle.standardError.write(Data(line.utf8))
            exit(6)
        }
        if capacity >= 2 * hugePage { madvise(raw, capacity, MADV_HUGEPAGE) }
        return raw
    }

    func release(_ pointer: UnsafeMutablePointer<Float>, byteCapacity: Int) {
        let isTooMuch = lock.withLock {
            liveBytes -= byteCapacity
            cachedBytes += byteCapacity
            free[byteCapacity, default: []].append(UnsafeMutableRawPointer(pointer))
            // A network that runs on one size reuses what it has; only changing sizes pile up.
            return cachedBytes + liveBytes > 2 * peakBytes + Self.freeAllowance
        }
        if isTooMuch { trim() }
    }
    private static let freeAllowance = 256 << 20

    /// Gives every cached buffer back to the system; live tensors stay.
    public func trim() {
        let pointers: [UnsafeMutableRawPointer] = lock.withLock {
            defer {
                free.removeAll()
                cachedBytes = 0
            }
            return free.values.flatMap { $0 }
        }
        for pointer in pointers { Foundation.free(pointer) }
    }
}
