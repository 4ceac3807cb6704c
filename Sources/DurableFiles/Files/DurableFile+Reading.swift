import Foundation

extension DurableFile {
    /// Reads a whole regular file of at most `limit` bytes.
    ///
    /// Folders, FIFOs, sockets and devices are refused before they are opened, so that reading
    /// never waits; nothing is allocated before the size is checked.
    ///
    /// - Parameters:
    ///   - limit: the largest size in bytes that is accepted.
    ///   - followingLinks: whether a symbolic link at the end of the path may be followed.
    /// - Throws: `FloeError` of kind `.notFound`, `.permission`, `.inputOutput`, or `.badData` for
    ///   what is not a regular file or is larger than the limit.
    public static func read(
        _ path: String, limit: Int, followingLinks: Bool = true
    ) throws -> Data {
        let file = try OpenedFile(path, followingLinks: followingLinks)
        defer { file.close() }
        guard file.size <= limit else { throw tooLarge(path, file.size, limit) }
        // One byte more shows a file that grew since; pseudo files say 0 and hold more.
        var data = Data(count: max(file.size, min(limit, 4096)) + 1)
        var count = 0
        while true {
            if count == data.count {
                guard count <= limit else { throw tooLarge(path, count, limit) }
                data.count = min(2 * count, limit + 1)
            }
            let added = try data.withUnsafeMutableBytes { bytes in
                try file.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[count...]))
            }
            if added == 0 { break }
            count += added
        }
        guard count <= limit else { throw tooLarge(path, count, limit) }
        data.count = count
        return data
    }

    /// Reads the first bytes of a regular file of any size; fewer where it ends before.
    ///
    /// - Throws: as `read`.
    public static func readHead(_ path: String, count: Int) throws -> Data {
        let file = try OpenedFile(path, followingLinks: true)
        defer { file.close() }
        var data = Data(count: count)
        var known = 0
        while known < count {
            let added = try data.withUnsafeMutableBytes { bytes in
                try file.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[known...]))
            }
            if added == 0 { break }
            known += added
        }
        return data.prefix(known)
    }

    /// Shows a regular file of at most `limit` bytes piece by piece, in order.
    ///
    /// - Parameter body: called with up to a mebibyte at a time, which is valid during the call.
    /// - Throws: as `read`, and whatever `body` throws.
    public static func readPieces(
        _ path: String, limit: Int, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let file = try OpenedFile(path, followingLinks: true)
        defer { file.close() }
        guard file.size <= limit else { throw tooLarge(path, file.size, limit) }
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { piece.deallocate() }
        var count = 0
        while true {
            let added = try file.read(into: piece)
            if added == 0 { return }
            count += added
            guard count <= limit else { throw tooLarge(path, count, limit) }
            try body(UnsafeRawBufferPointer(rebasing: piece[..<added]))
        }
    }

    private static func tooLarge(_ path: String, _ size: Int, _ limit: Int) -> FloeError {
        FloeError(
            .badData, file: path, "too large", expected: "at most \(limit) bytes",
            got: "\(size) bytes")
    }
}
