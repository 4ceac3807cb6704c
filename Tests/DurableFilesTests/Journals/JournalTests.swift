import Foundation
import Synchronization
import Testing

@testable import DurableFiles

@Suite struct JournalTests {
    struct Entry: Codable, Equatable {
        var epoch: Int
        var loss: Double
        var note: String?
    }

    private func filled(_ path: String, _ count: Int) throws -> [Entry] {
        let journal = try Journal(path)
        let entries = (0..<count).map {
            Entry(epoch: $0, loss: 1 / Double($0 + 3), note: $0 == 1 ? "a\n\"b\"/ü" : nil)
        }
        for entry in entries { try journal.append(entry) }
        try journal.close()
        return entries
    }

    @Test func aLineIsTheObjectAndItsChecksum() throws {
        struct Event: Codable { let event: String }
        // python3 -c "import zlib; print('%08x' % zlib.crc32(b'{\"event\":\"start\"}'))"
        #expect(
            try JournalLines.line(of: Event(event: "start"))
                == bytes("{\"event\":\"start\",\"crc\":\"ce534557\"}\n"))
        struct Nothing: Codable {}
        #expect(
            try JournalLines.line(of: Nothing()) == bytes("{\"crc\":\"a3a6bf43\"}\n"))
        #expect(JournalLines(bytes("{\"crc\":\"a3a6bf43\"}\n")).objects == [bytes("{}")])
    }

    @Test func entriesComeBackInOrder() throws {
        let folder = try TemporaryFolder()
        let path = folder["log.jsonl"]
        let first = try filled(path, 3)
        #expect(try Journal.entries(of: Entry.self, at: path) == first)
        let journal = try Journal(path)
        #expect(journal.cutByteCount == 0)
        let added = Entry(epoch: 3, loss: 0.5)
        try journal.append(added, flushing: true)
        #expect(try Journal.entries(of: Entry.self, at: path) == first + [added])
    }

    @Test func aTornLineIsCutWhereverItIsTorn() throws {
        let folder = try TemporaryFolder()
        let path = folder["log.jsonl"]
        let entries = try filled(path, 3)
        let whole = try DurableFile.read(path, limit: 9999)
        let ends = whole.indices.filter { whole[$0] == 0x0A }.map { $0 + 1 }
        for count in 0...whole.count {
            try whole.prefix(count).write(to: URL(fileURLWithPath: path))
            let valid = ends.last { $0 <= count } ?? 0
            let journal = try withoutFlushing { try Journal(path) }
            #expect(journal.cutByteCount == count - valid)
            try journal.append(Entry(epoch: 9, loss: 0))
            let kept = ends.filter { $0 <= count }.count
            #expect(
                try Journal.entries(of: Entry.self, at: path)
                    == entries.prefix(kept) + [Entry(epoch: 9, loss: 0)])
        }
    }

    @Test func everyFlippedBitIsSeen() throws {
        let folder = try TemporaryFolder()
        let path = folder["log.jsonl"]
        _ = try filled(path, 2)
        let objects = try Journal.lines(at: path)
        let whole = try DurableFile.read(path, limit: 9999)
        let firstEnd = try #require(whole.firstIndex(of: 0x0A))
        for bit in 0..<(8 * whole.count) {
            var damaged = whole
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            let kept = JournalLines(damaged)
            #expect(kept.validByteCount == (bit / 8 <= firstEnd ? 0 : firstEnd + 1))
            #expect(kept.objects == (bit / 8 <= firstEnd ? [] : Array(objects.prefix(1))))
        }
    }

    /// Single members of one run are trained by several processes at once.
    @Test func openingCutsNothingThatAnotherWrites() throws {
        let folder = try TemporaryFolder()
        let path = folder["log.jsonl"]
        let writer = try Journal(path)
        let note = String(repeating: "x", count: 20_000)
        let count = 60
        let failures = Mutex<[String]>([])
        let thread = Thread {
            for epoch in 0..<count {
                do { try writer.append(Entry(epoch: epoch, loss: 0, note: note)) } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
        }
        thread.start()
        var opened = 0
        while !thread.isFinished || opened < 20 {
            let other = try Journal(path)
            #expect(other.cutByteCount == 0)
            try other.append(Entry(epoch: -1, loss: Double(opened)))
            opened += 1
        }
        #expect(failures.withLock { $0 } == [])
        let entries = try Journal.entries(of: Entry.self, at: path)
        #expect(entries.filter { $0.epoch >= 0 }.map(\.epoch) == Array(0..<count))
        #expect(entries.filter { $0.epoch < 0 }.map(\.loss) == (0..<opened).map(Double.init))
    }

    @Test func aClosedJournalIsClosedTwice() throws {
        let folder = try TemporaryFolder()
        let journal = try Journal(folder["log.jsonl"])
        try journal.close()
        try journal.flush()
        try journal.close()
    }
}
