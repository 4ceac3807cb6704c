import Foundation
import Testing

@testable import DurableFiles

/// R4: whatever a power loss leaves opens as old or as new, and as new once that was promised.
@Suite struct PowerLossTests {
    @Test(arguments: [7, 100]) func aFileIsOldOrNew(longestWrite: Int) throws {
        let folder = try TemporaryFolder()
        let old = noise(50)
        let new = noise(20, seed: 2)
        try old.write(to: URL(fileURLWithPath: folder["weights.h5"]))
        let recorder = try PowerLossRecorder(root: folder.path)
        try FileSystem.$calls.withValue(recorder) {
            try DurableFile.writing(to: folder["weights.h5"]) { writer in
                for start in stride(from: 0, to: new.count, by: longestWrite) {
                    try writer.write(new.dropFirst(start).prefix(longestWrite))
                }
            }
        }
        recorder.promise()
        let states = try CrashStates.replay(recorder) { state, promises in
            let content = try DurableFile.read(state["weights.h5"], limit: 1000)
            #expect(content == new || (promises == 0 && content == old))
        }
        #expect(states > 20)
    }

    @Test func aMissingFlushIsSeen() throws {
        let folder = try TemporaryFolder()
        let recorder = try PowerLossRecorder(root: folder.path, ignoresFlushes: true)
        try FileSystem.$calls.withValue(recorder) {
            _ = try DurableFile.write(noise(20), to: folder["weights.h5"])
        }
        recorder.promise()
        var damaged = 0
        var lost = 0
        _ = try CrashStates.replay(recorder) { state, promises in
            guard let content = try? DurableFile.read(state["weights.h5"], limit: 1000) else {
                lost += promises
                return
            }
            if content != noise(20) { damaged += 1 }
        }
        #expect(damaged > 0)
        #expect(lost > 0)
    }

    @Test func aFolderIsWholeOrAbsent() throws {
        let folder = try TemporaryFolder()
        let weights = noise(30)
        let recorder = try PowerLossRecorder(root: folder.path)
        try FileSystem.$calls.withValue(recorder) {
            let member = try FolderTransaction(folder["member-000"])
            try member.write(weights, as: "weights.h5")
            try member.write(bytes("{}\n"), as: "manifest.json")
            try member.commit()
        }
        recorder.promise()
        var whole = 0
        let states = try CrashStates.replay(recorder) { state, promises in
            let names = try DurableFile.listFolder(state.path)
            guard names == ["member-000"] else {
                #expect(names == [])
                #expect(promises == 0)
                return
            }
            whole += 1
            #expect(try state.names("member-000") == ["manifest.json", "weights.h5"])
            #expect(try DurableFile.read(state["member-000/weights.h5"], limit: 99) == weights)
            #expect(
                try DurableFile.read(state["member-000/manifest.json"], limit: 99) == bytes("{}\n"))
        }
        #expect(states > 50)
        #expect(whole > 0)
    }

    @Test func aJournalKeepsWhatWasFlushed() throws {
        struct Entry: Codable, Equatable { let step: Int }
        let folder = try TemporaryFolder()
        let recorder = try PowerLossRecorder(root: folder.path)
        try FileSystem.$calls.withValue(recorder) {
            let journal = try Journal(folder["log.jsonl"])
            for step in 0..<4 {
                try journal.append(Entry(step: step), flushing: step % 2 == 1)
                if step % 2 == 1 { recorder.promise() }
            }
        }
        let states = try CrashStates.replay(recorder) { state, promises in
            let path = state["log.jsonl"]
            let (kept, cutAgain) = try withoutFlushing {
                try Journal(path).close()
                // Opened once, it is clean.
                return (
                    try Journal.entries(of: Entry.self, at: path), try Journal(path).cutByteCount
                )
            }
            #expect(kept == (0..<kept.count).map { Entry(step: $0) })
            #expect(kept.count >= 2 * promises)
            #expect(cutAgain == 0)
        }
        #expect(states > 30)
    }
}
