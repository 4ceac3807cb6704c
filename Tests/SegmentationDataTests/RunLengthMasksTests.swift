import DurableFiles
import Foundation
import TensorCore
import Testing

@testable import SegmentationData

/// Data sets whose masks are rows of one table.
@Suite struct RunLengthMasksTests {
    private func description(
        _ root: String, kind: OutputKind = .sigmoid, size: ImageSize? = nil,
        masks: MaskSource = MaskSource(runs: "train.csv"), classes: [String] = ["fish", "flower"]
    ) -> DatasetDescription {
        DatasetDescription(
            root: root, images: [BandSource(files: ["images/*.png"])], masks: [masks],
            classes: classes.map { ClassDescription(name: $0) }, kind: kind, size: size)
    }

    /// Two images of 2 x 3 and a table with these rows.
    private func write(
        _ rows: [String], to root: String, header: String = "Image_Label,EncodedPixels"
    )
        throws
    {
        for name in ["a", "b"] {
            try Fixtures.writeGrey(
                [1, 2, 3, 4, 5, UInt8(name == "a" ? 6 : 7)], height: 2, width: 3,
                to: "\(root)/images/\(name).png")
        }
        try Data(([header] + rows).joined(separator: "\n").utf8).write(
            to: URL(fileURLWithPath: "\(root)/train.csv"))
    }

    private let rows = [
        "a.png_fish,1 2", "a.png_flower,2 2", "b.png_fish,", "b.png_flower,6 1",
    ]

    @Test func overlappingClassesComeFromOneTable() throws {
        try Fixtures.withFolder { root in
            try write(rows, to: root)
            let dataset = try SegmentationDataset.open(description(root))
            #expect(dataset.ids == ["a", "b"])
            // 1 2 covers column 0; 2 2 the lower left and the upper middle pixel.
            #expect(
                try dataset.sample(at: 0).target
                    == .planes(
                        ClassPlanes(
                            classes: 2, height: 2, width: 3,
                            values: [1, 0, 0, 1, 0, 0] + [0, 1, 0, 1, 0, 0])))
            #expect(
                try dataset.sample(at: 1).target
                    == .planes(
                        ClassPlanes(
                            classes: 2, height: 2, width: 3,
                            values: [0, 0, 0, 0, 0, 0] + [0, 0, 0, 0, 0, 1])))
        }
    }

    @Test func runsAreOfTheStoredSizeAndThenResized() throws {
        try Fixtures.withFolder { root in
            try write(rows, to: root)
            let dataset = try SegmentationDataset.open(
                description(root, size: ImageSize(height: 6, width: 6)))
            let native = try dataset.nativeTarget(at: 0)
            #expect(native.height == 2 && native.width == 3)
            let sample = try dataset.sample(at: 0)
            #expect(sample.target == native.resizedNearest(height: 6, width: 6))
            #expect(sample.originalSize == ImageSize(height: 2, width: 3))
        }
    }

    @Test func labelsMayHaveOtherNames() throws {
        try Fixtures.withFolder { root in
            try write(["a.png_Fish,1 2", "a.png_Old,6 1", "b.png_No,1 6"], to: root)
            let mask = MaskSource(
                runs: "train.csv",
                labels: ["Fish": "fish", "Old": "ignore", "No": "background"])
            let dataset = try SegmentationDataset.open(description(root, masks: mask))
            #expect(
                try dataset.sample(at: 0).target
                    == .planes(
                        ClassPlanes(
                            classes: 2, height: 2, width: 3,
                            values: [1, 0, 0, 1, 0, 255] + [0, 0, 0, 0, 0, 255])))
            #expect(
                try dataset.sample(at: 1).target
                    == .planes(ClassPlanes(classes: 2, height: 2, width: 3)))
        }
    }

    /// Labels are painted in the order of their names, which must not matter.
    @Test(arguments: ["A", "z"])
    func whatIsIgnoredStaysIgnored(name: String) throws {
        try Fixtures.withFolder { root in
            try write(["a.png_\(name),3 2", "a.png_Fish,1 4", "b.png_Fish,"], to: root)
            let ignoring = MaskSource(
                runs: "train.csv", labels: ["Fish": "fish", name: "ignore"])
            let wanted = SegmentationTarget.planes(
                ClassPlanes(
                    classes: 2, height: 2, width: 3,
                    values: [1, 255, 0, 1, 255, 0] + [0, 255, 0, 0, 255, 0]))
            let one = try SegmentationDataset.open(description(root, masks: ignoring))
            #expect(try one.sample(at: 0).target == wanted)

            // In two tables, and in a table and a picture, in either order.
            try Data("Image_Label,EncodedPixels\na.png_Fish,1 4\nb.png_Fish,".utf8).write(
                to: URL(fileURLWithPath: "\(root)/fish.csv"))
            try Data("Image_Label,EncodedPixels\na.png_Old,3 2\nb.png_Old,".utf8).write(
                to: URL(fileURLWithPath: "\(root)/old.csv"))
            for (name, mask) in [("a", [0, 9, 0, 0, 9, 0]), ("b", [0, 0, 0, 0, 0, 0])] {
                try Fixtures.writeGrey(
                    mask.map { UInt8($0) }, height: 2, width: 3, to: "\(root)/old/\(name).png")
                try Fixtures.writeGrey(
                    mask.map { _ in name == "a" ? 1 : 0 }, height: 2, width: 3,
                    to: "\(root)/all/\(name).png")
            }
            let fish = MaskSource(runs: "fish.csv", labels: ["Fish": "fish"])
            let old = [
                MaskSource(runs: "old.csv", labels: ["Old": "ignore"]),
                MaskSource(files: ["old/*.png"], values: [0: "background", 9: "ignore"]),
            ]
            for masks in old.flatMap({ [[fish, $0], [$0, fish]] }) {
                var both = description(root)
                both.masks = masks
                #expect(try SegmentationDataset.open(both).sample(at: 0).target == wanted)
            }
            let all = MaskSource(files: ["all/*.png"], className: "fish")
            for masks in [[all, old[1]], [old[1], all]] {
                var both = description(root)
                both.masks = masks
                #expect(
                    try SegmentationDataset.open(both).sample(at: 0).target
                        == .planes(
                            ClassPlanes(
                                classes: 2, height: 2, width: 3,
                                values: [1, 255, 1, 1, 255, 1] + [0, 255, 0, 0, 255, 0])))
            }
        }
    }

    @Test func oneClassAPixelNeedsRunsThatDoNotOverlap() throws {
        try Fixtures.withFolder { root in
            try write(["a.png_fish,1 2", "a.png_flower,3 2", "b.png_fish,6 1"], to: root)
            let classes = ["background", "fish", "flower"]
            let filled = try SegmentationDataset.open(
                description(root, kind: .softmax, classes: classes))
            #expect(
                try filled.sample(at: 0).target
                    == .labels(LabelMap(height: 2, width: 3, labels: [1, 2, 0, 1, 2, 0])))
            let open = try SegmentationDataset.open(
                description(
                    root, kind: .softmax, masks: MaskSource(runs: "train.csv", outside: "ignore")))
            #expect(
                try open.sample(at: 1).target
                    == .labels(
                        LabelMap(height: 2, width: 3, labels: [255, 255, 255, 255, 255, 0])))
            let unsaid = Fixtures.error {
                _ = try SegmentationDataset.open(description(root, kind: .softmax))
            }
            #expect(unsaid?.kind == .usage && unsaid?.expected == "data.masks.outside")
            try write(rows, to: root)
            let overlap = Fixtures.error {
                _ = try SegmentationDataset.open(
                    description(root, kind: .softmax, classes: classes)
                ).sample(at: 0)
            }
            #expect(overlap?.kind == .badData)
            #expect(overlap?.description.contains("overlap") == true)
            #expect(overlap?.file?.hasSuffix("train.csv (a.png)") == true)
        }
    }

    @Test(arguments: [
        (["a.png_fish,1 2"], "the mask of 'b' is missing"),
        (["a.png_fish,", "b.png_fish,", "c.png_fish,"], "line 4: rows of 1 images"),
        (["a.png_fish,", "b.png_bird,"], "line 3: an unknown class"),
        (["a.png_fish,1 2", "a.png_fish,1 2", "b.png_fish,"], "line 3: a second row"),
        (["a.png_fish,1 2 3", "b.png_fish,"], "line 2: an odd count"),
    ])
    func badTablesAreRefusedWhenOpened(rows: [String], part: String) throws {
        try Fixtures.withFolder { root in
            try write(rows, to: root)
            let error = Fixtures.error { _ = try SegmentationDataset.open(description(root)) }
            #expect(error?.kind == .badData)
            #expect(error?.description.contains(part) == true, "\(String(describing: error))")
        }
    }

    @Test func runsPastTheImageAreRefusedWhenDecoded() throws {
        try Fixtures.withFolder { root in
            try write(["a.png_fish,6 2", "b.png_fish,"], to: root)
            let dataset = try SegmentationDataset.open(description(root))
            let error = Fixtures.error { _ = try dataset.sample(at: 0) }
            #expect(error?.description.contains("line 2: a run that goes past") == true)
            let inspection = try DatasetInspection.inspect(description(root))
            #expect(inspection.problems.count == 1)
            #expect(inspection.samples == 1)
        }
    }

    @Test func theFingerprintSeesTheTable() throws {
        try Fixtures.withFolder { root in
            try write(rows, to: root)
            let first = try SegmentationDataset.open(description(root)).fingerprint()
            #expect(try SegmentationDataset.open(description(root)).fingerprint() == first)
            try write(rows.map { $0.replacingOccurrences(of: "6 1", with: "5 1") }, to: root)
            #expect(try SegmentationDataset.open(description(root)).fingerprint() != first)
        }
    }

    @Test func inspectionFindsImagesOfTheSameRuns() throws {
        try Fixtures.withFolder { root in
            try write(["a.png_fish,1 2", "b.png_fish,1 2"], to: root)
            let same = try DatasetInspection.inspect(description(root))
            #expect(same.duplicateMasks.count == 1 && same.duplicateMasks[0].count == 2)
            #expect(same.classes.map(\.pixels) == [4, 0])
            try write(["a.png_fish,", "b.png_fish,"], to: root)
            #expect(try DatasetInspection.inspect(description(root)).duplicateMasks.isEmpty)
        }
    }

    @Test func twoImagesOfOneNameCannotShareATable() throws {
        try Fixtures.withFolder { root in
            try write(rows, to: root)
            var split = description(root)
            split.images = [BandSource(files: ["{split}/*.png"])]
            split.split = SplitDescription(
                train: .patterns(["train"]), validation: .patterns(["val"]), test: nil)
            for folder in ["train", "val"] {
                try Fixtures.writeGrey(
                    [0, 0, 0, 0, 0, 0], height: 2, width: 3, to: "\(root)/\(folder)/a.png")
            }
            let error = Fixtures.error { _ = try SegmentationDataset.open(split) }
            #expect(error?.description.contains("two images are called 'a.png'") == true)
        }
    }

    @Test func keysThatDoNotFitAreRefused() throws {
        func decode(_ text: String) throws -> MaskSource {
            try JSONDecoder().decode(MaskSource.self, from: Data(text.utf8))
        }
        for text in [
            "{}", #"{"files": "a*", "runs": "b"}"#, #"{"runs": "b", "threshold": 3}"#,
            #"{"runs": "b", "band": 0}"#, #"{"runs": "b", "class": "x"}"#,
            #"{"files": "a*", "labels": {"a": "b"}}"#, #"{"files": "a*", "outside": "b"}"#,
        ] {
            #expect(throws: DecodingError.self, "\(text)") { try decode(text) }
        }
        let mask = try decode(#"{"runs": "b.csv", "labels": {"A": "a"}, "outside": "c"}"#)
        #expect(mask == MaskSource(runs: "b.csv", labels: ["A": "a"], outside: "c"))
        let again = try JSONDecoder().decode(MaskSource.self, from: JSONEncoder().encode(mask))
        #expect(again == mask)
        let plain = try JSONEncoder().encode(MaskSource(files: ["a*"]))
        #expect(String(decoding: plain, as: UTF8.self) == #"{"files":["a*"]}"#)
    }

    @Test func outsideIsForOneClassAPixel() throws {
        try Fixtures.withFolder { root in
            try write(rows, to: root)
            let error = Fixtures.error {
                _ = try SegmentationDataset.open(
                    description(root, masks: MaskSource(runs: "train.csv", outside: "fish")))
            }
            #expect(error?.kind == .usage)
        }
    }
}
