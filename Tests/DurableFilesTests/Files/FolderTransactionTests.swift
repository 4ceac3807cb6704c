import Foundation
import Testing

@testable import DurableFiles

@Suite struct FolderTransactionTests {
    @Test func nothingIsThereBeforeTheCommit() throws {
        let folder = try TemporaryFolder()
        let member = try FolderTransaction(folder["member-000"])
        let digest = try member.write(noise(100), as: "weights.h5")
        try member.writing("history.csv") { try $0.write(bytes("epoch\n")) }
        try DurableFile.createFolder(member.path(of: "parts"))
        try member.write(bytes("x"), as: "parts/one")
        #expect(digest == SHA256Digest.of(noise(100)))
        #expect(try DurableFile.listFolder(folder.path) == [])
        try member.commit()
        #expect(try folder.names() == ["member-000"])
        #expect(try folder.names("member-000") == ["history.csv", "parts", "weights.h5"])
        #expect(try folder.names("member-000/parts") == ["one"])
        member.discard()
        #expect(try folder.names() == ["member-000"])
    }

    @Test func whatIsNotCommittedIsRemoved() throws {
        let folder = try TemporaryFolder()
        do {
            let member = try FolderTransaction(folder["member-000"])
            try member.write(noise(100), as: "weights.h5")
            #expect(try folder.names().count == 1)
        }
        #expect(try folder.names() == [])
    }

    @Test func aTakenNameIsNotReplaced() throws {
        let folder = try TemporaryFolder()
        try DurableFile.createFolder(folder["taken"])
        let early = try floeError { _ = try FolderTransaction(folder["taken"]) }
        #expect(early?.kind == .usage)
        let late = try FolderTransaction(folder["late"])
        try late.write(bytes("x"), as: "file")
        // Empty: a plain rename would replace it.
        try DurableFile.createFolder(folder["late"])
        let error = try floeError { try late.commit() }
        #expect(error?.kind == .usage)
        #expect(error?.file == folder["late"])
        #expect(try folder.names() == ["late", "taken"])
        #expect(try folder.names("late") == [])
    }
}
