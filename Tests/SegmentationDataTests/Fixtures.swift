import DurableFiles
import Foundation
import TensorCore
import Testing

@testable import SegmentationData

/// The images that scripts/golden/data_images.py wrote, and the formula of their pixels.
enum Fixtures {
    static let folder =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures").path

    static func path(_ name: String) -> String { "\(folder)/\(name)" }

    static let height = 13
    static let width = 17

    /// value(band, row, column) = (37 row + 11 column + 59 band + row column) mod modulus
    static func pattern(
        bands: Int, modulus: Int, height: Int = height, width: Int = width
    ) -> [Float] {
        (0..<bands).flatMap { band in
            (0..<height).flatMap { row in
                (0..<width).map { column in
                    Float((37 * row + 11 * column + 59 * band + row * column) % modulus)
                }
            }
        }
    }

    static func image(
        bands: Int, modulus: Int = 251, height: Int = height, width: Int = width
    ) -> BandImage {
        BandImage(
            bands: bands, height: height, width: width,
            values: pattern(bands: bands, modulus: modulus, height: height, width: width))
    }

    struct Golden: Decodable {
        struct Case: Decodable {
            var from: [Int]
            var to: [Int]
            var values: [Float]
        }
        var bilinear: [Case]
        var nearest: [Case]
        var reflect: [Case]
        var jpeg: [String: [Float]]
    }

    static func golden() throws -> Golden {
        try JSONDecoder().decode(
            Golden.self, from: Data(contentsOf: URL(fileURLWithPath: path("golden.json"))))
    }

    /// A folder of its own that is gone afterwards.
    static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("floe-data-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder.path)
    }

    static func writeGrey(_ values: [UInt8], height: Int, width: Int, to path: String) throws {
        try FileManager.default.createDirectory(
            at: URL(fileURLWithPath: path).deletingLastPathComponent(),
            withIntermediateDirectories: true)
        try ImageWriter.writeGrey(values, height: height, width: width, to: path)
    }

    /// The error that a call throws; a test failure where it throws none or another kind.
    static func error(
        _ location: SourceLocation = #_sourceLocation, _ body: () throws -> Void
    ) -> FloeError? {
        do {
            try body()
        } catch let error as FloeError {
            #expect(!error.description.contains("\n"), sourceLocation: location)
            return error
        } catch {
            Issue.record("not a FloeError: \(error)", sourceLocation: location)
            return nil
        }
        Issue.record("nothing was thrown", sourceLocation: location)
        return nil
    }
}
