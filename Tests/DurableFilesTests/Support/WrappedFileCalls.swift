@testable import DurableFiles

/// What a call does, for rules that concern some calls only.
enum CallKind: Hashable, CaseIterable {
    case open, close, read, write, truncate, flush, rename, removeFile, makeFolder, removeFolder
    case lock, status, names, resolvedPath
}

/// The system's calls behind a gate that is asked before each of them.
protocol WrappedFileCalls: FileSystemCalls {
    func enter(_ kind: CallKind, _ path: String?) throws(SystemCallError)
    /// How many bytes of a write go through.
    func allowedCount(_ count: Int) -> Int
}

extension WrappedFileCalls {
    private var system: SystemFileCalls { SystemFileCalls() }

    func allowedCount(_ count: Int) -> Int { count }

    func open(_ path: String, flags: Int32, mode: UInt32) throws(SystemCallError) -> Int32 {
        try enter(.open, path)
        return try system.open(path, flags: flags, mode: mode)
    }

    func close(_ descriptor: Int32) throws(SystemCallError) {
        // As in Linux, the descriptor is free whether or not closing fails.
        try system.close(descriptor)
        try enter(.close, nil)
    }

    func read(
        _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(SystemCallError) -> Int {
        try enter(.read, nil)
        let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<allowedCount(buffer.count)])
        return try system.read(descriptor, into: part, at: offset)
    }

    func read(
        _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemCallError) -> Int {
        try enter(.read, nil)
        let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<allowedCount(buffer.count)])
        return try system.read(descriptor, into: part)
    }

    func write(
        _ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int
    ) throws(SystemCallError) -> Int {
        try enter(.write, nil)
        let part = UnsafeRawBufferPointer(rebasing: bytes[..<allowedCount(bytes.count)])
        return try system.write(descriptor, part, at: offset)
    }

    func append(
        _ descriptor: Int32, _ bytes: UnsafeRawBufferPointer
    ) throws(SystemCallError) -> Int {
        try enter(.write, nil)
        let part = UnsafeRawBufferPointer(rebasing: bytes[..<allowedCount(bytes.count)])
        return try system.append(descriptor, part)
    }

    func truncate(_ descriptor: Int32, to length: Int) throws(SystemCallError) {
        try enter(.truncate, nil)
        try system.truncate(descriptor, to: length)
    }

    func flush(_ descriptor: Int32) throws(SystemCallError) {
        // Flushing the disk of the test machine would only cost time.
        try enter(.flush, nil)
    }

    func rename(_ path: String, to newPath: String) throws(SystemCallError) {
        try enter(.rename, path)
        try system.rename(path, to: newPath)
    }

    func renameWithoutReplacing(_ path: String, to newPath: String) throws(SystemCallError) {
        try enter(.rename, path)
        try system.renameWithoutReplacing(path, to: newPath)
    }

    func removeFile(_ path: String) throws(SystemCallError) {
        try enter(.removeFile, path)
        try system.removeFile(path)
    }

    func makeFolder(_ path: String) throws(SystemCallError) {
        try enter(.makeFolder, path)
        try system.makeFolder(path)
    }

    func removeFolder(_ path: String) throws(SystemCallError) {
        try enter(.removeFolder, path)
        try system.removeFolder(path)
    }

    func lock(_ descriptor: Int32) throws(SystemCallError) {
        try enter(.lock, nil)
        try system.lock(descriptor)
    }

    func lockWaiting(_ descriptor: Int32) throws(SystemCallError) {
        try enter(.lock, nil)
        try system.lockWaiting(descriptor)
    }

    func unlock(_ descriptor: Int32) throws(SystemCallError) {
        try system.unlock(descriptor)
    }

    func status(of descriptor: Int32) throws(SystemCallError) -> FileStatus {
        try enter(.status, nil)
        return try system.status(of: descriptor)
    }

    func status(
        at path: String, followingLinks: Bool
    ) throws(SystemCallError) -> FileStatus {
        try enter(.status, path)
        return try system.status(at: path, followingLinks: followingLinks)
    }

    func names(in folder: String) throws(SystemCallError) -> [String?] {
        try enter(.names, folder)
        return try system.names(in: folder)
    }

    func resolvedPath(_ path: String) throws(SystemCallError) -> String {
        try enter(.resolvedPath, path)
        return try system.resolvedPath(path)
    }
}
