import Foundation
import Glibc
import Testing

@testable import DurableFiles

/// R6: a full file system and a file-size limit, for real.
@Suite struct NoSpaceTests {
    /// Mounts a file system of 64 KiB; nil where the user may not.
    private static func smallFileSystem(at path: String) -> Bool {
        mount("tmpfs", path, "tmpfs", 0, "size=64k") == 0
    }

    static let mayMount: Bool = {
        guard let folder = try? TemporaryFolder(), smallFileSystem(at: folder.path) else {
            return false
        }
        return umount(folder.path) == 0
    }()

    @Test(.enabled(if: mayMount, "SKIPPED: mounting a file system of 64 KiB needs root"))
    func aFullFileSystem() throws {
        let folder = try TemporaryFolder()
        try #require(Self.smallFileSystem(at: folder.path))
        defer { umount(folder.path) }
        let old = noise(20_000)
        try DurableFile.write(old, to: folder["weights.h5"])
        let error = try floeError { try DurableFile.write(noise(60_000), to: folder["weights.h5"]) }
        #expect(error?.kind == .inputOutput)
        #expect(error?.file == folder["weights.h5"])
        #expect(error?.description.contains("No space left on device") == true)
        #expect(try DurableFile.read(folder["weights.h5"], limit: 99_999) == old)
        #expect(try folder.names() == ["weights.h5"])

        let member = try FolderTransaction(folder["member-000"])
        #expect(throws: FloeError.self) { try member.write(noise(60_000), as: "weights.h5") }
        member.discard()
        #expect(try folder.names() == ["weights.h5"])

        let journal = try Journal(folder["log.jsonl"])
        struct Entry: Codable { let text: String }
        let entry = Entry(text: String(repeating: "x", count: 1500))
        var written = 0
        let full = try floeError {
            while written < 100 {
                try journal.append(entry)
                written += 1
            }
        }
        #expect(full?.kind == .inputOutput)
        #expect(written > 5)
        #expect(try Journal.lines(at: folder["log.jsonl"]).count == written)
        #expect(try Journal(folder["log.jsonl"]).cutByteCount == 0)
        #expect(try DiskSpace(of: folder.path).total == 65_536)
    }

    @Test func aFileSizeLimit() async throws {
        let folder = try TemporaryFolder()
        let old = noise(3000)
        try DurableFile.write(old, to: folder["weights.h5"])
        let path = folder["weights.h5"]
        await #expect(processExitsWith: .exitCode(6)) { [path = path as String] in
            StopSignal.install()
            var limit = rlimit(rlim_cur: 4096, rlim_max: 4096)
            guard setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else {
                exit(1)
            }
            do {
                try DurableFile.write(noise(10_000), to: path)
                exit(0)
            } catch let error as FloeError {
                exit(error.file == path ? error.kind.exitCode : 2)
            }
        }
        #expect(try DurableFile.read(path, limit: 9999) == old)
        #expect(try folder.names() == ["weights.h5"])
    }
}
