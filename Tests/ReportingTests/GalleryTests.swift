import Foundation
import SegmentationData
import Testing
import TrainingTestSupport

@testable import Ensembling
@testable import Reporting

@Suite struct GalleryTests {
    private static func dataset(_ folder: String, count: Int) throws -> SegmentationDataset {
        let root = folder + "/data"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        for number in 0..<count {
            let grey = (0..<48).map { UInt8(($0 * 5 + number) % 250) }
            try ImageWriter.writeGrey(
                grey, height: 6, width: 8, to: "\(root)/\(number)_image.png")
            try ImageWriter.writeGrey(
                grey.map { $0 > 120 ? 1 : 0 }, height: 6, width: 8, to: "\(root)/\(number)_mask.png"
            )
        }
        return try SegmentationDataset.open(
            DatasetDescription(
                root: root, images: [BandSource(files: ["*_image.png"])],
                masks: [MaskSource(files: ["*_mask.png"], values: [0: "background", 1: "thing"])],
                classes: [ClassDescription(name: "thing")]))
    }

    private static func shown(
        _ index: Int, dice: Double?, maps: [Float]? = [Float](repeating: 0.1, count: 48)
    ) -> Comparer.Shown {
        Comparer.Shown(
            id: "image \(index)", index: index, decisions: [UInt8](repeating: 1, count: 48),
            dice: dice, disagreement: maps)
    }

    private static func names(_ gallery: Gallery) throws -> [String] {
        guard let html = try gallery.html() else { return [] }
        return try Markup("<div>" + html.source + "</div>").elements
            .filter { $0.name == "bdi" && $0.parents.suffix(2) == ["figure", "figcaption"] }
            .map(\.text).filter { $0.hasPrefix("image ") }
    }

    @Test func theWorstComeFirstAndThenTheBest() throws {
        try TrainingFixtures.withFolder { folder in
            var gallery = Gallery(try Self.dataset(folder, count: 7), count: 2)
            for (index, dice) in [0.5, 0.9, 0.1, nil, 0.7, 0.95, 0.3].enumerated() {
                try gallery.add(Self.shown(index, dice: dice))
            }
            #expect(try Self.names(gallery) == ["image 2", "image 6", "image 1", "image 5"])
        }
    }

    @Test func fewImagesAreShownOnce() throws {
        try TrainingFixtures.withFolder { folder in
            var gallery = Gallery(try Self.dataset(folder, count: 3), count: 5)
            for index in 0..<3 { try gallery.add(Self.shown(index, dice: 0.5)) }
            #expect(try Self.names(gallery) == ["image 0", "image 1", "image 2"])
        }
    }

    @Test func withoutAScoreThereIsNoPicture() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try Self.dataset(folder, count: 1)
            var gallery = Gallery(dataset)
            #expect(try gallery.html() == nil)
            try gallery.add(Self.shown(0, dice: nil))
            #expect(try gallery.html() == nil)
            var none = Gallery(dataset, count: 0)
            try none.add(Self.shown(0, dice: 1))
            #expect(try none.html() == nil)
        }
    }

    @Test func oneMemberHasNoDisagreement() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try Self.dataset(folder, count: 1)
            func source(_ maps: [Float]?) throws -> String {
                var gallery = Gallery(dataset)
                try gallery.add(Self.shown(0, dice: 0.5, maps: maps))
                return try #require(try gallery.html()).source
            }
            #expect(try source([Float](repeating: 0.2, count: 48)).contains("disagree"))
            #expect(try !source(nil).contains("disagree"))
        }
    }
}
