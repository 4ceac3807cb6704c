import Foundation
import Glibc

extension DurableFile {
    /// Creates a folder and those above it that are missing, so that they survive a power loss.
    ///
    /// - Throws: `FloeError`, of kind `.usage` where the name is taken by something else.
    public static func createFolder(_ path: String) throws {
        let calls = FileSystem.calls
        do {
            let status = try calls.status(at: path, followingLinks: true)
            guard status.kind == .folder else { throw notAFolder(path, status) }
            return
        } catch let error as SystemCallError {
            guard error.code == ENOENT else {
                throw FloeError.systemCall(error.code, file: path, "could not create the folder")
            }
        }
        let parts = try PathParts(path)
        if parts.folder != ".", parts.folder != "/" { try createFolder(parts.folder) }
        do {
            try calls.makeFolder(path)
        } catch {
            // Another process may have made it in between.
            let status = try? calls.status(at: path, followingLinks: true)
            guard error.code == EEXIST, status?.kind == .folder else {
                throw FloeError.systemCall(error.code, file: path, "could not create the folder")
            }
        }
        try calls.flushFolder(parts.folder)
    }

    /// The names in a folder in bytewise order, without those of files that are being made.
    ///
    /// - Throws: `FloeError`, of kind `.badData` for a name that is not UTF-8.
    public static func listFolder(_ path: String) throws -> [String] {
        try allNames(in: path).filter { !isTemporaryName($0) }
    }

    /// Whether a name is that of a file or folder on its way: `.<name>.tmp-<pid>-<random>`.
    public static func isTemporaryName(_ name: String) -> Bool {
        TemporaryName.owner(of: name) != nil
    }

    /// Removes the temporary files and folders whose process is dead and returns their names.
    ///
    /// Called under the lock of what is written. A process of another machine or container looks
    /// dead from here: in a folder that several may share, only what the lock covers is removed.
    ///
    /// - Parameter names: final names whose temporaries are looked at; nil for all.
    @discardableResult
    public static func removeStaleTemporaries(
        in folder: String, of names: Set<String>? = nil
    ) throws -> [String] {
        let stale = try allNames(in: folder).filter { name in
            guard TemporaryName.isStale(name) else { return false }
            return names?.contains { name.hasPrefix(".\($0).tmp-") } ?? true
        }
        for name in stale { try removeTree(PathParts.join(folder, name)) }
        return stale
    }

    /// Every name in a folder in bytewise order.
    static func allNames(in folder: String) throws -> [String] {
        let calls = FileSystem.calls
        let names = try attempt(folder, "could not list the folder") {
            () throws(SystemCallError) in
            try calls.names(in: folder)
        }
        return try names.map { name in
            guard let name else {
                throw FloeError(
                    .badData, file: folder, "a name in the folder is not UTF-8",
                    advice: "rename it")
            }
            return name
        }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Removes a file, or a folder with all it holds; symbolic links are removed, not followed.
    static func removeTree(_ path: String) throws {
        let calls = FileSystem.calls
        let status = try attempt(path, "could not remove") { () throws(SystemCallError) in
            try calls.status(at: path, followingLinks: false)
        }
        guard status.kind == .folder else {
            try attempt(path, "could not remove") { () throws(SystemCallError) in
                try calls.removeFile(path)
            }
            return
        }
        for name in try allNames(in: path) { try removeTree(PathParts.join(path, name)) }
        try attempt(path, "could not remove") { () throws(SystemCallError) in
            try calls.removeFolder(path)
        }
    }

    /// Removes a file or a folder with all it holds, and makes that survive a power loss.
    ///
    /// What is absent already is no error. Symbolic links are removed, not followed.
    public static func remove(_ path: String) throws {
        let calls = FileSystem.calls
        let parts = try PathParts(path)
        do {
            try removeTree(path)
        } catch let error as FloeError where error.kind == .notFound {
            return
        }
        try calls.flushFolder(parts.folder)
    }

    private static func notAFolder(_ path: String, _ status: FileStatus) -> FloeError {
        FloeError(.usage, file: path, "not a folder", expected: "a folder", got: status.kind.words)
    }
}
