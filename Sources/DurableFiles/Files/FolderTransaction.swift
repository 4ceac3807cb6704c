import Foundation
import Glibc

/// A folder built beside its final name and put there, whole, by one rename.
///
/// The manifest of a member is written into it last; `commit` flushes every file and folder,
/// renames without replacing, and flushes the parent. A transaction that is not committed removes
/// what it built; if the process dies, `DurableFile.removeStaleTemporaries` does.
public final class FolderTransaction {
    /// The final path.
    public let finalPath: String
    /// The temporary folder; files are written below it.
    public let path: String

    private let parts: PathParts
    private let temporary: String
    private let calls: any FileSystemCalls
    private var isOpen = true

    /// Creates the temporary folder.
    ///
    /// - Throws: `FloeError`, of kind `.usage` where the final name is taken already.
    public init(_ finalPath: String) throws {
        let calls = FileSystem.calls
        let parts = try PathParts(finalPath)
        if (try? calls.status(at: finalPath, followingLinks: false)) != nil {
            throw Self.taken(finalPath)
        }
        let temporary = TemporaryName.make(for: parts.name)
        let path = parts.sibling(temporary)
        do {
            try attempt(finalPath, "could not create the folder") { () throws(SystemCallError) in
                try calls.makeFolder(path)
            }
        } catch {
            TemporaryName.release(temporary)
            throw error
        }
        self.finalPath = finalPath
        self.parts = parts
        self.temporary = temporary
        self.path = path
        self.calls = calls
    }

    deinit { discard() }

    /// The path of a file or folder of the transaction, while it is not committed.
    public func path(of name: String) -> String {
        PathParts.join(path, name)
    }

    /// Writes a file into the folder and returns the digest of its bytes.
    @discardableResult
    public func write(_ data: Data, as name: String) throws -> SHA256Digest {
        try DurableFile.write(data, to: path(of: name))
    }

    /// Writes a file into the folder piece by piece.
    @discardableResult
    public func writing(
        _ name: String, _ body: (DurableFileWriter) throws -> Void
    ) throws -> SHA256Digest {
        try DurableFile.writing(to: path(of: name), body)
    }

    /// Puts the folder to its final name; on failure it is removed and the final name stays free.
    public func commit() throws {
        precondition(isOpen, "the transaction of \(finalPath) is over")
        do {
            try flushTree(path)
            do {
                try calls.renameWithoutReplacing(path, to: finalPath)
            } catch {
                if error.code == EEXIST || error.code == ENOTEMPTY { throw Self.taken(finalPath) }
                throw FloeError.systemCall(
                    error.code, file: finalPath, "could not rename the finished folder")
            }
        } catch {
            discard()
            throw error
        }
        isOpen = false
        TemporaryName.release(temporary)
        try calls.flushFolder(parts.folder)
    }

    /// Removes what was built; harmless after `commit`. What cannot be removed is left to the
    /// next run.
    public func discard() {
        guard isOpen else { return }
        isOpen = false
        try? FileSystem.$calls.withValue(calls) { try DurableFile.removeTree(path) }
        TemporaryName.release(temporary)
    }

    /// Flushes every file, and every folder after what it holds.
    private func flushTree(_ folder: String) throws {
        for name in try DurableFile.allNames(in: folder) {
            let entry = PathParts.join(folder, name)
            let status = try attempt(entry, "could not flush") { () throws(SystemCallError) in
                try calls.status(at: entry, followingLinks: false)
            }
            switch status.kind {
            case .folder: try flushTree(entry)
            case .regularFile: try flushFile(entry)
            case .symbolicLink, .special:
                preconditionFailure("a transaction's folder holds files and folders only")
            }
        }
        try calls.flushFolder(folder)
    }

    private func flushFile(_ file: String) throws {
        let descriptor = try attempt(file, "could not flush") { () throws(SystemCallError) in
            try calls.open(file, flags: OpenFlags.reading | OpenFlags.noFollow, mode: 0)
        }
        do {
            try calls.flush(descriptor)
        } catch {
            try? calls.close(descriptor)
            throw FloeError.systemCall(error.code, file: file, "could not flush")
        }
        try attempt(file, "could not close") { () throws(SystemCallError) in
            try calls.close(descriptor)
        }
    }

    private static func taken(_ path: String) -> FloeError {
        FloeError(
            .usage, file: path, "exists already", advice: "remove it or choose another name")
    }
}
