import Foundation

/// A file open for appending: each piece is there whole or not at all.
///
/// What the pieces are and which of them opening keeps is its owner's to say, and so is that one thread
/// at a time uses it.
final class AppendedFile {
    let path: String
    /// How many bytes were cut at opening.
    let cutByteCount: Int

    private let calls: any FileSystemCalls
    private let isShared: Bool
    private var descriptor: Int32?
    /// Where a piece began that could neither be written whole nor be taken back.
    private var tornStart: Int?

    /// Opens a file, or creates it, and cuts what is not to stay.
    ///
    /// - Parameters:
    ///   - limit: the largest file in bytes that is accepted.
    ///   - isShared: whether other processes may append to it, so that cutting and writing need the
    ///     file's own lock.
    ///   - keeping: how many of the file's bytes stay.
    init(
        _ path: String, limit: Int, isShared: Bool, keeping keptByteCount: (Data) -> Int
    ) throws {
        let calls = FileSystem.calls
        let parts = try PathParts(path)
        let isNew = (try? calls.status(at: path, followingLinks: false)) == nil
        let descriptor = try attempt(path, "could not open") { () throws(SystemCallError) in
            try calls.open(path, flags: OpenFlags.appending, mode: 0o666)
        }
        do {
            cutByteCount = try calls.locked(descriptor, of: path, if: isShared) {
                // Read under the lock: what another process is just writing is not torn.
                let existing = try DurableFile.read(path, limit: limit, followingLinks: false)
                let kept = keptByteCount(existing)
                guard kept < existing.count else { return 0 }
                try attempt(path, "could not cut the end") { () throws(SystemCallError) in
                    try calls.truncate(descriptor, to: kept)
                    try calls.flush(descriptor)
                }
                return existing.count - kept
            }
            if isNew { try calls.flushFolder(parts.folder) }
        } catch {
            try? calls.close(descriptor)
            throw error
        }
        self.path = path
        self.calls = calls
        self.isShared = isShared
        self.descriptor = descriptor
    }

    deinit {
        if let descriptor { try? calls.close(descriptor) }
    }

    /// Appends one piece; if it cannot be written whole, what was written of it is taken back, at
    /// the latest before the next one.
    func append(_ piece: Data) throws {
        guard let descriptor else { preconditionFailure("the file \(path) is closed") }
        try calls.locked(descriptor, of: path, if: isShared) {
            let start = try attempt(path, "could not append") { () throws(SystemCallError) in
                if let tornStart { try calls.truncate(descriptor, to: tornStart) }
                tornStart = nil
                return try calls.status(of: descriptor).size
            }
            do {
                try piece.withUnsafeBytes { bytes in
                    try calls.writeAll(bytes, to: descriptor, at: nil, of: path, "could not append")
                }
            } catch {
                if (try? calls.truncate(descriptor, to: start)) == nil { tornStart = start }
                throw error
            }
        }
    }

    /// Makes everything appended so far survive a power loss; nothing where it is closed.
    func flush() throws {
        guard let descriptor else { return }
        try attempt(path, "could not flush") { () throws(SystemCallError) in
            try calls.flush(descriptor)
        }
    }

    /// Flushes and closes; appending afterwards is a programming error.
    func close() throws {
        guard let descriptor else { return }
        do {
            try flush()
        } catch {
            self.descriptor = nil
            try? calls.close(descriptor)
            throw error
        }
        self.descriptor = nil
        try attempt(path, "could not close") { () throws(SystemCallError) in
            try calls.close(descriptor)
        }
    }
}

extension FileSystemCalls {
    /// Runs `body`; while it runs, no other process writes to a file that is shared.
    fileprivate func locked<Result>(
        _ descriptor: Int32, of path: String, if isShared: Bool, _ body: () throws -> Result
    ) throws -> Result {
        guard isShared else { return try body() }
        try attempt(path, "could not lock") { () throws(SystemCallError) in
            try lockWaiting(descriptor)
        }
        defer { try? unlock(descriptor) }
        return try body()
    }
}
