import Glibc

/// The space of the file system that holds a folder, in bytes.
public struct DiskSpace: Sendable, Hashable {
    /// What this user may still write.
    public let available: Int
    /// The file system's size.
    public let total: Int

    /// Asks the file system of a folder.
    public init(of folder: String) throws {
        var record = statvfs()
        guard statvfs(folder, &record) == 0 else {
            throw FloeError.systemCall(errno, file: folder, "could not ask for the free space")
        }
        let block = Int(clamping: record.f_frsize)
        available = Self.bytes(Int(clamping: record.f_bavail), block)
        total = Self.bytes(Int(clamping: record.f_blocks), block)
    }

    /// Some network file systems report sizes beyond all bounds.
    private static func bytes(_ blocks: Int, _ block: Int) -> Int {
        let (product, overflow) = blocks.multipliedReportingOverflow(by: block)
        return overflow ? .max : product
    }
}
