import Foundation
import Glibc
import Synchronization

/// The names of files and folders that are being made: `.<name>.tmp-<pid>-<random>`.
enum TemporaryName {
    /// The names that this process has given out and whose owner is still at work.
    ///
    /// A restarted container gives the same process number again: a name with our own number that
    /// is not in here was left by a dead predecessor.
    private static let active = Mutex<Set<String>>([])

    /// A fresh name, in use until `release`.
    static func make(for name: String) -> String {
        let random = String(UInt64.random(in: .min ... .max), radix: 16)
        let padded = String(repeating: "0", count: 16 - random.count) + random
        let suffix = ".tmp-\(getpid())-\(padded)"
        // A name holds 255 bytes at most; the random part tells long ones apart.
        var stem = name
        while stem.utf8.count + suffix.utf8.count + 1 > 255 { stem.removeLast() }
        let temporary = ".\(stem)\(suffix)"
        active.withLock { _ = $0.insert(temporary) }
        return temporary
    }

    /// The owner has finished with the name, whether or not it could remove the file.
    static func release(_ name: String) {
        active.withLock { _ = $0.remove(name) }
    }

    /// The process that made a temporary name; nil for any other name.
    static func owner(of name: String) -> Int32? {
        guard name.hasPrefix("."), let marker = name.range(of: ".tmp-", options: .backwards) else {
            return nil
        }
        let parts = name[marker.upperBound...].utf8.split(
            separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].count == 16,
            parts[0].allSatisfy({ (0x30...0x39).contains($0) }),
            parts[1].allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        return Int32(String(Substring(parts[0])))
    }

    /// Whether the process that made a temporary name is gone.
    static func isStale(_ name: String) -> Bool {
        guard let owner = owner(of: name), owner > 0 else { return false }
        if owner == getpid() { return !active.withLock { $0.contains(name) } }
        return kill(owner, 0) != 0 && errno == ESRCH
    }
}
