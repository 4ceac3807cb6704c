import Foundation
import Testing

@testable import SegmentationData

struct SceneReaderTests {
    @Test(arguments: [
        "tiles.tiff", "tiles_separate.tiff", "one_strip.tiff", "separate7.tiff", "contig3.tiff",
        "rgb8.png", "palette8.png", "rgb420.jpg", "palette.tiff",
    ])
    func rowsAreThoseOfTheWhole(name: String) throws {
        let whole = try ImageReader.readBands(path: Fixtures.path(name))
        let scene = try SceneReader(path: Fixtures.path(name))
        #expect(scene.header.height == whole.height)
        for rows in [0..<1, 3..<9, (whole.height - 2)..<whole.height, 0..<whole.height, 1..<4] {
            let part = try scene.readRows(rows)
            #expect(part == whole.cropped(rows: rows, columns: 0..<whole.width))
        }
    }

    @Test func aLargeSceneTakesLittleMemory() throws {
        try Fixtures.withFolder { folder in
            let path = "\(folder)/scene.tiff"
            let layout = TIFFWriter.Layout(
                height: 4000, width: 3000, bands: 4, sampleType: .float32)
            // 192 MB of pixels, by blocks of 100 rows.
            try TIFFWriter.write(to: path, layout: layout) { writer in
                for block in 0..<40 {
                    try writer.writeRows(
                        [Float](repeating: Float(block), count: 4 * 100 * 3000))
                }
            }
            let scene = try SceneReader(path: path)
            let before = residentBytes()
            for block in stride(from: 0, to: 40, by: 7) {
                let part = try scene.readRows((100 * block)..<(100 * block + 100))
                #expect(part.bands == 4 && part.values.allSatisfy { $0 == Float(block) })
                #expect(residentBytes() - before < 64 << 20)
            }
        }
    }

    private func residentBytes() -> Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else {
            return 0
        }
        return Int(text.split(separator: " ")[1]).map { $0 * 4096 } ?? 0
    }
}
