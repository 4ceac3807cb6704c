import DurableFiles
import Foundation
import TensorCore
import TestSupport
import Testing

@testable import ModelZoo

/// Kinds of errors that a test expects.
enum FloeErrorKind: Error, Equatable {
    case badData, notFound, permission, usage, other

    static func of(_ body: () throws -> Void) throws {
        do { try body() } catch let error as FloeError {
            switch error.kind {
            case .badData: throw FloeErrorKind.badData
            case .notFound: throw FloeErrorKind.notFound
            case .permission: throw FloeErrorKind.permission
            case .usage: throw FloeErrorKind.usage
            default: throw FloeErrorKind.other
            }
        }
    }
}

/// Files that nobody should trust, each refused with one line that says why
/// (`scripts/golden/hostile_hdf5.py`).
@Suite struct ForeignFileTests {
    struct Hostile: Decodable, Sendable, CustomStringConvertible {
        var file: String
        /// Nil for a file that is fine.
        var refusal: String?
        var description: String { file }
    }

    static let hostile: [Hostile] = (try? Golden.load("hostile")) ?? []

    @Test func theFixturesAreThere() { #expect(Self.hostile.count > 40) }

    @Test(arguments: hostile)
    func everyRefusalSaysWhy(_ hostile: Hostile) throws {
        let path = EncoderFixture.path(hostile.file, in: "hostile")
        var refused: FloeError?
        do { _ = try EncoderImport(ForeignFile(path)).load() } catch let error as FloeError {
            refused = error
        }
        guard let refusal = hostile.refusal else {
            #expect(refused == nil)
            return
        }
        let error = try #require(refused)
        #expect(error.kind == .badData)
        #expect(error.file == path)
        #expect(error.description.contains(refusal), "\(error)")
        #expect(!error.description.contains("\n"))
    }

    @Test func aFileThatIsNotThereIsNotFound() {
        #expect(throws: FloeErrorKind.notFound) {
            try FloeErrorKind.of { _ = try ForeignFile("/nowhere/weights.h5") }
        }
        #expect(throws: FloeErrorKind.badData) {
            try FloeErrorKind.of { _ = try ForeignFile("/") }
        }
    }

    @Test func digestsAreThoseOfTheValues() throws {
        let path = EncoderFixture.path("torch-dots-18.h5")
        let plain = try ForeignFile(path)
        #expect(plain.datasets.allSatisfy { $0.digest == nil })
        #expect(plain.sha256 == (try SHA256Digest.ofFile(at: path)))
        let hashed = try ForeignFile(path, withDigests: true)
        let place = try #require(hashed.datasets.firstIndex { $0.name == "bn1.bias" })
        let values = try hashed.tensors([place])[0].values
        #expect(hashed.datasets[place].digest == values.withUnsafeBytes { SHA256Digest.of($0) })
        // Counters are integers, which are listed and not read.
        let counter = try #require(
            hashed.datasets.first { $0.name == "bn1.num_batches_tracked" })
        #expect(counter.problem != nil && counter.digest == nil)
    }

    /// One changed, cut or moved piece: a line or the same weights, never a crash or a long wait.
    @Test func mutatedFilesNeverHurt() throws {
        try withTemporaryFile { path in
            let original = try Data(
                contentsOf: URL(fileURLWithPath: EncoderFixture.path("whole.h5", in: "hostile")))
            for round in 0..<60 {
                var bytes = [UInt8](original)
                var stream = RandomStream(seed: 5, purpose: .test, sample: round)
                // Most of a file is values: its structure lies at the beginning of every block.
                for _ in 0..<(1 + round % 8) {
                    let place = stream.index(below: round % 2 == 0 ? 4096 : bytes.count)
                    bytes[place] = UInt8(stream.index(below: 256))
                }
                if round % 5 == 4 { bytes = Array(bytes.prefix(stream.index(below: bytes.count))) }
                try Data(bytes).write(to: URL(fileURLWithPath: path))
                do { _ = try EncoderImport(ForeignFile(path)).load() } catch let error as FloeError
                {
                    #expect(error.kind == .badData)
                    #expect(!error.description.contains("\n"))
                }
            }
        }
    }

    /// A heap of texts with a hole of zeros, which libhdf5 walks for ever: the reader is stopped.
    @Test func aFileThatNeverEndsIsStopped() throws {
        try withTemporaryFile { path in
            var data = try Data(
                contentsOf: URL(
                    fileURLWithPath: EncoderFixture.path("keras-variable-strings-50.h5")))
            data.replaceSubrange(359_096..<359_136, with: Data(count: 40))
            try data.write(to: URL(fileURLWithPath: path))
            let start = ContinuousClock.now
            var refused: FloeError?
            do { _ = try ForeignFile(path) } catch let error as FloeError { refused = error }
            let error = try #require(refused)
            #expect(error.kind == .badData)
            #expect(error.file == path)
            #expect(error.description.contains("took too long"), "\(error)")
            #expect(ContinuousClock.now - start < .seconds(30))
        }
    }

    private func withTemporaryFile(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "floe-foreign-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path + "/weights.h5")
    }
}
