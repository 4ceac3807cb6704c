import Foundation
import Glibc
import Testing

@testable import DurableFiles

/// R13: a manifest's paths lead to files under its root and nowhere else.
@Suite struct PathDoorTests {
    private let outer: TemporaryFolder
    private let root: String

    init() throws {
        outer = try TemporaryFolder()
        root = outer["root"]
        try DurableFile.createFolder(root + "/zoo/ice")
        try DurableFile.write(bytes("secret"), to: outer["secret"])
        try DurableFile.write(bytes("{}"), to: root + "/zoo/ice/manifest.json")
        #expect(symlink("ice", root + "/zoo/alias") == 0)
        #expect(symlink("../../secret", root + "/zoo/leak") == 0)
        #expect(symlink("../..", root + "/zoo/up") == 0)
        #expect(symlink("loop", root + "/zoo/loop") == 0)
        #expect(symlink("/dev/null", root + "/zoo/null") == 0)
        #expect(mkfifo(root + "/zoo/fifo", 0o600) == 0)
    }

    private func resolve(_ path: String) throws -> String {
        try PathDoor.resolve(path, under: root, manifest: "ensemble.json")
    }

    @Test(arguments: [
        "zoo/ice/manifest.json", "zoo/alias/manifest.json", "./zoo/./ice/manifest.json",
    ])
    func filesUnderTheRoot(path: String) throws {
        let expected = try SystemFileCalls().resolvedPath(root) + "/zoo/ice/manifest.json"
        #expect(try resolve(path) == expected)
        #expect(
            try DurableFile.read(resolve(path), limit: 9, followingLinks: false) == bytes("{}"))
    }

    static let refused: [(String, String)] = [
        ("", "is empty"), ("/etc/passwd", "is absolute"), ("//etc/passwd", "is absolute"),
        ("../secret", "climbs out"), ("zoo/../../secret", "climbs out"),
        ("zoo/ice/..", "climbs out"), ("zoo//ice/manifest.json", "empty part"),
        ("zoo/ice/manifest.json/", "empty part"), ("zoo/ice/manifest.json\0.png", "NUL"),
        ("zoo/leak", "outside"), ("zoo/up/secret", "outside"), ("zoo/loop", "Too many levels"),
        ("zoo/null", "outside"), ("zoo/fifo", "got a FIFO"), ("zoo/ice", "got a folder"),
        (".", "got a folder"), ("zoo/absent", "cannot be found"),
        ("zoo/ICE/manifest.json", "got 'ice'"), ("zoo/ice/manifest.json/x", "cannot be found"),
        (String(repeating: "a", count: 256), "part that is too long"),
        (String(repeating: "a/", count: 3000), "at most 4096 bytes"),
        ("zoo/ice\n/x", "cannot be found"),
    ]

    @Test(arguments: refused) func everythingElse(path: String, reason: String) throws {
        let error = try floeError { _ = try resolve(path) }
        #expect(error?.kind == .badData)
        #expect(error?.kind.exitCode == 3)
        #expect(error?.file == "ensemble.json")
        let line = try #require(error?.description)
        #expect(line.contains(reason), "\(line)")
        #expect(line.utf8.count < 300 && !line.contains("\n"))
    }

    @Test func nothingIsOpened() throws {
        final class NoOpening: WrappedFileCalls {
            func enter(_ kind: CallKind, _ path: String?) throws(SystemCallError) {
                if kind == .open { throw SystemCallError(code: EIO) }
            }
        }
        for path in Self.refused.map(\.0) + ["zoo/ice/manifest.json"] {
            let error = try floeError {
                _ = try FileSystem.$calls.withValue(NoOpening()) { try resolve(path) }
            }
            #expect(error?.kind != .inputOutput)
        }
    }

    @Test func aDeviceUnderTheRoot() throws {
        let error = try floeError {
            _ = try PathDoor.resolve("null", under: "/dev", manifest: "m.json")
        }
        #expect(error?.got == "a device")
    }

    @Test func foldersOnDemand() throws {
        let path = try PathDoor.resolve(
            "zoo/ice", under: root, manifest: "m.json", target: .folder)
        #expect(path.hasSuffix("/\(URL(fileURLWithPath: root).lastPathComponent)/zoo/ice"))
        #expect(throws: FloeError.self) {
            try PathDoor.resolve("zoo/up", under: root, manifest: "m.json", target: .folder)
        }
        #expect(throws: FloeError.self) {
            try PathDoor.resolve(
                "zoo/ice/manifest.json", under: root, manifest: "m.json", target: .folder)
        }
    }

    @Test func aSiblingWithTheRootsNameAsPrefixIsOutside() throws {
        try DurableFile.createFolder(root + "-other")
        try DurableFile.write(bytes("x"), to: root + "-other/file")
        #expect(symlink("../root-other/file", root + "/sibling") == 0)
        #expect(throws: FloeError.self) { try resolve("sibling") }
    }

    @Test func namesThatDifferInCaseOnly() throws {
        try PathDoor.refuseCaseClashes(["a/b", "a/c", "a/b"], manifest: "m.json")
        let error = try floeError {
            try PathDoor.refuseCaseClashes(["zoo/Ice", "zoo/ice"], manifest: "m.json")
        }
        #expect(error?.kind == .badData)
        #expect(
            error?.description
                == "m.json: path 'zoo/ice' differs from 'zoo/Ice' in upper and lower case only")
    }

    @Test func anAbsentRootIsNotFound() throws {
        let error = try floeError {
            _ = try PathDoor.resolve("a", under: outer["absent"], manifest: "m.json")
        }
        #expect(error?.kind == .notFound)
    }
}
