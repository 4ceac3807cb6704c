import DurableFiles
import Foundation
import Testing
import TrainingTestSupport

@testable import Ensembling
@testable import Training

/// Workers that are small shell commands: what the pool makes of how they end and what they say.
@Suite struct WorkerPoolTests {
    /// `$1` is the member, `$2` the folder, further arguments as given.
    static func shell(
        _ script: String, _ member: Int, _ folder: String, _ more: [String] = []
    ) -> WorkerCommand {
        WorkerCommand(
            executable: "/bin/sh",
            arguments: ["-c", script, "worker", "\(member)", folder] + more)
    }

    /// Runs members through a script.
    private static func run(
        _ members: [Int], jobs: Int = 2, in folder: String, _ script: String,
        _ more: [String] = []
    ) throws -> (failures: [Int: String], events: [TrainingEvent]) {
        let pool = WorkerPool(jobs: jobs, attempts: 3) { shell(script, $0, folder, more) }
        var events: [TrainingEvent] = []
        let failures = try pool.run(members) { events.append($0) }
        return (failures, events)
    }

    private static func lines(_ path: String) throws -> [String] {
        try #require(
            String(validating: Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
        ).split(separator: "\n").map(String.init)
    }

    private static func failures(_ events: [TrainingEvent], of member: Int) -> [String] {
        events.compactMap {
            if case .memberFailed(member, let words) = $0 { words } else { nil }
        }
    }

    @Test func everyMemberIsRunOnce() throws {
        try TrainingFixtures.withFolder { folder in
            let (failures, events) = try Self.run(
                [0, 2, 5], in: folder, #"echo $1 >> "$2/done""#)
            #expect(failures.isEmpty)
            #expect(events.isEmpty)
            #expect(try Self.lines(folder + "/done").sorted() == ["0", "2", "5"])
        }
    }

    @Test func nothingToDo() throws {
        try TrainingFixtures.withFolder { folder in
            let (failures, events) = try Self.run([], in: folder, "exit 1")
            #expect(failures.isEmpty && events.isEmpty)
        }
    }

    /// It said what is wrong; asked again it would say the same.
    @Test func aWorkerThatExplainsItselfIsNotTriedAgain() throws {
        try TrainingFixtures.withFolder { folder in
            let (failures, events) = try Self.run(
                [4], in: folder,
                #"echo $1 >> "$2/tries"; echo first >&2; echo; echo "no such mask" >&2; exit 3"#)
            #expect(try Self.lines(folder + "/tries") == ["4"])
            #expect(failures == [4: "exit code 3: no such mask"])
            #expect(events == [.memberFailed(member: 4, error: "exit code 3: no such mask")])
        }
    }

    @Test func aSilentFailureIsTold() throws {
        try TrainingFixtures.withFolder { folder in
            let failures = try Self.run([0], in: folder, "exit 7").failures
            #expect(failures == [0: "exit code 7"])
        }
    }

    @Test func aWorkerThatDiesIsTriedTwiceMore() throws {
        try TrainingFixtures.withFolder { folder in
            let (failures, events) = try Self.run(
                [0, 1, 2, 3], in: folder,
                #"echo $1 >> "$2/tries"; if [ $1 = 1 ]; then kill -9 $$; fi; echo $1 >> "$2/done""#)
            #expect(
                try Self.lines(folder + "/tries").sorted() == ["0", "1", "1", "1", "2", "3"])
            #expect(try Self.lines(folder + "/done").sorted() == ["0", "2", "3"])
            #expect(failures == [1: "signal 9"])
            #expect(Self.failures(events, of: 1) == ["signal 9", "signal 9", "signal 9"])
            #expect(events.count == 3)
        }
    }

    @Test func aWorkerMayRecover() throws {
        try TrainingFixtures.withFolder { folder in
            let (failures, events) = try Self.run(
                [0], in: folder,
                #"echo x >> "$2/tries"; [ $(wc -l < "$2/tries") -ge 3 ] || kill -9 $$"#)
            #expect(failures.isEmpty)
            #expect(try Self.lines(folder + "/tries").count == 3)
            #expect(Self.failures(events, of: 0).count == 2)
        }
    }

    /// Its second end explains itself, so there is no third try.
    @Test func anExplanationEndsTheTries() throws {
        try TrainingFixtures.withFolder { folder in
            let (failures, _) = try Self.run(
                [0], in: folder,
                #"""
                echo x >> "$2/tries"
                [ $(wc -l < "$2/tries") -ge 2 ] || kill -9 $$
                echo "disk full" >&2; exit 6
                """#)
            #expect(failures == [0: "exit code 6: disk full"])
            #expect(try Self.lines(folder + "/tries").count == 2)
        }
    }

    @Test func aProgramThatIsNotThere() throws {
        let pool = WorkerPool(jobs: 1, attempts: 3) { _ in
            WorkerCommand(executable: "/nowhere/floe")
        }
        var events: [TrainingEvent] = []
        let failures = try pool.run([0, 1]) { events.append($0) }
        #expect(failures.keys.sorted() == [0, 1])
        #expect(failures[0]?.contains("/nowhere/floe") == true)
        #expect(events.count == 2)
    }

    // MARK: How many at once

    /// Each notes when it begins and when it ends.
    @Test(arguments: [1, 2, 3])
    func neverMoreThanJobsAtOnce(_ jobs: Int) throws {
        try TrainingFixtures.withFolder { folder in
            let (failures, _) = try Self.run(
                Array(0..<6), jobs: jobs, in: folder,
                #"echo "+$1" >> "$2/times"; sleep 0.2; echo "-$1" >> "$2/times""#)
            #expect(failures.isEmpty)
            var running = 0
            var most = 0
            let lines = try Self.lines(folder + "/times")
            for line in lines {
                running += line.hasPrefix("+") ? 1 : -1
                most = max(most, running)
            }
            #expect(lines.count == 12)
            #expect(most == jobs)
            if jobs == 1 {
                #expect(lines.filter { $0.hasPrefix("+") } == (0..<6).map { "+\($0)" })
            }
        }
    }

    // MARK: What workers tell

    private static func line(_ event: TrainingEvent) throws -> String {
        try #require(String(validating: JSONEncoder().encode(event), as: UTF8.self))
    }

    private static let record = EpochRecord(
        epoch: 1, trainingLoss: 0.25, validationLoss: nil, validationDice: 0.5,
        validationIoU: nil, validationAccuracy: 0.75, rate: 0.001, seconds: 2, isBest: true)

    @Test func eventsArePassedOnInOrder() throws {
        try TrainingFixtures.withFolder { folder in
            let steps = (1...200).map {
                TrainingEvent.stepDone(member: 7, epoch: 1, step: $0, steps: 200, loss: 0.5)
            }
            let own: [TrainingEvent] =
                [.memberStarted(member: 7, epochs: 1, steps: 200, images: 400)] + steps + [
                    .epochDone(member: 7, record: Self.record, epochs: 1),
                    .warning("a \"quoted\" word"), .checkpointSaved(member: 7, epoch: 2, step: 0),
                    .memberDone(member: 7, bestEpoch: 1, epochs: 1, seconds: 2),
                ]
            // The worker's own run is one member and not this run.
            let told =
                [.runStarted(members: 1, threads: 1)] + own + [
                    .memberSkipped(member: 7), .runDone(finished: 1, members: 1, seconds: 2),
                ]
            let text = try told.map { try Self.line($0) }.joined(separator: "\n") + "\n"
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/events"))
            let (failures, events) = try Self.run([7], in: folder, #"cat "$2/events" >&2"#)
            #expect(failures.isEmpty)
            #expect(events == own)
        }
    }

    /// The last line need not end in a line break, and an event is no explanation.
    @Test func theLastWordsAreTheLastLineThatIsNoEvent() throws {
        try TrainingFixtures.withFolder { folder in
            let event = try Self.line(.warning("slow disk"))
            let (failures, events) = try Self.run(
                [0], in: folder,
                #"echo "{not json" >&2; echo >&2; echo "$3" >&2; printf 'bad mask' >&2; exit 3"#,
                [event])
            #expect(failures == [0: "exit code 3: bad mask"])
            #expect(
                events == [
                    .warning("slow disk"),
                    .memberFailed(member: 0, error: "exit code 3: bad mask"),
                ])
        }
    }

    /// What it writes to standard output is nobody's business, however much it is.
    @Test func standardOutputIsDropped() throws {
        try TrainingFixtures.withFolder { folder in
            let (failures, events) = try Self.run(
                [0], in: folder,
                #"""
                i=0
                while [ $i -lt 3000 ]; do echo "a line of some length, $i"; i=$((i+1)); done
                """#
            )
            #expect(failures.isEmpty && events.isEmpty)
        }
    }

    @Test func everyFailureIsKept() throws {
        try TrainingFixtures.withFolder { folder in
            let failures = try Self.run(
                [0, 1, 2, 3], jobs: 4, in: folder, #"echo "member $1 is wrong" >&2; exit 3"#
            ).failures
            #expect(failures.count == 4)
            for member in 0..<4 {
                #expect(failures[member] == "exit code 3: member \(member) is wrong")
            }
        }
    }
}
