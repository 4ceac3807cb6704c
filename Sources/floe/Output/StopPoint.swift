import DurableFiles
import Foundation

/// Where work that is cheap to repeat is left after a signal.
enum StopPoint {
    /// Leaves at once, with 130 or 143, if a signal came. Files are whole or absent at any moment,
    /// so there is nothing to tidy up.
    static func check() {
        do { try StopSignal.throwIfReceived() } catch {
            let failure = CommandFailure(error)
            failure.report()
            _exit(failure.exitCode)
        }
    }
}
