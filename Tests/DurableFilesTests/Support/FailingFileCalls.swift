import Synchronization

@testable import DurableFiles

/// Calls of which the n-th fails, once or for good.
final class FailingFileCalls: WrappedFileCalls {
    private let failing: Int
    private let isForGood: Bool
    private let code: Int32
    private let longestWrite: Int
    private let made = Mutex(0)

    /// - Parameters:
    ///   - failing: which call fails, counted from 1; 0 for none.
    ///   - longestWrite: how many bytes a single read or write moves at most.
    init(failing: Int = 0, isForGood: Bool = false, code: Int32 = 0, longestWrite: Int = .max) {
        self.failing = failing
        self.isForGood = isForGood
        self.code = code
        self.longestWrite = longestWrite
    }

    /// How many calls were made.
    var count: Int { made.withLock { $0 } }

    func enter(_ kind: CallKind, _ path: String?) throws(SystemCallError) {
        let number = made.withLock { made in
            made += 1
            return made
        }
        if failing > 0, number == failing || (isForGood && number > failing) {
            throw SystemCallError(code: code)
        }
    }

    func allowedCount(_ count: Int) -> Int { min(count, longestWrite) }
}

/// Runs a part of a test that writes many files without flushing the disk for each.
func withoutFlushing<Result>(_ body: () throws -> Result) rethrows -> Result {
    try FileSystem.$calls.withValue(FailingFileCalls(), operation: body)
}
