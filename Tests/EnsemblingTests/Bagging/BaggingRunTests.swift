import DurableFiles
import Foundation
import ModelZoo
import SegmentationData
import Testing
import TrainingTestSupport

@testable import Ensembling
@testable import Training

@Suite struct BaggingRunTests {
    /// A run of two members, and what it tells.
    private final class Watched {
        let run: BaggingRun
        private let log: Log

        var events: [TrainingEvent] { log.events }

        private final class Log { var events: [TrainingEvent] = [] }

        init(_ folder: String, _ more: [String] = [], name: String = "run") throws {
            let log = Log()
            self.log = log
            run = try BaggingRun.open(
                folder + "/" + name, recipe: TrainingFixtures.recipe(folder, more), jobs: 1
            ) { log.events.append($0) }
        }

        var path: String { run.run.path }

        func count(_ matches: (TrainingEvent) -> Bool) -> Int { events.count(where: matches) }
    }

    /// A folder with the data that the recipe names.
    private static func withData(_ body: (String) throws -> Void) throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            try body(folder)
        }
    }

    private static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: path)
    }

    private static func table(_ run: RunFolder) throws -> [[String]] {
        try #require(
            String(
                validating: Data(contentsOf: URL(fileURLWithPath: run.metricsPath)), as: UTF8.self)
        ).split(separator: "\n").map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }

    // MARK: One after another

    @Test func twoMembersOneAfterAnother() throws {
        try Self.withData { folder in
            let watched = try Watched(folder)
            try watched.run.train()
            let run = watched.run.run
            #expect(run.isFinished(0) && run.isFinished(1))
            // The bags differ, so the members do.
            #expect(
                try TrainingFixtures.weights(run, member: 0)
                    != TrainingFixtures.weights(run, member: 1))
            #expect(watched.events.first == .runStarted(members: 2, threads: 1))
            guard case .runDone(finished: 2, members: 2, seconds: _)? = watched.events.last else {
                Issue.record("the run does not end with runDone")
                return
            }
            #expect(!Self.exists(run.path + "/checkpoints"))
            #expect(!Self.exists(run.path + "/.run.lock"))
        }
    }

    @Test func aRowForEveryMemberAndEpoch() throws {
        try Self.withData { folder in
            let watched = try Watched(folder)
            try watched.run.train()
            let rows = try Self.table(watched.run.run)
            #expect(rows.first == ["member"] + EpochRecord.columns)
            #expect(
                rows.dropFirst().map { Array($0.prefix(2)) }
                    == [["0", "1"], ["0", "2"], ["1", "1"], ["1", "2"]])
            #expect(rows.allSatisfy { $0.count == EpochRecord.columns.count + 1 })
        }
    }

    /// A member that was damaged since is not passed over as finished.
    @Test(arguments: [false, true])
    func aFinishedMemberIsLookedAt(_ isMissing: Bool) throws {
        try Self.withData { folder in
            let run = try Watched(folder).run
            try run.train()
            let weights = run.run.memberFolder(1) + "/" + MemberStore.weightsName
            let bytes = try Data(contentsOf: URL(fileURLWithPath: weights))
            try FileManager.default.removeItem(atPath: weights)
            if !isMissing {
                try bytes.dropLast().write(to: URL(fileURLWithPath: weights))
            }
            let error = TrainingFixtures.error(.badData) { try Watched(folder).run.train() }
            #expect(error?.advice?.contains("member-001") == true)
            // Without its folder it is trained again, to the same bytes.
            try FileManager.default.removeItem(atPath: run.run.memberFolder(1))
            try Watched(folder).run.train()
            #expect(try Data(contentsOf: URL(fileURLWithPath: weights)) == bytes)
        }
    }

    /// Members that start later train on the data that the run was started with.
    @Test func otherDataAreRefusedForEveryMember() throws {
        try Self.withData { folder in
            try Watched(folder).run.train(members: [0])
            try TrainingFixtures.writeImage(folder, 3, seed: 8)
            let error = TrainingFixtures.error(.badData) { try Watched(folder).run.train() }
            #expect(error?.description.contains("data changed") == true)
        }
    }

    /// A folder that a failed copy left is found before a training and not after it.
    @Test func aFolderWithoutItsManifestIsInTheWay() throws {
        try Self.withData { folder in
            let run = try Watched(folder).run
            try DurableFile.createFolder(run.run.memberFolder(0))
            let watched = try Watched(folder)
            let error = TrainingFixtures.error(.badData) { try watched.run.train() }
            #expect(error?.file == run.run.memberFolder(0))
            #expect(!watched.events.contains { if case .epochDone = $0 { true } else { false } })
        }
    }

    @Test func theSecondTimeNothingIsTrained() throws {
        try Self.withData { folder in
            let first = try Watched(folder)
            try first.run.train()
            let run = first.run.run
            let files = (0..<2).flatMap { member in
                [MemberStore.manifestName, MemberStore.weightsName].map {
                    run.memberFolder(member) + "/" + $0
                }
            }
            let before = try (files + [run.metricsPath]).map { try SHA256Digest.ofFile(at: $0) }
            let second = try Watched(folder)
            try second.run.train()
            #expect(
                try (files + [run.metricsPath]).map { try SHA256Digest.ofFile(at: $0) } == before)
            #expect(
                second.events.dropLast() == [
                    .runStarted(members: 2, threads: 1), .memberSkipped(member: 0),
                    .memberSkipped(member: 1),
                ])
        }
    }

    /// One by one, last first: the same bytes as all in one run.
    @Test func singleMembersGiveTheSameBytes() throws {
        try Self.withData { folder in
            let whole = try Watched(folder)
            try whole.run.train()
            try Watched(folder, name: "pieces").run.train(members: [1])
            let pieces = try Watched(folder, name: "pieces")
            let run = pieces.run.run
            #expect(!run.isFinished(0) && run.isFinished(1))
            #expect(Self.exists(run.path + "/checkpoints"))
            try pieces.run.train(members: [0])
            for member in 0..<2 {
                #expect(
                    try TrainingFixtures.weights(run, member: member)
                        == TrainingFixtures.weights(whole.run.run, member: member))
            }
            // The one that finishes the run cleans up and keeps what the other wrote.
            #expect(!Self.exists(run.path + "/checkpoints"))
            #expect(try Self.table(run).dropFirst().map { $0[0] } == ["0", "0", "1", "1"])
        }
    }

    @Test func aTornJournalIsToldAndMended() throws {
        try Self.withData { folder in
            let first = try Watched(folder)
            try first.run.train(members: [0])
            let journal = first.run.run.journalPath
            let handle = try #require(FileHandle(forWritingAtPath: journal))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(#"{"time":"2025"#.utf8))
            try handle.close()
            let second = try Watched(folder)
            #expect(second.events.count == 1)
            guard case .warning(let words)? = second.events.first else {
                Issue.record("no warning")
                return
            }
            #expect(words.contains("torn") && words.contains(journal))
            try second.run.train()
            #expect(try Self.table(second.run.run).count == 5)
        }
    }

    // MARK: Refusals

    @Test(arguments: [2, -1])
    func aMemberThatTheRunHasNot(_ number: Int) throws {
        try Self.withData { folder in
            let watched = try Watched(folder)
            let error = TrainingFixtures.error(.usage) {
                try watched.run.train(members: [0, number])
            }
            #expect(error?.what.contains("no member \(number)") == true)
            #expect(error?.expected == "0 to 1")
            // Nothing was begun.
            #expect(watched.events.isEmpty)
            TrainingFixtures.error(.usage) {
                try watched.run.train(members: [number], jobs: 1) {
                    WorkerPoolTests.shell("exit 0", $0, folder)
                }
            }
        }
    }

    @Test func aRunThatAnotherProcessHolds() throws {
        try Self.withData { folder in
            let watched = try Watched(folder)
            let lock = try FileLock.acquire(watched.path + "/.run.lock")
            defer { lock.release() }
            let error = TrainingFixtures.error(.locked) { try watched.run.train() }
            #expect(error?.file == watched.path + "/.run.lock")
            #expect(error?.what.contains("locked by pid") == true)
            #expect(watched.events.isEmpty)
            #expect(!watched.run.run.isFinished(0))
        }
    }

    @Test func workersDoNotStartInALockedRun() throws {
        try Self.withData { folder in
            let watched = try Watched(folder)
            let lock = try FileLock.acquire(watched.path + "/.run.lock")
            defer { lock.release() }
            TrainingFixtures.error(.locked) {
                try watched.run.train(jobs: 2) {
                    WorkerPoolTests.shell(#"touch "$2/started""#, $0, folder)
                }
            }
            #expect(!Self.exists(folder + "/started"))
        }
    }

    @Test func dataThatCannotBeTrainedLeavesNoRun() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let recipe = try TrainingFixtures.recipe(folder, [#"data.images="*_picture.png""#])
            TrainingFixtures.error(.badData) {
                _ = try BaggingRun.open(folder + "/run", recipe: recipe, jobs: 1) { _ in }
            }
            #expect(!Self.exists(folder + "/run"))
        }
    }

    // MARK: Several at once

    /// Leaves what commits a member: its manifest.
    private static let finish =
        #"mkdir -p "$3/member-00$1"; echo {} > "$3/member-00$1/manifest.json""#

    @Test func workersFinishTheRun() throws {
        try Self.withData { folder in
            let watched = try Watched(folder)
            let path = watched.path
            try watched.run.train(jobs: 2) {
                WorkerPoolTests.shell(Self.finish, $0, folder, [path])
            }
            #expect(watched.events.first == .runStarted(members: 2, threads: 1))
            guard case .runDone(finished: 2, members: 2, seconds: _)? = watched.events.last else {
                Issue.record("the run does not end with runDone")
                return
            }
            #expect(!Self.exists(path + "/checkpoints"))
            #expect(!Self.exists(path + "/.run.lock"))
        }
    }

    @Test func oneMemberIsMissingAtTheEnd() throws {
        try Self.withData { folder in
            let watched = try Watched(folder)
            let path = watched.path
            let error = TrainingFixtures.error(.partlyDone) {
                try watched.run.train(jobs: 2) {
                    WorkerPoolTests.shell(
                        "if [ $1 = 1 ]; then echo 'no memory' >&2; exit 7; fi; \(Self.finish)",
                        $0, folder, [path])
                }
            }
            #expect(error?.file == path)
            #expect(error?.kind.exitCode == 8)
            #expect(error?.what == "1 of 2 members failed (member 1: exit code 7: no memory)")
            #expect(watched.run.run.isFinished(0))
            #expect(
                watched.events.contains(
                    .memberFailed(member: 1, error: "exit code 7: no memory")))
            guard case .runDone(finished: 1, members: 2, seconds: _)? = watched.events.last else {
                Issue.record("the run does not end with runDone")
                return
            }

            // Once more: only the missing one is started. What stands for a member now is a real one.
            try FileManager.default.removeItem(atPath: watched.run.run.memberFolder(0))
            _ = try TestMembers.save(path, name: "member-000")
            let again = try Watched(folder)
            try again.run.train(jobs: 2) {
                WorkerPoolTests.shell(
                    #"echo $1 >> "$2/started"; "# + Self.finish, $0, folder, [path])
            }
            #expect(again.events.contains(.memberSkipped(member: 0)))
            #expect(
                try Data(contentsOf: URL(fileURLWithPath: folder + "/started")) == Data("1\n".utf8))
        }
    }

    /// Killed each time, as when memory runs out: three tries, and the other goes on.
    @Test func aMemberWhoseProcessIsKilled() throws {
        try Self.withData { folder in
            let watched = try Watched(folder)
            let path = watched.path
            let error = TrainingFixtures.error(.partlyDone) {
                try watched.run.train(jobs: 1) {
                    WorkerPoolTests.shell(
                        #"echo x >> "$2/tries-$1"; if [ $1 = 0 ]; then kill -9 $$; fi; "#
                            + Self.finish, $0, folder, [path])
                }
            }
            #expect(error?.what == "1 of 2 members failed (member 0: signal 9)")
            #expect(
                try Data(contentsOf: URL(fileURLWithPath: folder + "/tries-0"))
                    == Data("x\nx\nx\n".utf8))
            #expect(watched.run.run.isFinished(1))
        }
    }

    /// Whoever says that all went well and leaves no member behind has to be named too.
    @Test func aWorkerThatOnlySaysItIsDone() throws {
        try Self.withData { folder in
            let watched = try Watched(folder)
            let path = watched.path
            let error = TrainingFixtures.error(.partlyDone) {
                try watched.run.train(jobs: 2) {
                    WorkerPoolTests.shell(
                        "if [ $1 = 1 ]; then exit 0; fi; \(Self.finish)", $0, folder, [path])
                }
            }
            #expect(error?.what.contains("member 1") == true, "\(String(describing: error))")
        }
    }

    /// Log and table of the run tell the weights with which each epoch was trained.
    @Test func weightsThatAdaptAreInLogAndTable() throws {
        try Self.withData { folder in
            let watched = try Watched(folder, ["loss-weights=adaptive"])
            try watched.run.train()
            let rows = try Self.table(watched.run.run)
            #expect(rows.first == ["member"] + EpochRecord.columns + ["loss_weights"])
            let told = watched.events.compactMap { event -> [Double]? in
                if case .epochDone(_, let record, _) = event { record.lossWeights } else { nil }
            }
            #expect(told.count == 4 && told[0] == [1, 1] && told[1] != [1, 1])
            #expect(
                rows.dropFirst().map(\.last)
                    == told.map { $0.map { "\($0)" }.joined(separator: " ") })
            let log = try String(
                contentsOfFile: watched.run.run.path + "/log.jsonl", encoding: .utf8)
            #expect(log.components(separatedBy: "\"lossWeights\"").count == 5)
        }
    }

    /// What a worker tells of its epochs is in the table of the whole run.
    @Test func workersEpochsAreInTheTable() throws {
        try Self.withData { folder in
            let watched = try Watched(folder)
            let path = watched.path
            let record = EpochRecord(
                epoch: 1, trainingLoss: 0.25, validationLoss: nil, validationDice: nil,
                validationIoU: nil, validationAccuracy: nil, rate: 0.5, seconds: 2, isBest: true)
            let lines = try (0..<2).map { member in
                try #require(
                    String(
                        validating: JSONEncoder().encode(
                            TrainingEvent.epochDone(member: member, record: record, epochs: 1)),
                        as: UTF8.self))
            }
            try watched.run.train(jobs: 1) { member in
                WorkerPoolTests.shell(
                    #"echo "$4" >&2; "# + Self.finish, member, folder, [path, lines[member]])
            }
            #expect(
                try Self.table(watched.run.run).dropFirst() == [
                    ["0", "1", "0.25", "", "", "", "", "0.5", "2.0", "1"],
                    ["1", "1", "0.25", "", "", "", "", "0.5", "2.0", "1"],
                ])
        }
    }
}
