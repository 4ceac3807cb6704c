import Foundation

@testable import DurableFiles

/// The disk as a power loss may leave it after the first so many changes.
struct CrashStates {
    private struct File {
        var durable = Data()
        var pending: [PowerLossRecorder.Change] = []
    }

    private struct Folder {
        var durable: [String: Int] = [:]
        var pending: [PowerLossRecorder.Change] = []
    }

    private var files: [Int: File] = [:]
    private var folders: [Int: Folder] = [0: Folder()]
    /// How many promises were made by then.
    private var promises = 0

    /// Builds every legal state in a folder of its own and hands it over for a check.
    ///
    /// - Returns: how many states were checked.
    static func replay(
        _ recorder: PowerLossRecorder,
        _ check: (_ folder: TemporaryFolder, _ promises: Int) throws -> Void
    ) throws -> Int {
        var states = CrashStates()
        var count = 0
        for (index, change) in recorder.changes.enumerated() {
            states.apply(change)
            if index + 1 < recorder.countBefore { continue }
            for (tree, content) in states.all() {
                let scratch = try TemporaryFolder()
                try states.build(0, at: scratch.path, tree, content)
                try check(scratch, states.promises)
                count += 1
            }
        }
        return count
    }

    private mutating func apply(_ change: PowerLossRecorder.Change) {
        switch change {
        case .create(let inode, let isFolder):
            if isFolder { folders[inode] = Folder() } else { files[inode] = File() }
        case .enter(let folder, _, _, _), .remove(let folder, _):
            folders[folder]?.pending.append(change)
        case .write(let inode, _, _), .truncate(let inode, _):
            files[inode]?.pending.append(change)
        case .flush(let inode):
            if let file = files[inode] {
                files[inode] = File(durable: Self.content(file, file.pending))
            } else if let folder = folders[inode] {
                folders[inode] = Folder(durable: Self.entries(folder, folder.pending))
            }
        case .promise:
            promises += 1
        }
    }

    /// Every combination of what became of the folders' names and of the files' bytes.
    private func all() -> [([Int: [String: Int]], [Int: Data])] {
        var trees: [[Int: [String: Int]]] = [[:]]
        for (inode, folder) in folders.sorted(by: { $0.key < $1.key }) {
            let variants = (0..<(1 << folder.pending.count)).map { mask in
                Self.entries(
                    folder,
                    folder.pending.enumerated().filter { mask >> $0.offset & 1 == 1 }
                        .map(\.element))
            }
            trees = trees.flatMap { tree in
                Set(variants).sorted { "\($0)" < "\($1)" }.map { variant in
                    tree.merging([inode: variant]) { $1 }
                }
            }
        }
        var contents: [[Int: Data]] = [[:]]
        for (inode, file) in files.sorted(by: { $0.key < $1.key }) {
            let variants = Self.variants(of: file)
            contents = contents.flatMap { content in
                variants.map { content.merging([inode: $0]) { $1 } }
            }
        }
        return trees.flatMap { tree in contents.map { (tree, $0) } }
    }

    private static func entries(
        _ folder: Folder, _ changes: [PowerLossRecorder.Change]
    ) -> [String: Int] {
        var entries = folder.durable
        for change in changes {
            switch change {
            case .enter(_, let name, let inode, let replacedName):
                if let replacedName { entries[replacedName] = nil }
                entries[name] = inode
            case .remove(_, let name): entries[name] = nil
            default: break
            }
        }
        return entries
    }

    private static func variants(of file: File) -> [Data] {
        guard !file.pending.isEmpty else { return [file.durable] }
        let whole = content(file, file.pending)
        var zeros = whole
        for change in file.pending {
            guard case .write(_, let offset, let bytes) = change else { continue }
            let end = min(offset + bytes.count, zeros.count)
            if offset < end { zeros.replaceSubrange(offset..<end, with: Data(count: end - offset)) }
        }
        // Torn: what was flushed is there, and a part of what came after.
        let kept = min(file.durable.count, whole.count)
        return [
            file.durable, whole, zeros, Data(whole.prefix((kept + whole.count) / 2)),
            Data(whole.prefix(max(kept, whole.count - 1))), content(file, file.pending.dropLast()),
            // The last write only: what came before it reads as zeros.
            content(file, file.pending.suffix(1)),
        ]
    }

    private static func content(
        _ file: File, _ changes: some Sequence<PowerLossRecorder.Change>
    ) -> Data {
        var content = file.durable
        for change in changes {
            switch change {
            case .write(_, let offset, let bytes):
                let end = offset + bytes.count
                if content.count < end { content.append(Data(count: end - content.count)) }
                content.replaceSubrange(offset..<end, with: bytes)
            case .truncate(_, let length):
                content =
                    length <= content.count
                    ? Data(content.prefix(length)) : content + Data(count: length - content.count)
            default: break
            }
        }
        return content
    }

    private func build(
        _ folder: Int, at path: String, _ tree: [Int: [String: Int]], _ content: [Int: Data]
    ) throws {
        for (name, inode) in tree[folder] ?? [:] {
            if folders[inode] != nil {
                try FileManager.default.createDirectory(
                    atPath: "\(path)/\(name)", withIntermediateDirectories: false)
                try build(inode, at: "\(path)/\(name)", tree, content)
            } else {
                try (content[inode] ?? Data()).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
            }
        }
    }
}
