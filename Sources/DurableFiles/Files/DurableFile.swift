import Foundation
import Glibc

/// The one way to write a file: it holds its old bytes or its new ones, whatever happens.
///
/// The bytes go to a temporary file beside the final name, are hashed while they are written and
/// flushed; then the temporary is renamed and the folder is flushed. A failure at any step removes
/// the temporary and leaves the old file as it was.
public enum DurableFile {
    /// Writes a whole file and returns the digest of its bytes.
    ///
    /// - Throws: `FloeError` of kind `.inputOutput` (no space, failing device), `.permission`,
    ///   `.notFound` (no such folder) or `.usage` (the name is taken by something else than a
    ///   regular file).
    @discardableResult
    public static func write(_ data: Data, to path: String) throws -> SHA256Digest {
        try writing(to: path) { try $0.write(data) }
    }

    /// Writes a file piece by piece and commits it when the closure returns.
    ///
    /// The closure may seek and write anywhere, so that a header can be completed at the end. If
    /// it throws, the file is not committed and the error is passed on.
    @discardableResult
    public static func writing(
        to path: String, _ body: (DurableFileWriter) throws -> Void
    ) throws -> SHA256Digest {
        let calls = FileSystem.calls
        let parts = try PathParts(path)
        try requireReplaceable(path, calls)
        let temporary = TemporaryName.make(for: parts.name)
        defer { TemporaryName.release(temporary) }
        let temporaryPath = parts.sibling(temporary)
        let writer = try DurableFileWriter(
            path: path, temporaryPath: temporaryPath, calls: calls)
        let digest: SHA256Digest
        do {
            try body(writer)
            digest = try writer.finish()
            try attempt(path, "could not rename the finished file") {
                () throws(SystemCallError) in
                try calls.rename(temporaryPath, to: path)
            }
        } catch {
            writer.abandon()
            throw error
        }
        try calls.flushFolder(parts.folder)
        return digest
    }

    /// Renaming over a device or through a link would destroy what the user has there.
    private static func requireReplaceable(
        _ path: String, _ calls: any FileSystemCalls
    ) throws {
        let status: FileStatus
        do {
            status = try calls.status(at: path, followingLinks: false)
        } catch {
            guard error.code == ENOENT else {
                throw FloeError.systemCall(error.code, file: path, "could not create")
            }
            return
        }
        guard status.kind == .regularFile else {
            throw FloeError(
                .usage, file: path, "cannot be replaced", expected: "a regular file or nothing",
                got: status.kind.words, advice: "remove it or choose another name")
        }
    }
}
