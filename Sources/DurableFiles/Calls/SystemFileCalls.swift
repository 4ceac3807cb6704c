import CCrypto
import Foundation
import Glibc

/// The flags that this module opens files with.
enum OpenFlags {
    static let folder = O_RDONLY | O_DIRECTORY | O_CLOEXEC
    /// Never waits for a writer of a FIFO, never takes over a terminal.
    static let reading = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
    static let noFollow = O_NOFOLLOW
    static let creating = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    static let appending = O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
    static let locking = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
}

/// The operating system's own calls.
struct SystemFileCalls: FileSystemCalls {
    /// The largest transfer that Linux does in one call.
    private static let largestTransfer = 0x7FFF_F000

    func open(_ path: String, flags: Int32, mode: UInt32) throws(SystemCallError) -> Int32 {
        try refuseNUL(path)
        return try repeating { Glibc.open(path, flags, mode) }
    }

    func close(_ descriptor: Int32) throws(SystemCallError) {
        // Linux frees the descriptor even where close fails: a second try could close another's.
        if Glibc.close(descriptor) != 0, errno != EINTR { throw SystemCallError(code: errno) }
    }

    func read(
        _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(SystemCallError) -> Int {
        try repeating {
            pread(descriptor, buffer.baseAddress, min(buffer.count, Self.largestTransfer), offset)
        }
    }

    func read(
        _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemCallError) -> Int {
        try repeating {
            Glibc.read(descriptor, buffer.baseAddress, min(buffer.count, Self.largestTransfer))
        }
    }

    func write(
        _ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int
    ) throws(SystemCallError) -> Int {
        try repeating {
            pwrite(descriptor, bytes.baseAddress, min(bytes.count, Self.largestTransfer), offset)
        }
    }

    func append(
        _ descriptor: Int32, _ bytes: UnsafeRawBufferPointer
    ) throws(SystemCallError) -> Int {
        try repeating {
            Glibc.write(descriptor, bytes.baseAddress, min(bytes.count, Self.largestTransfer))
        }
    }

    func truncate(_ descriptor: Int32, to length: Int) throws(SystemCallError) {
        _ = try repeating { ftruncate(descriptor, length) }
    }

    func flush(_ descriptor: Int32) throws(SystemCallError) {
        _ = try repeating { fsync(descriptor) }
    }

    func rename(_ path: String, to newPath: String) throws(SystemCallError) {
        try refuseNUL(path)
        try refuseNUL(newPath)
        _ = try repeating { Glibc.rename(path, newPath) }
    }

    func renameWithoutReplacing(
        _ path: String, to newPath: String
    ) throws(SystemCallError) {
        try refuseNUL(path)
        try refuseNUL(newPath)
        do {
            _ = try repeating { floe_rename_no_replace(path, newPath) }
        } catch {
            guard error.code == EINVAL || error.code == ENOSYS else { throw error }
            // A file system without the flag. The caller holds the lock of what it builds, and a
            // folder is never renamed onto one that holds anything.
            if (try? status(at: newPath, followingLinks: false)) != nil {
                throw SystemCallError(code: EEXIST)
            }
            _ = try repeating { Glibc.rename(path, newPath) }
        }
    }

    func removeFile(_ path: String) throws(SystemCallError) {
        try refuseNUL(path)
        _ = try repeating { unlink(path) }
    }

    func makeFolder(_ path: String) throws(SystemCallError) {
        try refuseNUL(path)
        _ = try repeating { mkdir(path, 0o777) }
    }

    func removeFolder(_ path: String) throws(SystemCallError) {
        try refuseNUL(path)
        _ = try repeating { rmdir(path) }
    }

    func lock(_ descriptor: Int32) throws(SystemCallError) {
        _ = try repeating { flock(descriptor, LOCK_EX | LOCK_NB) }
    }

    func lockWaiting(_ descriptor: Int32) throws(SystemCallError) {
        _ = try repeating { flock(descriptor, LOCK_EX) }
    }

    func unlock(_ descriptor: Int32) throws(SystemCallError) {
        _ = try repeating { flock(descriptor, LOCK_UN) }
    }

    func status(of descriptor: Int32) throws(SystemCallError) -> FileStatus {
        var record = stat()
        _ = try repeating { fstat(descriptor, &record) }
        return FileStatus(record)
    }

    func status(
        at path: String, followingLinks: Bool
    ) throws(SystemCallError) -> FileStatus {
        try refuseNUL(path)
        var record = stat()
        _ = try repeating { followingLinks ? stat(path, &record) : lstat(path, &record) }
        return FileStatus(record)
    }

    func names(in folder: String) throws(SystemCallError) -> [String?] {
        try refuseNUL(folder)
        guard let stream = opendir(folder) else { throw SystemCallError(code: errno) }
        defer { closedir(stream) }
        guard let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) else { return [] }
        var names: [String?] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw SystemCallError(code: errno) }
                return names
            }
            let start = (UnsafeRawPointer(entry) + nameOffset).assumingMemoryBound(to: CChar.self)
            let name = String(validatingCString: start)
            if name != ".", name != ".." { names.append(name) }
        }
    }

    func resolvedPath(_ path: String) throws(SystemCallError) -> String {
        try refuseNUL(path)
        guard let resolved = realpath(path, nil) else { throw SystemCallError(code: errno) }
        defer { free(resolved) }
        guard let text = String(validatingCString: resolved) else {
            throw SystemCallError(code: EILSEQ)
        }
        return text
    }

    /// A NUL byte would silently cut the path that the system sees.
    private func refuseNUL(_ path: String) throws(SystemCallError) {
        if path.utf8.contains(0) { throw SystemCallError(code: EINVAL) }
    }

    @inline(__always)
    private func repeating<Result: SignedInteger>(
        _ call: () -> Result
    ) throws(SystemCallError) -> Result {
        while true {
            let result = call()
            if result >= 0 { return result }
            let code = errno
            if code != EINTR { throw SystemCallError(code: code) }
        }
    }
}

extension FileStatus {
    fileprivate init(_ record: stat) {
        kind =
            switch record.st_mode & S_IFMT {
            case S_IFREG: .regularFile
            case S_IFDIR: .folder
            case S_IFLNK: .symbolicLink
            case S_IFIFO: .special("a FIFO")
            case S_IFSOCK: .special("a socket")
            default: .special("a device")
            }
        size = Int(record.st_size)
        device = UInt64(record.st_dev)
        inode = UInt64(record.st_ino)
    }
}
