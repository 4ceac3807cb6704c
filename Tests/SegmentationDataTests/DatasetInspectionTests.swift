import Foundation
import TensorCore
import Testing

@testable import SegmentationData

struct DatasetInspectionTests {
    @Test func everythingIsCountedAndNothingStops() throws {
        try Fixtures.withFolder { root in
            let names = ["a", "b", "c", "d", "e"]
            for (number, name) in names.enumerated() {
                let value = UInt8(name == "b" ? 0 : number)
                try Fixtures.writeGrey(
                    [value, value, 100, 100], height: 2, width: 2, to: "\(root)/i/\(name).png")
                try Fixtures.writeGrey(
                    [1, 0, 0, name == "e" ? 7 : 2], height: 2, width: 2,
                    to: "\(root)/m/\(name).png")
            }
            try Data("broken".utf8).write(to: URL(fileURLWithPath: "\(root)/i/c.png"))
            try FileManager.default.removeItem(atPath: "\(root)/m/d.png")
            try Fixtures.writeGrey([0], height: 1, width: 1, to: "\(root)/m/z.png")
            let description = DatasetDescription(
                root: root, images: [BandSource(files: ["i/*.png"])],
                masks: [
                    MaskSource(
                        files: ["m/*.png"], values: [0: "water", 1: "ice", 2: "ignore"])
                ],
                classes: ["water", "ice"].map { ClassDescription(name: $0) },
                split: SplitDescription(train: .count(1), validation: nil, test: .count(1)))
            let report = try DatasetInspection.inspect(description)
            #expect(report.images == 4 && report.samples == 2 && report.groups == 2)
            #expect(report.problems.count == 3)
            #expect(report.problems.contains { $0.contains("mask of 'd' is missing") })
            #expect(report.problems.contains { $0.contains("c.png: not an image") })
            #expect(report.problems.contains { $0.contains("unknown mask values") })
            #expect(report.classes.map(\.pixels) == [4, 2] && report.ignoredPixels == 2)
            #expect(report.classes.map(\.images) == [2, 2])
            #expect(abs(report.classes[1].share - 1.0 / 3) < 1e-12)
            #expect(report.bands.count == 1 && report.bands[0].maximum == 100)
            #expect(report.duplicateImages == [["\(root)/i/a.png", "\(root)/i/b.png"]])
            #expect(report.unusedMasks == ["\(root)/m/z.png"])
            #expect(report.split == [1, 0, 1, 0])
            #expect(report.fileKinds.map(\.files) == [2])
        }
    }

    @Test func nothingReadableIsAnError() throws {
        try Fixtures.withFolder { root in
            try Data("broken".utf8).write(to: URL(fileURLWithPath: "\(root)/a.png"))
            let error = Fixtures.error {
                _ = try DatasetInspection.inspect(
                    DatasetDescription(
                        root: root, images: [BandSource(files: ["*.png"])],
                        classes: [ClassDescription(name: "ice")]))
            }
            #expect(error?.what == "not an image")
        }
    }
}
