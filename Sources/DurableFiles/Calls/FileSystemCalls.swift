import Glibc

/// What a system call failed with.
struct SystemCallError: Error, Hashable {
    let code: Int32
}

/// The facts about a file that this module decides by.
struct FileStatus: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case regularFile
        case folder
        case symbolicLink
        /// A FIFO, a socket or a device, by its name.
        case special(String)

        var words: String {
            switch self {
            case .regularFile: "a regular file"
            case .folder: "a folder"
            case .symbolicLink: "a symbolic link"
            case .special(let name): name
            }
        }
    }

    let kind: Kind
    let size: Int
    let device: UInt64
    let inode: UInt64
}

/// The seam between this module and the operating system.
///
/// Every call that touches a disk goes through it, so that a test can make the n-th call fail,
/// shorten writes, and record what reached the disk in which order. `EINTR` is handled here: no
/// caller sees it.
protocol FileSystemCalls: Sendable {
    func open(_ path: String, flags: Int32, mode: UInt32) throws(SystemCallError) -> Int32
    func close(_ descriptor: Int32) throws(SystemCallError)
    func read(
        _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(SystemCallError) -> Int
    /// Reads from the descriptor's own position; pseudo files have no other way.
    func read(
        _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemCallError) -> Int
    func write(
        _ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int
    ) throws(SystemCallError) -> Int
    /// Writes at the end of a descriptor opened for appending.
    func append(
        _ descriptor: Int32, _ bytes: UnsafeRawBufferPointer
    ) throws(SystemCallError) -> Int
    func truncate(_ descriptor: Int32, to length: Int) throws(SystemCallError)
    func flush(_ descriptor: Int32) throws(SystemCallError)
    func rename(_ path: String, to newPath: String) throws(SystemCallError)
    /// Fails with `EEXIST` where the new name is taken.
    func renameWithoutReplacing(
        _ path: String, to newPath: String
    ) throws(SystemCallError)
    func removeFile(_ path: String) throws(SystemCallError)
    func makeFolder(_ path: String) throws(SystemCallError)
    func removeFolder(_ path: String) throws(SystemCallError)
    /// Fails with `EWOULDBLOCK` where another process holds the lock.
    func lock(_ descriptor: Int32) throws(SystemCallError)
    /// Takes the lock as soon as nobody else holds it.
    func lockWaiting(_ descriptor: Int32) throws(SystemCallError)
    func unlock(_ descriptor: Int32) throws(SystemCallError)
    func status(of descriptor: Int32) throws(SystemCallError) -> FileStatus
    func status(
        at path: String, followingLinks: Bool
    ) throws(SystemCallError) -> FileStatus
    /// The names in a folder but `.` and `..`, in the system's order; nil for a name that is not UTF-8.
    func names(in folder: String) throws(SystemCallError) -> [String?]
    /// The absolute path with every symbolic link resolved.
    func resolvedPath(_ path: String) throws(SystemCallError) -> String
}

/// The calls in use; tests bind others for the duration of a closure.
enum FileSystem {
    @TaskLocal static var calls: any FileSystemCalls = SystemFileCalls()
}

/// Runs one call and turns its failure into the error of a file.
func attempt<Result>(
    _ path: String, _ action: String, _ call: () throws(SystemCallError) -> Result
) throws(FloeError) -> Result {
    do {
        return try call()
    } catch {
        throw FloeError.systemCall(error.code, file: path, action)
    }
}

extension FileSystemCalls {
    /// Writes all bytes by one call after the other, at an offset or else at the file's end.
    func writeAll(
        _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int?, of path: String,
        _ action: String
    ) throws(FloeError) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = try attempt(path, action) { () throws(SystemCallError) in
                if let offset {
                    try write(descriptor, rest, at: offset + done)
                } else {
                    try append(descriptor, rest)
                }
            }
            // Nothing written and no reason given: the one known cause is a full device.
            guard count > 0 else { throw FloeError.systemCall(ENOSPC, file: path, action) }
            done += count
        }
    }

    /// Flushes a folder: the names created, renamed and removed in it survive a power loss.
    func flushFolder(_ path: String) throws(FloeError) {
        let descriptor = try attempt(path, "could not open the folder to flush it") {
            () throws(SystemCallError) in
            try open(path, flags: OpenFlags.folder, mode: 0)
        }
        do {
            try flush(descriptor)
        } catch {
            try? close(descriptor)
            // Some file systems cannot flush a folder and say so; there is nothing more to do.
            if error.code == EINVAL { return }
            throw FloeError.systemCall(error.code, file: path, "could not flush the folder")
        }
        try attempt(path, "could not close the folder") { () throws(SystemCallError) in
            try close(descriptor)
        }
    }
}
