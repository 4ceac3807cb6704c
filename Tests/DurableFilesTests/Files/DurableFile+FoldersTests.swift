import Foundation
import Glibc
import Testing

@testable import DurableFiles

@Suite struct DurableFileFoldersTests {
    @Test func namesComeInBytewiseOrder() throws {
        let folder = try TemporaryFolder()
        let names = ["B", "a", "member-10", "member-2", "é", "z", ".hidden"]
        for name in names { try DurableFile.write(Data(), to: folder[name]) }
        #expect(
            try DurableFile.listFolder(folder.path)
                == [".hidden", "B", "a", "member-10", "member-2", "z", "é"])
    }

    @Test func temporaryNames() {
        #expect(DurableFile.isTemporaryName(".a.tmp-12-0123456789abcdef"))
        #expect(DurableFile.isTemporaryName(TemporaryName.make(for: "weights.h5")))
        for name in [
            "a.tmp-12-0123456789abcdef", ".a.tmp-12-0123456789ABCDEF", ".a.tmp-12", ".tmp", "",
            ".a.tmp-x-0123456789abcdef", ".a.tmp-12-0123456789abcdef.gz",
            ".a.tmp--12-0123456789abcdef",
        ] {
            #expect(!DurableFile.isTemporaryName(name), "\(name)")
        }
    }

    @Test func onlyTheTemporariesOfTheDeadAreRemoved() async throws {
        let folder = try TemporaryFolder()
        var gone: pid_t = 0
        let worker = try WorkerCommand(executable: "/bin/true").spawn()
        gone = worker.pid
        worker.wait()
        let dead = ".a.tmp-\(gone)-0123456789abcdef"
        let deadFolder = ".m.tmp-\(gone)-0123456789abcdee"
        let alive = ".a.tmp-\(getppid())-0123456789abcdef"
        let predecessor = ".a.tmp-\(getpid())-0123456789abcdef"
        for name in [dead, alive, predecessor, "a"] {
            try Data().write(to: URL(fileURLWithPath: folder[name]))
        }
        try DurableFile.createFolder(folder["kept"])
        try DurableFile.write(bytes("x"), to: folder["kept/file"])
        #expect(mkdir(folder[deadFolder], 0o700) == 0)
        #expect(mkdir(folder["\(deadFolder)/below"], 0o700) == 0)
        #expect(symlink(folder["kept"], folder["\(deadFolder)/below/link"]) == 0)
        try DurableFile.writing(to: folder["b"]) { _ in
            let removed = try DurableFile.removeStaleTemporaries(in: folder.path)
            #expect(Set(removed) == [dead, deadFolder, predecessor])
        }
        #expect(try folder.names() == [alive, "a", "b", "kept"])
        #expect(try folder.names("kept") == ["file"])
    }

    @Test func foldersAreCreatedWithTheirParents() throws {
        let folder = try TemporaryFolder()
        try DurableFile.createFolder(folder["a/b/c"])
        try DurableFile.createFolder(folder["a/b/c/"])
        #expect(try folder.names("a/b") == ["c"])
        try DurableFile.write(bytes("x"), to: folder["file"])
        let error = try floeError { try DurableFile.createFolder(folder["file"]) }
        #expect(error?.kind == .usage)
        #expect(throws: FloeError.self) { try DurableFile.createFolder(folder["file/below"]) }
    }

    @Test func removingIsRepeatable() throws {
        let folder = try TemporaryFolder()
        try DurableFile.createFolder(folder["a/b"])
        try DurableFile.write(bytes("x"), to: folder["a/b/file"])
        try DurableFile.remove(folder["a"])
        try DurableFile.remove(folder["a"])
        #expect(try folder.names() == [])
    }

    @Test func aNameThatIsNoTextIsReported() throws {
        let folder = try TemporaryFolder()
        let path = Array(folder.path.utf8) + [0x2F, 0xFF, 0xFE, 0]
        let descriptor = path.withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                open($0.baseAddress!, O_CREAT | O_WRONLY, 0o600)
            }
        }
        #expect(descriptor >= 0)
        close(descriptor)
        let error = try floeError { _ = try DurableFile.listFolder(folder.path) }
        #expect(error?.kind == .badData)
        #expect(throws: FloeError.self) { try DurableFile.listFolder(folder["absent"]) }
    }
}
