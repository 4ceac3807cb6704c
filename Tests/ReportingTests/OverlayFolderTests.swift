import Foundation
import SegmentationData
import TensorCore
import Testing
import TrainingTestSupport

@testable import Ensembling
@testable import Reporting

/// Pictures are written and read again: half a colour over black is 128.
@Suite struct OverlayFolderTests {
    private static let black: [UInt8] = [0, 0, 0]
    private static let yellow: [UInt8] = [128, 128, 0]
    private static let red: [UInt8] = [128, 0, 0]
    private static let green: [UInt8] = [0, 128, 0]

    /// One even image of 2 x 2 pixels, which is shown black, and its mask.
    private static func dataset(
        _ folder: String, _ mask: [UInt8] = [1, 1, 0, 0], side: Int = 2,
        _ change: (inout DatasetDescription) -> Void = { _ in }
    ) throws -> SegmentationDataset {
        let root = folder + "/data"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        try ImageWriter.writeGrey(
            [UInt8](repeating: 70, count: mask.count), height: side, width: side,
            to: root + "/t0_image.png")
        try ImageWriter.writeGrey(
            mask, height: side, width: side, to: root + "/t0_mask.png")
        var description = DatasetDescription(
            root: root, images: [BandSource(files: ["*_image.png"])],
            masks: [
                MaskSource(
                    files: ["*_mask.png"], values: [0: "background", 1: "thing", 9: "ignore"])
            ],
            classes: [ClassDescription(name: "thing")])
        change(&description)
        return try SegmentationDataset.open(description)
    }

    private static func shown(_ decisions: [UInt8], id: String = "t0") -> Comparer.Shown {
        Comparer.Shown(id: id, index: 0, decisions: decisions, dice: nil)
    }

    /// The colours of the right half, row by row; the left half is the image itself.
    private static func colors(
        _ dataset: SegmentationDataset, _ decisions: [UInt8], in folder: String, side: Int = 2
    ) throws -> [[UInt8]] {
        var overlays = try OverlayFolder(folder + "/pictures", dataset: dataset)
        try overlays.add(shown(decisions))
        let image = try ImageReader.readBands(path: #require(overlays.files.first))
        try #require(image.bands == 3 && image.height == side && image.width == 2 * side)
        func color(_ row: Int, _ column: Int) -> [UInt8] {
            (0..<3).map { band in
                UInt8(image.values[(band * side + row) * 2 * side + column])
            }
        }
        for row in 0..<side {
            for column in 0..<side { #expect(color(row, column) == Self.black) }
        }
        return (0..<side).flatMap { row in (side..<2 * side).map { color(row, $0) } }
    }

    // MARK: Colours

    @Test func rightWrongAndMissed() throws {
        try TrainingFixtures.withFolder { folder in
            let colors = try Self.colors(Self.dataset(folder), [1, 0, 1, 0], in: folder)
            #expect(colors == [Self.yellow, Self.green, Self.red, Self.black])
        }
    }

    /// A grey image with two computed bands is still a grey one.
    @Test func computedBandsAreNoColours() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try Self.dataset(folder) {
                $0.computed = [("a", 0.0), ("b", 200)].map {
                    ComputedBand(name: $0.0, from: "grey", filter: .threshold(at: $0.1))
                }
            }
            let colors = try Self.colors(dataset, [1, 0, 1, 0], in: folder)
            #expect(colors == [Self.yellow, Self.green, Self.red, Self.black])
        }
    }

    /// Bands that are called after colours are shown as such, as in the page.
    @Test func bandsAreShownByTheirNames() throws {
        try TrainingFixtures.withFolder { folder in
            _ = try Self.dataset(folder)
            var values = [UInt8](repeating: 0, count: 12)
            values[0] = 255
            try ImageWriter.writeRGB(
                Picture(height: 2, width: 2, values: values), to: folder + "/data/t0_image.png")
            func left(_ bands: [String]?) throws -> [Float] {
                let dataset = try SegmentationDataset.open(
                    DatasetDescription(
                        root: folder + "/data",
                        images: [BandSource(files: ["*_image.png"], bands: bands)],
                        masks: [
                            MaskSource(
                                files: ["*_mask.png"], values: [0: "background", 1: "thing"])
                        ], classes: [ClassDescription(name: "thing")]))
                var overlays = try OverlayFolder(folder + "/pictures", dataset: dataset)
                try overlays.add(Self.shown([0, 0, 0, 0]))
                let image = try ImageReader.readBands(path: #require(overlays.files.first))
                return (0..<3).map { Float(image.values[8 * $0]) }
            }
            #expect(try left(nil) == [255, 0, 0])
            #expect(try left(["blue", "green", "red"]) == [0, 0, 255])
        }
    }

    @Test func ignoredPixelsStayAsTheyAre() throws {
        try TrainingFixtures.withFolder { folder in
            let colors = try Self.colors(
                Self.dataset(folder, [9, 1, 9, 0]), [1, 1, 0, 0], in: folder)
            #expect(colors == [Self.black, Self.yellow, Self.black, Self.black])
        }
    }

    private static func three(_ data: inout DatasetDescription) {
        data.masks[0].values = [0: "background", 1: "one", 2: "two"]
        data.classes = ["background", "one", "two"].map { ClassDescription(name: $0) }
        data.kind = .softmax
    }

    /// One class instead of another is wrong; the background instead of a class misses it.
    @Test func classesThatExcludeOneAnother() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try Self.dataset(folder, [0, 1, 2, 2], Self.three)
            #expect(
                try Self.colors(dataset, [0, 1, 1, 0], in: folder)
                    == [Self.black, Self.yellow, Self.red, Self.green])
        }
    }

    /// Without a background every pixel is of some class, and right or wrong.
    @Test func classesWithoutABackground() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try Self.dataset(folder, [0, 1, 1, 0]) { data in
                data.masks[0].values = [0: "land", 1: "water"]
                data.classes = ["land", "water"].map { ClassDescription(name: $0) }
                data.kind = .softmax
            }
            #expect(
                try Self.colors(dataset, [0, 1, 0, 1], in: folder)
                    == [Self.yellow, Self.yellow, Self.red, Self.red])
        }
    }

    private static func overlapping(_ data: inout DatasetDescription) {
        data.masks[0].values = [0: "background", 1: "one", 2: "two"]
        data.classes = ["one", "two"].map { ClassDescription(name: $0) }
        data.kind = .sigmoid
    }

    /// Classes that may overlap share one picture.
    @Test func classesThatOverlap() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try Self.dataset(folder, [1, 2, 0, 0], Self.overlapping)
            // Plane of the first class, then of the second.
            #expect(
                try Self.colors(dataset, [1, 0, 1, 0] + [0, 0, 0, 0], in: folder)
                    == [Self.yellow, Self.green, Self.red, Self.black])
        }
    }

    /// The second class where the first one is: something is said there, and it is not right.
    @Test func anotherOverlappingClassIsNotRight() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try Self.dataset(folder, [1, 0, 0, 0], Self.overlapping)
            let colors = try Self.colors(dataset, [0, 0, 0, 0] + [1, 0, 0, 0], in: folder)
            #expect(colors[0] != Self.yellow)
        }
    }

    /// The picture has the truth's size, which decisions have too.
    @Test func picturesHaveTheTruthsSize() throws {
        try TrainingFixtures.withFolder { folder in
            let mask = [UInt8](repeating: 1, count: 8) + [UInt8](repeating: 0, count: 8)
            let dataset = try Self.dataset(folder, mask, side: 4) {
                $0.size = ImageSize(height: 2, width: 2)
            }
            let colors = try Self.colors(dataset, mask, in: folder, side: 4)
            #expect(
                colors == [[UInt8]](repeating: Self.yellow, count: 8)
                    + [[UInt8]](repeating: Self.black, count: 8))
        }
    }

    // MARK: Files

    private static func names(
        _ ids: [String], limit: Int = 12
    ) throws -> (told: [String], there: [String]) {
        try TrainingFixtures.withFolder { folder in
            let pictures = folder + "/deep/pictures"
            var overlays = try OverlayFolder(
                pictures, dataset: dataset(folder), limit: limit)
            for id in ids { try overlays.add(shown([1, 0, 0, 0], id: id)) }
            let there = try FileManager.default.contentsOfDirectory(atPath: pictures).sorted()
            let told = overlays.files.map { String($0.dropFirst(pictures.count + 1)) }
            #expect(overlays.files.allSatisfy { $0.hasPrefix(pictures + "/") })
            return (told, there)
        }
    }

    @Test(arguments: [(0, 0), (2, 2), (5, 3)])
    func theLimit(_ limit: Int, _ written: Int) throws {
        let (told, there) = try Self.names(["a", "b", "c"], limit: limit)
        #expect(there == Array(["a.png", "b.png", "c.png"].prefix(written)))
        #expect(told == there)
    }

    @Test func idsThatAreNoFileNames() throws {
        // A slash with an accent is one character, and still a slash.
        let (told, there) = try Self.names([
            "2020/scene 1", ".hidden", "../up", "grün", "x@0,16", "a/\u{301}b", ".\u{301}c",
        ])
        #expect(
            told == [
                "2020_scene 1.png", "_.hidden.png", "_.._up.png", "grün.png", "x@0,16.png",
                "a_\u{301}b.png", "_.\u{301}c.png",
            ])
        #expect(there == told.sorted())
    }

    @Test func idsThatCollide() throws {
        let (told, there) = try Self.names(["a/b", "a_b"])
        #expect(told.first == "a_b.png")
        #expect(Set(told).count == 2)
        #expect(there == told.sorted())
    }

    /// A number that is put behind a name may be another id's own ending.
    @Test func idsThatCollideWithANumber() throws {
        let (told, there) = try Self.names(["a/b", "a_b-2", "a_b"])
        #expect(Set(told).count == 3, "\(told)")
        #expect(there == told.sorted())
    }

    /// File systems end names at 255 bytes.
    @Test func longIds() throws {
        let start = String(repeating: "ö", count: 140)
        let (told, there) = try Self.names([start + "1", start + "2"])
        #expect(Set(told).count == 2)
        #expect(told.allSatisfy { $0.utf8.count <= 255 && $0.hasPrefix("öööö") })
        #expect(there == told.sorted())
    }
}
