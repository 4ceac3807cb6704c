import DurableFiles
import Foundation
import Glibc

/// A regular file opened for reading at any offset, so that a large scene is never held whole.
///
/// What is not a regular file is refused before it is opened, and opening never waits.
final class ImageFile {
    let path: String
    let size: Int
    private let descriptor: Int32
    /// The first failure to read, kept while a C library is in between.
    private(set) var failure: FloeError?

    init(_ path: String) throws {
        self.path = path
        guard !path.utf8.contains(0) else {
            throw FloeError(.badData, file: path, "the path holds a NUL byte")
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw Self.error(errno, path) }
        try Self.requireRegular(status, path)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw Self.error(errno, path) }
        self.descriptor = descriptor
        // The name may have changed hands in between.
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw Self.error(code, path)
        }
        size = Int(status.st_size)
        do {
            try Self.requireRegular(status, path)
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    /// Fills `target` from `offset`; fewer bytes at the end of the file or after a failure.
    func read(at offset: UInt64, into target: UnsafeMutableRawBufferPointer) -> Int {
        var done = 0
        while done < target.count, let base = target.baseAddress {
            let count = pread(
                descriptor, base + done, target.count - done, off_t(clamping: offset) + off_t(done))
            if count > 0 {
                done += count
            } else if count == 0 {
                break
            } else if errno != EINTR {
                if failure == nil { failure = Self.error(errno, path) }
                break
            }
        }
        return done
    }

    /// The first `count` bytes, or all there are.
    func prefix(_ count: Int) throws -> [UInt8] {
        let wanted = min(count, size)
        let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
            filled = read(at: 0, into: UnsafeMutableRawBufferPointer(buffer))
        }
        if let failure { throw failure }
        return bytes
    }

    private static func requireRegular(_ status: stat, _ path: String) throws {
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FloeError(
                .badData, file: path, "not readable as an image", expected: "a regular file",
                got: status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a special file")
        }
    }

    private static func error(_ code: Int32, _ path: String) -> FloeError {
        let kind: FloeError.Kind =
            switch code {
            case ENOENT, ENOTDIR: .notFound
            case EACCES, EPERM: .permission
            case ENAMETOOLONG, ELOOP: .badData
            default: .inputOutput
            }
        return FloeError(kind, file: path, "could not be read: \(String(cString: strerror(code)))")
    }
}
