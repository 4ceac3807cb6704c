import Foundation

@testable import DurableFiles

/// A folder of one test, removed with all it holds when the test is over.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("floe-files-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    subscript(_ name: String) -> String { "\(path)/\(name)" }

    /// Every name below the folder but `.` and `..`, temporary ones included, in bytewise order.
    func names(_ folder: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? path : self[folder])
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}

/// The error that a closure throws; nil if it throws none.
func floeError(_ body: () throws -> Void) throws -> FloeError? {
    do {
        try body()
        return nil
    } catch let error as FloeError {
        return error
    }
}

func bytes(_ text: String) -> Data { Data(text.utf8) }

/// Bytes without a pattern, the same for the same seed.
func noise(_ count: Int, seed: UInt64 = 1) -> Data {
    var state = seed
    return Data(
        (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        })
}
