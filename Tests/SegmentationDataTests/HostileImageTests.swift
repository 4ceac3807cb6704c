import DurableFiles
import Foundation
import TensorCore
import Testing

@testable import SegmentationData

/// Files that lie: none may crash, hang or take memory, and each gives one line.
struct HostileImageTests {
    static let budget = ImageBudget(bytes: 64 << 20)

    @Test(arguments: [
        "rgb8.png", "grey16.png", "palette4.png", "interlaced.png", "rgb420.jpg",
        "progressive.jpg", "grey.jpg", "contig3.tiff", "separate7.tiff", "tiles.tiff",
        "tiff_lzw.tiff", "packbits.tiff", "big_be.tiff", "palette.tiff", "overview.tiff",
        "one_strip.tiff",
    ])
    func mutatedFilesAreReadOrRefused(name: String) throws {
        let original = try Data(contentsOf: URL(fileURLWithPath: Fixtures.path(name)))
        try Fixtures.withFolder { folder in
            let path = "\(folder)/mutated"
            var stream = RandomStream(seed: 1, purpose: .test, sample: original.count)
            var refused = 0
            for round in 0..<120 {
                var bytes = original
                for _ in 0..<(1 + stream.index(below: 6)) {
                    // Headers and directories stand at the ends.
                    let end = stream.chance(0.3) ? min(64, bytes.count) : bytes.count
                    bytes[stream.index(below: end)] = UInt8(stream.index(below: 256))
                }
                if round % 4 == 0 { bytes = bytes.prefix(stream.index(below: bytes.count)) }
                try bytes.write(to: URL(fileURLWithPath: path))
                do {
                    _ = try ImageReader.readBands(path: path, budget: Self.budget)
                    _ = try ImageReader.readMask(path: path, budget: Self.budget)
                } catch let error as FloeError {
                    refused += 1
                    #expect(error.kind == .badData || error.kind == .numeric, "\(error)")
                    #expect(error.file == path && !error.description.contains("\n"))
                }
            }
            #expect(refused > 20)
        }
    }

    @Test(arguments: [
        "rgb8.png", "interlaced.png", "rgb444.jpg", "progressive.jpg", "grey.jpg", "contig3.tiff",
        "tiles.tiff", "tiff_lzw.tiff",
    ])
    func everyTruncationIsRefused(name: String) throws {
        let original = try Data(contentsOf: URL(fileURLWithPath: Fixtures.path(name)))
        try Fixtures.withFolder { folder in
            let path = "\(folder)/short"
            // The last bytes of a JPEG and a PNG carry no pixels; two thirds are always too few.
            let step = max(1, original.count / 40)
            for count in stride(from: 0, to: original.count * 2 / 3, by: step) {
                try original.prefix(count).write(to: URL(fileURLWithPath: path))
                let error = Fixtures.error { _ = try ImageReader.readBands(path: path) }
                #expect(error?.kind == .badData)
            }
        }
    }

    @Test func aHugePNGIsRefusedAtOnce() throws {
        try Fixtures.withFolder { folder in
            let path = "\(folder)/bomb.png"
            try bombPNG(width: 1_000_000, height: 1_000_000).write(
                to: URL(fileURLWithPath: path))
            let before = residentBytes()
            let start = ContinuousClock.now
            let error = Fixtures.error { _ = try ImageReader.readBands(path: path) }
            #expect(error?.kind == .badData)
            #expect(ContinuousClock.now - start < .seconds(1))
            #expect(residentBytes() - before < 16 << 20)
            // Small enough for the budget, but not for its file.
            try bombPNG(width: 30_000, height: 30_000).write(to: URL(fileURLWithPath: path))
            let second = Fixtures.error { _ = try ImageReader.readBands(path: path) }
            #expect(second?.description.contains("cannot hold") == true)
        }
    }

    @Test(arguments: [
        (UInt32(1) << 31, UInt32(1) << 31, UInt16(1)), (60_000, 60_000, 5),
        (1 << 31, 1, 1), (1, 1 << 31, 60_000), (40_000, 40_000, 1),
    ])
    func aHugeTIFFIsRefusedAtOnce(width: UInt32, height: UInt32, compression: UInt16) throws {
        try Fixtures.withFolder { folder in
            let path = "\(folder)/bomb.tiff"
            try bombTIFF(width: width, height: height, compression: min(compression, 5)).write(
                to: URL(fileURLWithPath: path))
            let before = residentBytes()
            let start = ContinuousClock.now
            let error = Fixtures.error { _ = try ImageReader.readBands(path: path) }
            #expect(error?.kind == .badData)
            #expect(ContinuousClock.now - start < .seconds(1))
            #expect(residentBytes() - before < 16 << 20)
        }
    }

    @Test func specialFilesAreRefusedWithoutOpening() throws {
        try Fixtures.withFolder { folder in
            let pipe = "\(folder)/pipe"
            #expect(mkfifo(pipe, 0o600) == 0)
            for path in [pipe, "/dev/zero", folder, "\(folder)/a\0b"] {
                let error = Fixtures.error { _ = try ImageReader.probe(path: path) }
                #expect(error?.kind == .badData)
            }
        }
    }

    private func residentBytes() -> Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else {
            return 0
        }
        return Int(text.split(separator: " ")[1]).map { $0 * 4096 } ?? 0
    }

    private func bombPNG(width: UInt32, height: UInt32) -> Data {
        func big(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(value >> (24 - 8 * $0) & 255) } }
        func chunk(_ kind: String, _ body: [UInt8]) -> [UInt8] {
            let data = Array(kind.utf8) + body
            return big(UInt32(body.count)) + data + big(CRC32.of(Data(data)))
        }
        var bytes: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        bytes += chunk("IHDR", big(width) + big(height) + [8, 2, 0, 0, 0])
        bytes += chunk("IDAT", [0x78, 0x9C, 0x63, 0, 0, 0, 1, 0, 1])
        return Data(bytes + chunk("IEND", []))
    }

    private func bombTIFF(width: UInt32, height: UInt32, compression: UInt16) -> Data {
        func small(_ value: UInt32, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(value >> (8 * UInt32($0)) & 255) }
        }
        func entry(_ tag: UInt32, _ value: UInt32) -> [UInt8] {
            small(tag, 2) + small(4, 2) + small(1, 4) + small(value, 4)
        }
        let entries = [
            entry(256, width), entry(257, height), entry(258, 8), entry(259, UInt32(compression)),
            entry(262, 1), entry(273, 8), entry(277, 1), entry(278, height), entry(279, 64),
        ]
        return Data(
            [0x49, 0x49, 42, 0] + small(8, 4) + small(UInt32(entries.count), 2)
                + entries.flatMap { $0 } + small(0, 4) + [UInt8](repeating: 0, count: 64))
    }
}
