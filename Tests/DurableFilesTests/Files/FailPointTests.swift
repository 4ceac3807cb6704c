import Foundation
import Glibc
import Testing

@testable import DurableFiles

/// R5: the n-th call fails, for every n, once and for good.
@Suite struct FailPointTests {
    struct Failure: Sendable, CustomTestStringConvertible {
        let code: Int32
        let isForGood: Bool
        var testDescription: String {
            "\(String(cString: strerror(code))), \(isForGood ? "for good" : "once")"
        }
    }

    static let failures = [ENOSPC, EIO, EDQUOT].flatMap { code in
        [Failure(code: code, isForGood: false), Failure(code: code, isForGood: true)]
    }

    /// Makes every call of an operation fail in turn.
    ///
    /// - Parameters:
    ///   - prepare: sets up the old state of a folder.
    ///   - operation: what is interrupted.
    ///   - check: looks at the folder after the next run has cleaned up; the flag says whether the
    ///     operation succeeded in spite of the failure.
    private func failEveryCall(
        _ failure: Failure, prepare: (TemporaryFolder) throws -> Void,
        operation: (TemporaryFolder) throws -> Void,
        check: (TemporaryFolder, Bool) throws -> Void
    ) throws {
        let clean = FailingFileCalls(longestWrite: 700)
        let first = try TemporaryFolder()
        try withoutFlushing { try prepare(first) }
        try FileSystem.$calls.withValue(clean) { try operation(first) }
        #expect(clean.count > 3)
        for number in 1...clean.count {
            let folder = try TemporaryFolder()
            try withoutFlushing { try prepare(folder) }
            let calls = FailingFileCalls(
                failing: number, isForGood: failure.isForGood, code: failure.code,
                longestWrite: 700)
            let error = try floeError {
                try FileSystem.$calls.withValue(calls) { try operation(folder) }
            }
            if let error {
                #expect(error.kind == .inputOutput, "call \(number): \(error)")
                #expect(error.kind.exitCode == 6)
                #expect(error.description.contains(folder.path), "call \(number): \(error)")
                #expect(error.description.contains(String(cString: strerror(failure.code))))
            }
            try withoutFlushing {
                try DurableFile.removeStaleTemporaries(in: folder.path)
                try check(folder, error == nil)
            }
        }
    }

    @Test(arguments: failures) func replacingAFile(failure: Failure) throws {
        let old = noise(2000)
        let new = noise(3000, seed: 2)
        try failEveryCall(failure) { folder in
            try DurableFile.write(old, to: folder["weights.h5"])
        } operation: { folder in
            try DurableFile.write(new, to: folder["weights.h5"])
        } check: { folder, succeeded in
            #expect(try folder.names() == ["weights.h5"])
            let content = try DurableFile.read(folder["weights.h5"], limit: 9999)
            #expect(content == new || (content == old && !succeeded))
        }
    }

    @Test(arguments: failures) func aFileWithAPatchedHeader(failure: Failure) throws {
        try failEveryCall(failure) { _ in
        } operation: { folder in
            let digest = try DurableFile.writing(to: folder["scene.tiff"]) { writer in
                try writer.write(noise(1500))
                try writer.write(bytes("II"), at: 0)
            }
            #expect(digest == SHA256Digest.of(bytes("II") + noise(1500).dropFirst(2)))
        } check: { folder, succeeded in
            let names = try folder.names()
            #expect(names == ["scene.tiff"] || (names == [] && !succeeded))
            if !names.isEmpty {
                #expect(
                    try DurableFile.read(folder["scene.tiff"], limit: 9999)
                        == bytes("II") + noise(1500).dropFirst(2))
            }
        }
    }

    @Test(arguments: failures) func aFolder(failure: Failure) throws {
        try failEveryCall(failure) { _ in
        } operation: { folder in
            let member = try FolderTransaction(folder["member-000"])
            try member.write(noise(900), as: "weights.h5")
            try member.write(bytes("{}\n"), as: "manifest.json")
            try member.commit()
        } check: { folder, succeeded in
            let names = try folder.names()
            #expect(names == ["member-000"] || (names == [] && !succeeded))
            if !names.isEmpty {
                #expect(try folder.names("member-000") == ["manifest.json", "weights.h5"])
            }
        }
    }

    @Test(arguments: failures) func aJournal(failure: Failure) throws {
        struct Entry: Codable, Equatable { let step: Int }
        try failEveryCall(failure) { folder in
            let journal = try Journal(folder["log.jsonl"])
            try journal.append(Entry(step: 0), flushing: true)
        } operation: { folder in
            let journal = try Journal(folder["log.jsonl"])
            try journal.append(Entry(step: 1))
            try journal.append(Entry(step: 2), flushing: true)
            try journal.close()
        } check: { folder, succeeded in
            let journal = try Journal(folder["log.jsonl"])
            try journal.append(Entry(step: 9))
            let steps = try Journal.entries(of: Entry.self, at: folder["log.jsonl"]).map(\.step)
            #expect([[0, 9], [0, 1, 9], [0, 1, 2, 9]].contains(steps))
            if succeeded { #expect(steps == [0, 1, 2, 9]) }
        }
    }

    @Test(arguments: failures) func aFileOfRecords(failure: Failure) throws {
        try failEveryCall(failure) { folder in
            let file = try RecordFile(folder["events"]) { _ in true }
            for text in ["0", "x", "y"] { try file.append(bytes(text)) }
            try file.close()
        } operation: { folder in
            let file = try RecordFile(folder["events"]) { $0 == bytes("0") }
            try file.append(bytes("1"))
            try file.append(bytes("2"))
            try file.close()
        } check: { folder, succeeded in
            var records: [Data] = []
            let file = try RecordFile(folder["events"]) { record in
                records.append(record)
                return true
            }
            #expect(file.damagedByteCount == 0)
            let possible = ["0xy", "0", "01", "012"].map { $0.map { bytes("\($0)") } }
            #expect(possible.contains(records))
            if succeeded { #expect(records == possible.last) }
        }
    }

    @Test(arguments: failures) func folders(failure: Failure) throws {
        try failEveryCall(failure) { folder in
            try DurableFile.createFolder(folder["old/below"])
            try DurableFile.write(noise(10), to: folder["old/below/file"])
        } operation: { folder in
            try DurableFile.createFolder(folder["run/member/checkpoints"])
            try DurableFile.remove(folder["old"])
        } check: { folder, succeeded in
            try DurableFile.createFolder(folder["run/member/checkpoints"])
            try DurableFile.remove(folder["old"])
            #expect(try folder.names() == ["run"])
        }
    }

    @Test(arguments: failures) func aLock(failure: Failure) throws {
        try failEveryCall(failure) { _ in
        } operation: { folder in
            let lock = try FileLock.acquire(folder["lock"])
            lock.release()
        } check: { folder, _ in
            let lock = try FileLock.acquire(folder["lock"])
            lock.release()
            #expect(try folder.names() == [])
        }
    }

    @Test func shortWritesAreContinued() throws {
        let folder = try TemporaryFolder()
        let content = noise(1000)
        let digest = try FileSystem.$calls.withValue(FailingFileCalls(longestWrite: 7)) {
            try DurableFile.write(content, to: folder["file"])
        }
        #expect(digest == SHA256Digest.of(content))
        let (read, digestOfFile) = try FileSystem.$calls.withValue(
            FailingFileCalls(longestWrite: 7)
        ) {
            (
                try DurableFile.read(folder["file"], limit: 1000),
                try SHA256Digest.ofFile(at: folder["file"])
            )
        }
        #expect(read == content)
        #expect(digestOfFile == digest)
    }

    @Test func aReadThatFailsNamesThePath() throws {
        let folder = try TemporaryFolder()
        try DurableFile.write(noise(100), to: folder["file"])
        for number in 1...3 {
            let calls = FailingFileCalls(failing: number, code: EIO)
            let error = try floeError {
                try FileSystem.$calls.withValue(calls) {
                    _ = try DurableFile.read(folder["file"], limit: 1000)
                }
            }
            #expect(error?.kind == .inputOutput)
            #expect(error?.file == folder["file"])
        }
    }
}
