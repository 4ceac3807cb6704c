import Foundation
import Glibc

/// The child's side of `WorkerCommand.hasLifeline`: it does not outlive its parent.
///
/// A worker that went on after its parent was killed would hold the lock of its member against
/// the next run. Ending at once is safe: every file is committed whole or not at all.
public enum ParentLifeline {
    /// Watches standard input on a thread of its own and exits with code 137 when it ends.
    public static func exitWithParent() {
        let thread = Thread {
            var byte: UInt8 = 0
            while true {
                let count = read(0, &byte, 1)
                if count > 0 || (count < 0 && errno == EINTR) { continue }
                ChildTable.signalAll(SIGKILL)
                _exit(128 + SIGKILL)
            }
        }
        thread.stackSize = 1 << 18
        thread.start()
    }
}
