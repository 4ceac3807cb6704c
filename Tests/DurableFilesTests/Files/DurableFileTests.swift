import Foundation
import Glibc
import Testing

@testable import DurableFiles

@Suite struct DurableFileTests {
    @Test(arguments: [0, 1, 4096, 3_000_000]) func whatIsWrittenIsRead(count: Int) throws {
        let folder = try TemporaryFolder()
        let content = noise(count)
        let digest = try DurableFile.write(content, to: folder["file"])
        #expect(digest == SHA256Digest.of(content))
        #expect(try DurableFile.read(folder["file"], limit: count) == content)
        #expect(try folder.names() == ["file"])
    }

    @Test func aPatchedFileHasTheDigestOfItsBytes() throws {
        let folder = try TemporaryFolder()
        let digest = try DurableFile.writing(to: folder["scene.tiff"]) { writer in
            try writer.write(bytes("........pixels"))
            writer.seek(to: 0)
            try writer.write(bytes("header"))
            #expect(writer.position == 6)
            #expect(writer.size == 14)
            try writer.write(bytes("end"), at: 20)
            var word = [UInt8](repeating: 0, count: 6)
            let count = try word.withUnsafeMutableBytes { try writer.read(into: $0, at: 8) }
            #expect(count == 6)
            #expect(Data(word) == bytes("pixels"))
        }
        let expected = bytes("header..pixels") + Data(count: 6) + bytes("end")
        #expect(try DurableFile.read(folder["scene.tiff"], limit: 100) == expected)
        #expect(digest == SHA256Digest.of(expected))
    }

    @Test func aLentDescriptorIsPartOfTheFile() throws {
        let folder = try TemporaryFolder()
        let digest = try DurableFile.writing(to: folder["file"]) { writer in
            try writer.write(bytes("ab"))
            try writer.withDescriptor { descriptor in
                #expect(pwrite(descriptor, "cd", 2, 2) == 2)
            }
            try writer.write(bytes("ef"))
        }
        #expect(digest == SHA256Digest.of(bytes("abcdef")))
        #expect(try DurableFile.read(folder["file"], limit: 100) == bytes("abcdef"))
    }

    @Test func anErrorInBetweenKeepsTheOldFile() throws {
        struct Stop: Error {}
        let folder = try TemporaryFolder()
        try DurableFile.write(bytes("old"), to: folder["file"])
        #expect(throws: Stop.self) {
            try DurableFile.writing(to: folder["file"]) { writer in
                try writer.write(bytes("half of the n"))
                throw Stop()
            }
        }
        #expect(try DurableFile.read(folder["file"], limit: 100) == bytes("old"))
        #expect(try folder.names() == ["file"])
    }

    @Test func onlyRegularFilesAreReplaced() throws {
        let folder = try TemporaryFolder()
        #expect(mkfifo(folder["fifo"], 0o600) == 0)
        #expect(mkdir(folder["folder"], 0o700) == 0)
        try DurableFile.write(bytes("old"), to: folder["target"])
        #expect(symlink("target", folder["link"]) == 0)
        for path in [folder["fifo"], folder["folder"], folder["link"], "/dev/null"] {
            let error = try floeError { try DurableFile.write(bytes("new"), to: path) }
            #expect(error?.kind == .usage)
        }
        #expect(try DurableFile.read(folder["target"], limit: 9) == bytes("old"))
        #expect(try folder.names() == ["fifo", "folder", "link", "target"])
    }

    @Test func pathsThatCannotBeWritten() throws {
        let folder = try TemporaryFolder()
        for (path, kind) in [
            ("", FloeError.Kind.usage), (folder[".."], .usage), (folder["a\0b"], .usage),
            (folder["absent/file"], .notFound),
            (folder[String(repeating: "n", count: 300)], .usage),
        ] {
            let error = try floeError { try DurableFile.write(bytes("x"), to: path) }
            #expect(error?.kind == kind, "\(path)")
        }
        #expect(try folder.names() == [])
    }

    @Test func theLongestNameWorks() throws {
        let folder = try TemporaryFolder()
        let name = String(repeating: "é", count: 127)
        try DurableFile.write(bytes("x"), to: folder[name])
        try DurableFile.write(bytes("y"), to: folder[name])
        #expect(try folder.names() == [name])
    }

    @Test func aRelativePathIsWrittenHere() throws {
        let parts = try PathParts("weights.h5")
        #expect(parts.folder == ".")
        #expect(parts.sibling("x") == "x")
        #expect(try PathParts("/weights.h5").sibling("x") == "/x")
        #expect(try PathParts("runs//a/").folder == "runs/")
        #expect(try PathParts("runs//a/").name == "a")
    }

    @Test func aKilledWriterLeavesTheOldFile() async throws {
        let folder = try TemporaryFolder()
        let path = folder["file"]
        try DurableFile.write(bytes("old"), to: path)
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            try DurableFile.writing(to: path) { writer in
                try writer.write(noise(100_000))
                raise(SIGKILL)
            }
        }
        #expect(try DurableFile.read(path, limit: 99) == bytes("old"))
        #expect(try folder.names().count == 2)
        #expect(try DurableFile.listFolder(folder.path) == ["file"])
        #expect(try DurableFile.removeStaleTemporaries(in: folder.path).count == 1)
        #expect(try folder.names() == ["file"])
    }
}
