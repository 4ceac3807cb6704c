import Foundation

/// Makes the next items on another thread while the current one is used.
///
/// Items come in order; what `make` throws is thrown at its place.
final class Prefetcher<Item: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private let capacity: Int
    private var ready: [Result<Item, any Error>] = []
    private var isStopped = false
    private var remaining: Int

    init(
        _ range: Range<Int>, capacity: Int = 2,
        make: @escaping @Sendable (Int) throws -> Item
    ) {
        self.capacity = capacity
        remaining = range.count
        let thread = Thread { [self] in
            for index in range {
                let item = Result { try make(index) }
                condition.lock()
                while ready.count >= capacity, !isStopped { condition.wait() }
                if isStopped {
                    condition.unlock()
                    return
                }
                ready.append(item)
                condition.broadcast()
                condition.unlock()
            }
        }
        thread.name = "floe-prefetch"
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// The next item, or nil after the last.
    func next() throws -> Item? {
        condition.lock()
        defer { condition.unlock() }
        guard remaining > 0 else { return nil }
        while ready.isEmpty { condition.wait() }
        remaining -= 1
        let item = ready.removeFirst()
        condition.broadcast()
        return try item.get()
    }

    /// Lets the thread end before its range is used up.
    func stop() {
        condition.withLock {
            isStopped = true
            condition.broadcast()
        }
    }
}
