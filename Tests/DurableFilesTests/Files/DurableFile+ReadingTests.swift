import Foundation
import Glibc
import Testing

@testable import DurableFiles

@Suite struct DurableFileReadingTests {
    @Test func theLimitIsExact() throws {
        let folder = try TemporaryFolder()
        try DurableFile.write(noise(1000), to: folder["file"])
        #expect(try DurableFile.read(folder["file"], limit: 1000).count == 1000)
        let error = try floeError { _ = try DurableFile.read(folder["file"], limit: 999) }
        #expect(error?.kind == .badData)
        #expect(
            error?.description
                == "\(folder["file"]): too large, expected at most 999 bytes, got 1000 bytes")
    }

    @Test func piecesMakeTheWholeFile() throws {
        let folder = try TemporaryFolder()
        let whole = noise(3_000_000)
        try DurableFile.write(whole, to: folder["file"])
        var read = Data()
        var pieces = 0
        try DurableFile.readPieces(folder["file"], limit: 3_000_000) { piece in
            read.append(contentsOf: piece)
            pieces += 1
        }
        #expect(read == whole)
        #expect(pieces > 1)
        let error = try floeError {
            try DurableFile.readPieces(folder["file"], limit: 2_999_999) { _ in pieces = 0 }
        }
        #expect(error?.kind == .badData)
        #expect(pieces > 1)
    }

    @Test func theHeadIsReadOfAnySize() throws {
        let folder = try TemporaryFolder()
        let whole = noise(1000)
        try DurableFile.write(whole, to: folder["file"])
        #expect(truncate(folder["file"], 1 << 40) == 0)
        #expect(try DurableFile.readHead(folder["file"], count: 15) == whole.prefix(15))
        #expect(try DurableFile.readHead(folder["file"], count: 0).isEmpty)
        try DurableFile.write(bytes("x"), to: folder["short"])
        #expect(try DurableFile.readHead(folder["short"], count: 15) == bytes("x"))
        let error = try floeError { _ = try DurableFile.readHead(folder.path, count: 15) }
        #expect(error?.kind == .badData)
    }

    @Test func aSparseGiantIsRefusedUnread() throws {
        let folder = try TemporaryFolder()
        try DurableFile.write(Data(), to: folder["file"])
        #expect(truncate(folder["file"], 1 << 40) == 0)
        let error = try floeError { _ = try DurableFile.read(folder["file"], limit: 1 << 20) }
        #expect(error?.kind == .badData)
    }

    @Test(.timeLimit(.minutes(1))) func whatIsNoFileIsNeverOpened() throws {
        let folder = try TemporaryFolder()
        #expect(mkfifo(folder["fifo"], 0o600) == 0)
        for path in [folder["fifo"], folder.path, "/dev/zero", "/dev/tty"] {
            let error = try floeError { _ = try DurableFile.read(path, limit: 100) }
            #expect(error?.kind == .badData, "\(path)")
            #expect(error?.expected == "a regular file")
            #expect(throws: FloeError.self) { try SHA256Digest.ofFile(at: path) }
        }
    }

    @Test func linksAreFollowedOnDemand() throws {
        let folder = try TemporaryFolder()
        try DurableFile.write(bytes("x"), to: folder["file"])
        #expect(symlink("file", folder["link"]) == 0)
        #expect(try DurableFile.read(folder["link"], limit: 10) == bytes("x"))
        let error = try floeError {
            _ = try DurableFile.read(folder["link"], limit: 10, followingLinks: false)
        }
        #expect(error?.kind == .badData)
        #expect(error?.got == "a symbolic link")
    }

    @Test func reasonsHaveTheirKinds() throws {
        let folder = try TemporaryFolder()
        try DurableFile.write(bytes("x"), to: folder["file"])
        for (path, kind) in [
            (folder["absent"], FloeError.Kind.notFound), (folder["file/below"], .notFound),
            (folder["a\0b"], .usage),
        ] {
            let error = try floeError { _ = try DurableFile.read(path, limit: 10) }
            #expect(error?.kind == kind)
        }
        let denied = FailingFileCalls(failing: 2, code: EACCES)
        let error = try floeError {
            try FileSystem.$calls.withValue(denied) {
                _ = try DurableFile.read(folder["file"], limit: 10)
            }
        }
        #expect(error?.kind == .permission)
        #expect(error?.description == "\(folder["file"]): could not open: Permission denied")
    }

    @Test func aFileOfUnknownSizeIsReadToItsEnd() throws {
        let content = try DurableFile.read("/proc/self/maps", limit: 1 << 24)
        #expect(content.count > 4096)
    }
}
