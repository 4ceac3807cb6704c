import DurableFiles
import Foundation
import TensorCore
import TestSupport
import Testing

@testable import SegmentationData

@Suite struct CocoAnnotationsTests {
    private static let head = """
        {"info": {"x": [1, {"y": 2}]}, "images": [
        {"id": 5, "file_name": "train/a.png", "height": 4, "width": 6},
        {"id": 9, "file_name": "b.png"}],
        "categories": [{"id": 1, "name": "fish"}, {"id": 2, "name": "weed", "color": [1, 2, 3]}],
        "annotations": [
        """
    private static let box = "[[1, 1, 4, 1, 4, 3, 1, 3]]"

    private static func annotation(
        _ image: Int, _ category: Int, _ segmentation: String, _ more: String = ""
    ) -> String {
        #"{"image_id": \#(image), "category_id": \#(category), "segmentation": "#
            + segmentation + more + "}"
    }

    private func open(
        _ annotations: [String], mask: MaskSource = MaskSource(coco: "all.json"),
        kind: OutputKind = .sigmoid, classes: [String] = ["fish", "weed"]
    ) throws -> SegmentationDataset {
        try Fixtures.withFolder { root in
            for name in ["a", "b"] {
                try Fixtures.writeGrey(
                    [UInt8](repeating: 3, count: 24), height: 4, width: 6, to: "\(root)/\(name).png"
                )
            }
            let text = Self.head + annotations.joined(separator: ",") + "]}"
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(root)/all.json"))
            let dataset = try SegmentationDataset.open(
                DatasetDescription(
                    root: root, images: [BandSource(files: ["*.png"])], masks: [mask],
                    classes: classes.map { ClassDescription(name: $0) }, kind: kind))
            // The folder is gone afterwards; what was decoded stays in the cache.
            for index in 0..<dataset.count { _ = try dataset.sample(at: index) }
            return dataset
        }
    }

    private func rows(_ text: String) -> [UInt8] { text.utf8.filter { $0 > 32 }.map { $0 - 48 } }

    @Test func polygonsFillThePlanesOfTheirCategories() throws {
        let dataset = try open([
            Self.annotation(5, 1, Self.box),
            Self.annotation(5, 2, "[[0, 0, 2, 0, 2, 2, 0, 2], [5, 3, 6, 3, 6, 4, 5, 4]]"),
        ])
        #expect(
            try dataset.sample(at: 0).target
                == .planes(
                    ClassPlanes(
                        classes: 2, height: 4, width: 6,
                        values: rows("000000 011100 011100 000000")
                            + rows("110000 110000 000000 000001"))))
        #expect(
            try dataset.sample(at: 1).target
                == .planes(ClassPlanes(classes: 2, height: 4, width: 6)))
    }

    @Test func laterOnesCoverEarlierOnesAndCrowdsComeFirst() throws {
        let annotations = [
            Self.annotation(5, 2, "[[0, 0, 3, 0, 3, 2, 0, 2]]"), Self.annotation(5, 1, Self.box),
            Self.annotation(5, 2, "[[0, 2, 6, 2, 6, 4, 0, 4]]", #", "iscrowd": 1"#),
        ]
        let classes = ["background", "fish", "weed"]
        let known = try open(annotations, kind: .softmax, classes: classes)
        #expect(
            try known.sample(at: 0).target
                == .labels(
                    LabelMap(
                        height: 4, width: 6, labels: rows("222000 211100 211122 222222"))))
        let vague = try open(
            annotations, mask: MaskSource(coco: "all.json", crowd: .ignore), kind: .softmax,
            classes: classes)
        let labels = rows("222000 211100 911199 999999").map { $0 == 9 ? 255 : $0 }
        #expect(
            try vague.sample(at: 0).target
                == .labels(LabelMap(height: 4, width: 6, labels: labels)))
    }

    /// Where classes may overlap nothing covers anything: nothing is known of fish in the crowd.
    @Test(arguments: [[0, 1, 2], [1, 0, 2], [2, 1, 0], [1, 2, 0]])
    func theOrderWithinAClassMakesNoDifference(order: [Int]) throws {
        let annotations = [
            Self.annotation(5, 1, Self.box),
            Self.annotation(5, 1, "[[0, 2, 6, 2, 6, 4, 0, 4]]", #", "iscrowd": 1"#),
            Self.annotation(5, 2, "[[0, 0, 3, 0, 3, 3, 0, 3]]"),
        ]
        let dataset = try open(
            order.map { annotations[$0] }, mask: MaskSource(coco: "all.json", crowd: .ignore))
        let values =
            rows("000000 011100 999999 999999") + rows("111000 111000 111000 000000")
        #expect(
            try dataset.sample(at: 0).target
                == .planes(
                    ClassPlanes(
                        classes: 2, height: 4, width: 6, values: values.map { $0 == 9 ? 255 : $0 })
                ))
    }

    @Test func runLengthsAreThoseOfPycocotools() throws {
        for golden in try Golden.load("run_lengths", as: [RunLengthsTests.GoldenCase].self) {
            #expect(CocoRunLengths.decompressed(golden.compressed) == golden.counts)
            let text = String(
                decoding: try JSONEncoder().encode(golden.compressed), as: UTF8.self)
            for counts in ["\(golden.counts)", text] {
                let value = try BoundedJSON.parse(
                    Data(
                        #"{"size": [\#(golden.height), \#(golden.width)], "counts": \#(counts)}"#
                            .utf8),
                    file: "x", limit: 1 << 20)
                let runs = try CocoRunLengths.read(JSONEntry(value, "x", "x"))
                #expect(runs.mask() == golden.pixels)
            }
        }
    }

    private static let refused: [(annotation: String, part: String)] = [
        (annotation(7, 1, box), "annotations[0]: an unknown image"),
        (annotation(5, 3, box), "annotations[0]: an unknown class"),
        (annotation(5, 1, "[[1, 1, 2, 2]]"), "not a polygon"),
        (annotation(5, 1, "[[1, 1, 2, 2, 3, 3, 4]]"), "not a polygon"),
        (annotation(5, 1, "[[1, 1, 2, 2, 3, 1e99]]"), "a coordinate"),
        (annotation(5, 1, "[[1, 1, 2, 2, 3, NaN]]"), "not JSON"),
        (annotation(5, 1, #"[[1, 1, 2, 2, 3, "4"]]"#), "a coordinate"),
        (annotation(5, 1, "null"), "no segmentation"),
        (annotation(5, 1, #"{"size": [4, 6], "counts": [3, 22]}"#), "past the end"),
        (annotation(5, 1, #"{"size": [4, 6], "counts": [3, 2]}"#), "too few"),
        (annotation(5, 1, #"{"size": [4, 6], "counts": "~"}"#), "damaged counts"),
        (annotation(5, 1, #"{"size": [4, 6]}"#), "no 'counts'"),
        (annotation(5, 1, #"{"size": [4, 0], "counts": []}"#), "no 'size'"),
        (annotation(5, 1, #"{"size": [6, 4], "counts": [24]}"#), "another size"),
        ("{}", "no 'image_id'"), ("3", "no 'image_id'"),
    ]

    @Test(arguments: refused)
    func badAnnotationsAreRefused(annotation: String, part: String) {
        let error = Fixtures.error { _ = try open([annotation]) }
        #expect(error?.kind == .badData)
        #expect(error?.file?.hasSuffix("all.json") == true)
        #expect(error?.description.contains(part) == true, "\(String(describing: error))")
    }
}
