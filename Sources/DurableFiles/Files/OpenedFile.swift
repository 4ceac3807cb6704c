import Foundation
import Glibc

/// A regular file opened for reading; nothing else is ever opened, and opening never waits.
final class OpenedFile {
    let path: String
    let size: Int
    private let calls: any FileSystemCalls
    private let descriptor: Int32
    private var isOpen = true

    /// Opens a regular file.
    ///
    /// - Parameter followingLinks: whether a symbolic link at the end of the path may be followed.
    init(_ path: String, followingLinks: Bool) throws {
        self.path = path
        let calls = FileSystem.calls
        self.calls = calls
        // Opening a device can already do something, so the kind is looked at first, and once more
        // on what was opened, because the name may have changed hands in between.
        let before = try attempt(path, "could not read") { () throws(SystemCallError) in
            try calls.status(at: path, followingLinks: followingLinks)
        }
        try Self.requireRegular(before, path)
        let descriptor = try attempt(path, "could not open") { () throws(SystemCallError) in
            try calls.open(
                path, flags: OpenFlags.reading | (followingLinks ? 0 : OpenFlags.noFollow), mode: 0)
        }
        do {
            let status = try attempt(path, "could not read") { () throws(SystemCallError) in
                try calls.status(of: descriptor)
            }
            try Self.requireRegular(status, path)
            size = status.size
        } catch {
            try? calls.close(descriptor)
            throw error
        }
        self.descriptor = descriptor
    }

    deinit { close() }

    /// Closes the file; what was read stays valid, so a failure to close is of no consequence.
    func close() {
        guard isOpen else { return }
        isOpen = false
        try? calls.close(descriptor)
    }

    /// Reads the next bytes; 0 at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        try attempt(path, "could not read") { () throws(SystemCallError) in
            try calls.read(descriptor, into: buffer)
        }
    }

    private static func requireRegular(_ status: FileStatus, _ path: String) throws {
        guard status.kind == .regularFile else {
            throw FloeError(
                .badData, file: path, "not readable as a file", expected: "a regular file",
                got: status.kind.words)
        }
    }
}
