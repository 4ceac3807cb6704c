import Foundation

/// Writes checkpoints on a thread of its own while the training goes on.
///
/// A checkpoint of a ResNet-18 U-Net is a quarter of a gigabyte that has to reach the disk; waiting
/// for it would cost a third of a short epoch. Tensors are values: what the training changes
/// meanwhile is a copy. One checkpoint is written at a time.
final class CheckpointWriter: @unchecked Sendable {
    private let folder: String
    private let condition = NSCondition()
    private var isWriting = false
    private var failure: (any Error)?
    private var written: [Checkpoint.State] = []
    private var lastStart = ContinuousClock.now

    init(folder: String) { self.folder = folder }

    /// Seconds since a checkpoint was begun, or since the training was.
    var secondsSinceStart: Double { (ContinuousClock.now - lastStart) / .seconds(1) }

    /// Starts to write, once the one before is done.
    ///
    /// - Returns: the states that have been written since the last call.
    /// - Throws: what the one before failed with.
    func start(_ checkpoint: Checkpoint) throws -> [Checkpoint.State] {
        let done = try finish()
        lastStart = .now
        condition.withLock { isWriting = true }
        let thread = Thread { [self] in
            let result = Result { try checkpoint.save(in: folder) }
            condition.withLock {
                switch result {
                case .success: written.append(checkpoint.state)
                case .failure(let error): failure = error
                }
                isWriting = false
                condition.broadcast()
            }
        }
        thread.name = "floe-checkpoint"
        thread.stackSize = 8 << 20
        thread.start()
        return done
    }

    /// Waits for what is being written.
    ///
    /// - Returns: the states that have been written since the last call.
    /// - Throws: what it failed with, once.
    func finish() throws -> [Checkpoint.State] {
        condition.lock()
        defer { condition.unlock() }
        while isWriting { condition.wait() }
        defer {
            failure = nil
            written = []
        }
        if let failure { throw failure }
        return written
    }
}
