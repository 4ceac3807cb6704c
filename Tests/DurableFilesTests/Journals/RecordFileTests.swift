import Foundation
import Glibc
import TestSupport
import Testing

@testable import DurableFiles

@Suite struct RecordFileTests {
    private struct GoldenRecord: Decodable {
        let name: String
        let data: String
        let record: String
    }

    private func filled(_ path: String, _ records: [Data]) throws {
        let file = try RecordFile(path) { _ in true }
        for record in records { try file.append(record) }
        try file.close()
    }

    private func records(_ path: String) throws -> [Data] {
        var found: [Data] = []
        let file = try RecordFile(path) { record in
            found.append(record)
            return true
        }
        #expect(file.damagedByteCount == 0)
        return found
    }

    /// Bytes of TensorBoard's own writer.
    @Test func recordsAreFramedAsTensorBoardFramesThem() throws {
        for golden in try Golden.load("event-files", as: [GoldenRecord].self) {
            #expect(
                RecordFile.framed(try #require(Data(hex: golden.data)))
                    == Data(hex: golden.record), "\(golden.name)")
        }
    }

    @Test func recordsComeBackInOrder() throws {
        let folder = try TemporaryFolder()
        let first = [noise(3), Data(), noise(70_000, seed: 2)]
        try filled(folder["file"], first)
        #expect(try records(folder["file"]) == first)
        try filled(folder["file"], [noise(5)])
        #expect(try records(folder["file"]) == first + [noise(5)])
    }

    @Test func whatIsNotKeptIsCutWithAllBehindIt() throws {
        let folder = try TemporaryFolder()
        try filled(folder["file"], [bytes("a"), bytes("b"), bytes("c"), bytes("b")])
        var seen = 0
        let file = try RecordFile(folder["file"]) { record in
            seen += 1
            return record != bytes("b")
        }
        #expect(seen == 2 && file.damagedByteCount == 0)
        try file.append(bytes("d"))
        #expect(try records(folder["file"]) == [bytes("a"), bytes("d")])
    }

    @Test func aTornRecordIsCutWhereverItIsTorn() throws {
        let folder = try TemporaryFolder()
        let path = folder["file"]
        let written = [noise(11), noise(30, seed: 2)]
        try filled(path, written)
        let whole = try DurableFile.read(path, limit: 9999)
        let ends = [0, 11 + RecordFile.frameByteCount, whole.count]
        for count in 0...whole.count {
            try whole.prefix(count).write(to: URL(fileURLWithPath: path))
            try withoutFlushing {
                let valid = ends.last { $0 <= count } ?? 0
                let file = try RecordFile(path) { _ in true }
                #expect(file.damagedByteCount == count - valid)
                try file.append(bytes("new"))
                let kept = ends.filter { $0 <= count }.count - 1
                #expect(try records(path) == written.prefix(kept) + [bytes("new")])
            }
        }
    }

    @Test func everyFlippedBitIsSeen() throws {
        let folder = try TemporaryFolder()
        let path = folder["file"]
        try filled(path, [noise(9), noise(9, seed: 2)])
        let whole = try DurableFile.read(path, limit: 9999)
        for bit in 0..<(8 * whole.count) {
            var broken = whole
            broken[bit / 8] ^= 1 << (bit % 8)
            try broken.write(to: URL(fileURLWithPath: path))
            var kept = 0
            let file = try withoutFlushing {
                try RecordFile(path) { _ in
                    kept += 1
                    return true
                }
            }
            #expect(kept == (bit < 4 * whole.count ? 0 : 1), "bit \(bit)")
            #expect(file.damagedByteCount > 0)
        }
    }

    /// A length that lies, with the right checksum.
    @Test(arguments: [UInt64.max, UInt64(Int.max), 1 << 40, 6])
    func aLengthBeyondTheFile(_ length: UInt64) throws {
        let folder = try TemporaryFolder()
        let head = withUnsafeBytes(of: length.littleEndian) { Data($0) }
        // The checksum of a record that holds the length is masked alike.
        let sealed = head + RecordFile.framed(head).suffix(4)
        try (sealed + noise(9)).write(to: URL(fileURLWithPath: folder["file"]))
        let file = try RecordFile(folder["file"]) { _ in true }
        #expect(file.damagedByteCount == 21)
    }

    @Test func whatIsNoFileIsRefused() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: folder["folder"], withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: folder["link"], withDestinationPath: folder["elsewhere"])
        #expect(mkfifo(folder["fifo"], 0o666) == 0)
        for name in ["folder", "link", "fifo"] {
            let error = try floeError { _ = try RecordFile(folder[name]) { _ in true } }
            #expect(error?.file == folder[name])
        }
        #expect(try folder.names() == ["fifo", "folder", "link"])
    }
}

extension Data {
    fileprivate init?(hex: String) {
        let digits = Array(hex.utf8)
        let values = stride(from: 0, to: digits.count - 1, by: 2).map { index in
            UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16)
        }
        guard values.allSatisfy({ $0 != nil }) else { return nil }
        self.init(values.compactMap { $0 })
    }
}
