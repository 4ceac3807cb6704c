import Foundation
import Synchronization

@testable import DurableFiles

/// Records what was asked of the disk, and replays every state that a power loss may leave.
///
/// The rules are POSIX's, not one file system's: what was written since the last flush of a file
/// may be there, missing, torn or zeros; each name created, renamed or removed since the last
/// flush of its folder may be there or not, whatever became of the others.
final class PowerLossRecorder: WrappedFileCalls {
    enum Change {
        case enter(folder: Int, name: String, inode: Int, replacedName: String?)
        case remove(folder: Int, name: String)
        case create(inode: Int, isFolder: Bool)
        case write(inode: Int, offset: Int, bytes: Data)
        case truncate(inode: Int, length: Int)
        case flush(inode: Int)
        /// The code under test has promised something.
        case promise
    }

    private struct State {
        var changes: [Change] = []
        var folders: [Int: [String: Int]] = [0: [:]]
        var descriptors: [Int32: Int] = [:]
        var nextInode = 1
    }

    private let root: String
    private let ignoresFlushes: Bool
    /// How many of the changes set up what was there before the recording.
    let countBefore: Int
    private let state: Mutex<State>

    /// Starts from what a folder holds now, which counts as flushed.
    init(root: String, ignoresFlushes: Bool = false) throws {
        self.root = root
        self.ignoresFlushes = ignoresFlushes
        var state = State()
        for name in try FileManager.default.contentsOfDirectory(atPath: root).sorted() {
            let inode = state.nextInode
            state.nextInode += 1
            state.folders[0]?[name] = inode
            let content = try Data(contentsOf: URL(fileURLWithPath: "\(root)/\(name)"))
            state.changes += [
                .create(inode: inode, isFolder: false),
                .write(inode: inode, offset: 0, bytes: content), .flush(inode: inode),
                .enter(folder: 0, name: name, inode: inode, replacedName: nil), .flush(inode: 0),
            ]
        }
        countBefore = state.changes.count
        self.state = Mutex(state)
    }

    var changes: [Change] { state.withLock { $0.changes } }

    /// Notes that what was done so far has to survive.
    func promise() { state.withLock { $0.changes.append(.promise) } }

    func enter(_ kind: CallKind, _ path: String?) throws(SystemCallError) {}

    private func locate(_ path: String, _ state: State) -> (folder: Int, name: String)? {
        guard path.hasPrefix(root + "/") else { return nil }
        var parts = path.dropFirst(root.count + 1).split(separator: "/").map(String.init)
        let name = parts.removeLast()
        var folder = 0
        for part in parts {
            guard let next = state.folders[folder]?[part] else { return nil }
            folder = next
        }
        return (folder, name)
    }

    func open(_ path: String, flags: Int32, mode: UInt32) throws(SystemCallError) -> Int32 {
        let descriptor = try SystemFileCalls().open(path, flags: flags, mode: mode)
        state.withLock { state in
            if path == root {
                state.descriptors[descriptor] = 0
                return
            }
            guard let (folder, name) = locate(path, state) else { return }
            if let known = state.folders[folder]?[name] {
                state.descriptors[descriptor] = known
            } else {
                let inode = state.nextInode
                state.nextInode += 1
                state.folders[folder]?[name] = inode
                state.descriptors[descriptor] = inode
                state.changes += [
                    .create(inode: inode, isFolder: false),
                    .enter(folder: folder, name: name, inode: inode, replacedName: nil),
                ]
            }
        }
        return descriptor
    }

    func write(
        _ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int
    ) throws(SystemCallError) -> Int {
        let count = try SystemFileCalls().write(descriptor, bytes, at: offset)
        record(descriptor) { .write(inode: $0, offset: offset, bytes: Data(bytes[..<count])) }
        return count
    }

    func append(
        _ descriptor: Int32, _ bytes: UnsafeRawBufferPointer
    ) throws(SystemCallError) -> Int {
        let offset = try SystemFileCalls().status(of: descriptor).size
        let count = try SystemFileCalls().append(descriptor, bytes)
        record(descriptor) { .write(inode: $0, offset: offset, bytes: Data(bytes[..<count])) }
        return count
    }

    func truncate(_ descriptor: Int32, to length: Int) throws(SystemCallError) {
        try SystemFileCalls().truncate(descriptor, to: length)
        record(descriptor) { .truncate(inode: $0, length: length) }
    }

    func flush(_ descriptor: Int32) throws(SystemCallError) {
        if !ignoresFlushes { record(descriptor) { .flush(inode: $0) } }
    }

    func rename(_ path: String, to newPath: String) throws(SystemCallError) {
        try SystemFileCalls().rename(path, to: newPath)
        state.withLock { state in
            guard let (folder, name) = locate(path, state),
                let (newFolder, newName) = locate(newPath, state), folder == newFolder,
                let inode = state.folders[folder]?.removeValue(forKey: name)
            else { return }
            state.folders[folder]?[newName] = inode
            state.changes.append(
                .enter(folder: folder, name: newName, inode: inode, replacedName: name))
        }
    }

    func renameWithoutReplacing(_ path: String, to newPath: String) throws(SystemCallError) {
        try rename(path, to: newPath)
    }

    func makeFolder(_ path: String) throws(SystemCallError) {
        try SystemFileCalls().makeFolder(path)
        state.withLock { state in
            guard let (folder, name) = locate(path, state) else { return }
            let inode = state.nextInode
            state.nextInode += 1
            state.folders[folder]?[name] = inode
            state.folders[inode] = [:]
            state.changes += [
                .create(inode: inode, isFolder: true),
                .enter(folder: folder, name: name, inode: inode, replacedName: nil),
            ]
        }
    }

    func removeFile(_ path: String) throws(SystemCallError) {
        try SystemFileCalls().removeFile(path)
        forget(path)
    }

    func removeFolder(_ path: String) throws(SystemCallError) {
        try SystemFileCalls().removeFolder(path)
        forget(path)
    }

    private func forget(_ path: String) {
        state.withLock { state in
            guard let (folder, name) = locate(path, state) else { return }
            state.folders[folder]?[name] = nil
            state.changes.append(.remove(folder: folder, name: name))
        }
    }

    private func record(_ descriptor: Int32, _ change: (Int) -> Change) {
        state.withLock { state in
            if let inode = state.descriptors[descriptor] { state.changes.append(change(inode)) }
        }
    }
}
