import Foundation
import Glibc

/// The door for paths that a manifest names: they lead to files under its root and nowhere else.
public enum PathDoor {
    /// What a path may lead to.
    public enum Target: Sendable, Hashable {
        case regularFile
        case folder
    }

    /// Resolves a path that a manifest names; nothing is opened.
    ///
    /// Refused are: empty and absolute paths, `..`, empty parts, NUL bytes, more than 4096 bytes or
    /// 255 in a part, names that differ from those on the disk in upper and lower case, what lies
    /// outside the root once symbolic links are resolved, what is absent, and what is not a regular
    /// file (or a folder, where one is asked for).
    ///
    /// - Parameters:
    ///   - root: the folder that the path is relative to.
    ///   - manifest: the file that names the path, for messages.
    /// - Returns: the absolute path without symbolic links, to be opened with
    ///   `followingLinks: false`.
    /// - Throws: `FloeError` of kind `.badData`.
    public static func resolve(
        _ path: String, under root: String, manifest: String, target: Target = .regularFile
    ) throws -> String {
        let calls = FileSystem.calls
        let components = try checkedComponents(path, manifest)
        let rootPath: String
        do {
            rootPath = try calls.resolvedPath(root)
        } catch {
            throw FloeError.systemCall(error.code, file: root, "could not find the root folder")
        }
        try requireExactNames(components, path, rootPath, manifest, calls)
        let resolved: String
        do {
            resolved = try calls.resolvedPath(
                components.reduce(rootPath) { PathParts.join($0, $1) })
        } catch {
            throw refusal(path, manifest, "cannot be found: \(reason(error))")
        }
        let prefix = rootPath == "/" ? "/" : rootPath + "/"
        guard resolved.utf8.starts(with: prefix.utf8) || resolved == rootPath
        else {
            throw refusal(path, manifest, "lies outside '\(root)' by a symbolic link")
        }
        let status: FileStatus
        do {
            status = try calls.status(at: resolved, followingLinks: false)
        } catch {
            throw refusal(path, manifest, "cannot be found: \(reason(error))")
        }
        let wanted: FileStatus.Kind = target == .folder ? .folder : .regularFile
        guard status.kind == wanted else {
            throw refusal(
                path, manifest, "cannot be used", expected: wanted.words, got: status.kind.words)
        }
        return resolved
    }

    /// Refuses paths of one manifest that differ in upper and lower case only: on some file systems
    /// they are one file.
    public static func refuseCaseClashes(
        _ paths: some Sequence<String>, manifest: String
    ) throws {
        var seen: [String: String] = [:]
        for path in paths {
            let folded = path.lowercased()
            if let other = seen[folded], Array(other.utf8) != Array(path.utf8) {
                throw refusal(
                    path, manifest, "differs from '\(other.shortened)' in upper and lower case only"
                )
            }
            seen[folded] = path
        }
    }

    /// The parts of a path after the checks that need no file system.
    private static func checkedComponents(_ path: String, _ manifest: String) throws -> [String] {
        guard !path.isEmpty else { throw refusal(path, manifest, "is empty") }
        guard path.utf8.count <= 4096 else {
            throw refusal(
                path, manifest, "is too long", expected: "at most 4096 bytes",
                got: "\(path.utf8.count)")
        }
        guard !path.utf8.contains(0) else { throw refusal(path, manifest, "holds a NUL byte") }
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.first?.isEmpty == false else {
            throw refusal(path, manifest, "is absolute", expected: "a path relative to its root")
        }
        return try parts.compactMap { bytes in
            let part = String(Substring(bytes))
            guard !part.isEmpty else { throw refusal(path, manifest, "has an empty part") }
            guard part != ".." else { throw refusal(path, manifest, "climbs out with '..'") }
            guard part.utf8.count <= 255 else {
                throw refusal(
                    path, manifest, "has a part that is too long", expected: "at most 255 bytes",
                    got: "\(part.utf8.count)")
            }
            return part == "." ? nil : part
        }
    }

    /// On a file system that ignores case a path would work here and nowhere else.
    private static func requireExactNames(
        _ components: [String], _ path: String, _ root: String, _ manifest: String,
        _ calls: any FileSystemCalls
    ) throws {
        var folder = root
        for name in components {
            let names: [String]
            do {
                names = try calls.names(in: folder).compactMap { $0 }
            } catch {
                throw refusal(path, manifest, "cannot be found: \(reason(error))")
            }
            let wanted = Array(name.utf8)
            guard names.contains(where: { $0.utf8.elementsEqual(wanted) }) else {
                let similar = names.filter { $0.lowercased() == name.lowercased() }.min()
                throw refusal(
                    path, manifest, "cannot be found", got: similar.map { "'\($0.shortened)'" })
            }
            folder = PathParts.join(folder, name)
        }
    }

    private static func reason(_ error: SystemCallError) -> String {
        String(cString: strerror(error.code))
    }

    private static func refusal(
        _ path: String, _ manifest: String, _ what: String, expected: String? = nil,
        got: String? = nil
    ) -> FloeError {
        FloeError(
            .badData, file: manifest, "path '\(path.shortened)' \(what)", expected: expected,
            got: got)
    }
}
