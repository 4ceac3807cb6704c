import DurableFiles
import Foundation
import TensorCore
import Testing

@testable import SegmentationData

@Suite struct RunLengthLabelsTests {
    @Test func aRowIsPartedBeforeItsLabel() throws {
        let labels = try RunLengthLabels(["Sea_Ice", "Fish", "_", "a_b_c"])
        func parted(_ text: String) -> [String]? {
            labels.parted(text).map { [$0.image, labels.names[$0.index]] }
        }
        #expect(parted("x_1.jpg_Sea_Ice") == ["x_1.jpg", "Sea_Ice"])
        #expect(parted("x_Sea_Fish") == ["x_Sea", "Fish"])
        #expect(parted("x__") == ["x", "_"])
        #expect(parted("_a_b_c") == nil && parted("a_b_c") == nil)
        #expect(parted("x_a_b_c") == ["x", "a_b_c"])
        #expect(parted("x_Ice") == nil && parted("Sea_Ice") == nil && parted("") == nil)
    }

    @Test(arguments: [["Ice", "Sea_Ice"], ["b_c", "a_b_c"], ["Ice_", ""]])
    func labelsThatEndWithOneAnotherAreRefused(names: [String]) throws {
        let error = Fixtures.error { _ = try RunLengthLabels(names) }
        #expect(error?.kind == .usage)
        #expect(error?.description.contains("ends with another one") == true)
        #expect(
            Fixtures.error { _ = try RunLengthTableWriter(labels: names + [nil]) }?.kind == .usage)
    }

    @Test func twoClassesOfOneLabelAreRefused() {
        let error = Fixtures.error { _ = try RunLengthLabels(["Ice", "Fish", "Ice"]) }
        #expect(error?.kind == .usage)
        #expect(error?.description.contains("'Ice' of run lengths stands for two") == true)
    }

    private func labels(
        _ classes: [String], _ masks: [MaskSource], exclusive: Bool = false
    ) throws -> [String?] {
        try RunLengthLabels.ofClasses(
            classes, isExclusive: exclusive,
            hasBackground: exclusive && classes[0] == "background", masks: masks)
    }

    @Test func classesHaveTheLabelsOfTheTable() throws {
        let classes = ["ice", "lead"]
        #expect(try labels(classes, []) == classes)
        #expect(try labels(classes, [MaskSource(files: ["*.png"])]) == classes)
        #expect(try labels(classes, [MaskSource(runs: "a.csv")]) == classes)
        let table = ["Sea_Ice": "ice", "Lead": "lead", "A": "lead", "Old": "ignore"]
        #expect(
            try labels(classes, [MaskSource(runs: "a.csv", labels: table)]) == ["Sea_Ice", "A"])
        let own = table.merging(["lead": "lead"]) { $1 }
        #expect(
            try labels(classes, [MaskSource(runs: "a.csv", labels: own)]) == ["Sea_Ice", "lead"])
        let two = ["Sea_Ice": "ice", "Lead": "lead"].map {
            MaskSource(runs: "\($0.key).csv", labels: [$0.key: $0.value])
        }
        #expect(try labels(classes, two) == ["Sea_Ice", "Lead"])
        let error = Fixtures.error {
            _ = try labels(classes, [MaskSource(runs: "a.csv", labels: ["Ice": "ice"])])
        }
        #expect(error?.kind == .usage && error?.description.contains("class 'lead'") == true)
    }

    @Test func whatIsOutsideHasNoRows() throws {
        let classes = ["background", "ice"]
        #expect(try labels(classes, [], exclusive: true) == [nil, "ice"])
        #expect(try labels(classes, [MaskSource(runs: "a")], exclusive: true) == [nil, "ice"])
        let table = MaskSource(runs: "a", labels: ["Ice": "ice"])
        #expect(try labels(classes, [table], exclusive: true) == [nil, "Ice"])
        #expect(
            try labels(
                ["ice", "sea"], [MaskSource(runs: "a", labels: ["I": "ice"], outside: "sea")],
                exclusive: true) == ["I", nil])
        // Otherwise nothing would bring it back.
        let ignoring = MaskSource(
            runs: "a", labels: ["Ice": "ice", "None": "background"], outside: "ignore")
        #expect(try labels(classes, [ignoring], exclusive: true) == ["None", "Ice"])
    }

    /// A data set reads back the masks that were written under its labels.
    @Test func whatIsWrittenIsReadByTheDataSet() throws {
        try Fixtures.withFolder { root in
            try Fixtures.writeGrey(
                [1, 2, 3, 4, 5, 6], height: 2, width: 3, to: "\(root)/images/a_Sea.png")
            let masks = MaskSource(
                runs: "train.csv", labels: ["Sea_Ice": "ice", "Lead": "lead", "Old_": "ignore"])
            let classes = ["ice", "lead"]
            let target = SegmentationTarget.planes(
                ClassPlanes(
                    classes: 2, height: 2, width: 3,
                    values: [1, 0, 0, 1, 0, 1] + [0, 1, 1, 0, 0, 0]))
            var writer = try RunLengthTableWriter(labels: try labels(classes, [masks]))
            try writer.add(target, image: "a_Sea.png")
            try writer.write(to: "\(root)/train.csv")
            let dataset = try SegmentationDataset.open(
                DatasetDescription(
                    root: root, images: [BandSource(files: ["images/*.png"])], masks: [masks],
                    classes: classes.map { ClassDescription(name: $0) }, kind: .sigmoid))
            #expect(try dataset.nativeTarget(at: 0) == target)
        }
    }
}
