import Foundation

/// A file on its way: bytes written here become the file when `DurableFile.writing` commits them.
public final class DurableFileWriter {
    /// The final path, for messages.
    public let path: String
    /// Where the next `write` goes, in bytes from the start.
    public private(set) var position = 0
    /// The file's length so far in bytes.
    public private(set) var size = 0

    private let temporaryPath: String
    private let calls: any FileSystemCalls
    private let descriptor: Int32
    private var isOpen = true
    private var hasher = SHA256Hasher()
    private var hashedCount = 0
    /// Set once bytes were written out of order: the digest is then taken from the finished file.
    private var wasPatched = false

    init(path: String, temporaryPath: String, calls: any FileSystemCalls) throws {
        self.path = path
        self.temporaryPath = temporaryPath
        self.calls = calls
        descriptor = try attempt(path, "could not create") { () throws(SystemCallError) in
            try calls.open(temporaryPath, flags: OpenFlags.creating, mode: 0o666)
        }
    }

    /// Writes at the position and moves it on.
    public func write(_ data: Data) throws {
        try data.withUnsafeBytes { try write($0) }
    }

    /// Writes at the position and moves it on.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        try write(bytes, at: position)
        position += bytes.count
    }

    /// Writes at an offset from the start; the position stays.
    public func write(_ data: Data, at offset: Int) throws {
        try data.withUnsafeBytes { try write($0, at: offset) }
    }

    /// Writes at an offset from the start; the position stays. A gap that is left holds zeros.
    public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
        precondition(isOpen, "the writer of \(path) was used after its closure returned")
        precondition(offset >= 0, "an offset from the start of a file is not negative")
        try calls.writeAll(bytes, to: descriptor, at: offset, of: path, "could not write")
        if offset == hashedCount, !wasPatched {
            hasher.update(bytes)
            hashedCount += bytes.count
        } else if !bytes.isEmpty {
            wasPatched = true
        }
        size = max(size, offset + bytes.count)
    }

    /// Moves the position to an offset from the start.
    public func seek(to offset: Int) {
        precondition(offset >= 0, "an offset from the start of a file is not negative")
        position = offset
    }

    /// Reads back what was written, from an offset on; fewer bytes than asked for at the end.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int {
        precondition(isOpen, "the writer of \(path) was used after its closure returned")
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = try attempt(path, "could not read back") { () throws(SystemCallError) in
                try calls.read(descriptor, into: rest, at: offset + done)
            }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Lends the descriptor of the temporary file to a C library that must write by itself.
    ///
    /// The library must not close it (give it a `dup`). The digest is then taken from the
    /// finished file, and `position` goes to its end.
    public func withDescriptor<Result>(_ body: (Int32) throws -> Result) throws -> Result {
        precondition(isOpen, "the writer of \(path) was used after its closure returned")
        wasPatched = true
        let result = try body(descriptor)
        size = try attempt(path, "could not write") { () throws(SystemCallError) in
            try calls.status(of: descriptor).size
        }
        position = size
        return result
    }

    /// Flushes and closes the file and returns the digest of its bytes.
    func finish() throws -> SHA256Digest {
        let digest = wasPatched ? try digestOfWrittenBytes() : hasher.finalize()
        try attempt(path, "could not flush") { () throws(SystemCallError) in
            try calls.flush(descriptor)
        }
        isOpen = false
        try attempt(path, "could not close") { () throws(SystemCallError) in
            try calls.close(descriptor)
        }
        return digest
    }

    /// Closes and removes the temporary file; what cannot be removed is left to the next run.
    func abandon() {
        if isOpen {
            isOpen = false
            try? calls.close(descriptor)
        }
        try? calls.removeFile(temporaryPath)
    }

    private func digestOfWrittenBytes() throws -> SHA256Digest {
        var whole = SHA256Hasher()
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { piece.deallocate() }
        var offset = 0
        while true {
            let count = try read(into: piece, at: offset)
            if count == 0 { return whole.finalize() }
            whole.update(UnsafeRawBufferPointer(rebasing: piece[..<count]))
            offset += count
        }
    }
}
