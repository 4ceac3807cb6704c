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
            #expect(report.duplicateImages == [["a", "b"]])
            #expect(report.duplicateMasks == [["a", "b"]])
            #expect(
                report.suggestedExclude
                    == "data.exclude: {duplicate-masks: 2, duplicate-images: keep-first}")
            // Both classes are in both images: 6 labelled pixels around each.
            #expect(report.classes.map(\.inverseFrequency) == [1.5, 3])
            #expect(report.classes.map(\.medianFrequency) == [0.75, 1.5])
            #expect(report.combinations.map(\.classes) == [["water"], ["ice"], ["water", "ice"]])
            #expect(report.rules.map(\.implies) == ["ice", "water"])
            #expect(report.rules.allSatisfy { $0.lift == 1 && $0.confidence == 1 })
            #expect(report.unusedMasks == ["\(root)/m/z.png"])
            #expect(report.split == [1, 0, 1, 0])
            #expect(report.fileKinds.map(\.files) == [2])
        }
    }

    /// What is left out is counted and no longer reported; broken files stop nothing.
    @Test func exclusionIsReported() throws {
        try Fixtures.withFolder { root in
            try PhotoFilterTests.write(root)
            let all = try DatasetInspection.inspect(PhotoFilterTests.describe(root))
            #expect(all.duplicateMasks == [["a", "b", "c"], ["d", "e"]])
            #expect(all.duplicateImages == [["a", "d"], ["g", "h"]])
            #expect(all.uniformMasks == 3 && all.excluded.total == 0)
            try Data("broken".utf8).write(to: URL(fileURLWithPath: root + "/e.png"))
            let some = try DatasetInspection.inspect(
                PhotoFilterTests.describe(
                    root, SampleExclusion(duplicateMasks: 3, ids: ["f"])))
            #expect(some.excluded.ids == 1 && some.excluded.duplicateMasks == 3)
            #expect(some.images == 5 && some.samples == 4 && some.problems.count == 1)
            #expect(some.duplicateMasks.isEmpty && some.duplicateImages == [["g", "h"]])
            #expect(
                some.suggestedExclude
                    == "data.exclude: {duplicate-masks: 3, duplicate-images: keep-first, ids: ['f']}"
            )
            #expect(some.combinations.isEmpty && some.classes[0].inverseFrequency == 4)
        }
    }

    /// Frequencies are of the images that show a class: a has 3 pixels of 4, b 1 of 8, c 0.
    @Test func weightsEvenOutTheClasses() throws {
        try Fixtures.withFolder { root in
            for (name, mask) in [("x", [0, 0, 0, 1]), ("y", [1, 1, 255, 1])] as [(String, [UInt8])]
            {
                try Fixtures.writeGrey(
                    [1, 2, 3, 4], height: 2, width: 2, to: "\(root)/\(name).png")
                try Fixtures.writeGrey(mask, height: 2, width: 2, to: "\(root)/m/\(name).png")
            }
            let report = try DatasetInspection.inspect(
                DatasetDescription(
                    root: root, images: [BandSource(files: ["*.png"])],
                    masks: [MaskSource(files: ["m/*.png"])],
                    classes: ["a", "b", "c"].map { ClassDescription(name: $0) }),
                patterns: .init(support: 0.6, confidence: 0.5))
            #expect(report.classes.map(\.pixels) == [3, 4, 0])
            let inverse: [Double?] = [7.0 / 3.0, 1.75, nil]
            #expect(report.classes.map(\.inverseFrequency) == inverse)
            // 3/4 and 4/7; the median lies between them.
            let (first, second) = (0.75, 4.0 / 7.0)
            let median = (first + second) / 2
            let weights = report.classes.map(\.medianFrequency)
            #expect(abs((weights[0] ?? 0) - median / first) < 1e-12)
            #expect(abs((weights[1] ?? 0) - median / second) < 1e-12)
            #expect(weights[2] == nil)
            #expect(report.combinations.map(\.classes) == [["b"]])
            #expect(report.rules.isEmpty)
            let error = Fixtures.error {
                _ = try DatasetInspection.inspect(
                    PhotoFilterTests.describe(root), patterns: .init(support: 0))
            }
            #expect(error?.kind == .usage)
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
