import Foundation
import Testing

@testable import SegmentationData

struct SplitPlanTests {
    private func entries(_ count: Int, perGroup: Int = 1) -> [SplitPlan.Entry] {
        (0..<count).map { SplitPlan.Entry(id: "s\($0)", group: "g\($0 / perGroup)") }
    }

    private func plan(
        _ entries: [SplitPlan.Entry], _ split: SplitDescription
    ) throws -> SplitPlan { try SplitPlan(entries, split, usesFolders: false) }

    @Test func countsAreTakenBySeed() throws {
        let split = SplitDescription(
            train: .count(39), validation: .count(6), test: .count(15), seed: 1)
        let first = try plan(entries(60), split)
        #expect(
            [first.train.count, first.validation.count, first.test.count] as [Int] == [39, 6, 15])
        #expect(Set(first.train + first.validation + first.test).count == 60)
        #expect(try plan(entries(60), split) == first)
        var other = split
        other.seed = 2
        #expect(try plan(entries(60), other) != first)
        let error = Fixtures.error { _ = try plan(entries(59), split) }
        #expect(error?.expected == "at most 59")
    }

    @Test(arguments: [1, 2, 3, 7, 10, 100, 101])
    func fractionsUseEverything(count: Int) throws {
        let result = try plan(entries(count), SplitDescription())
        #expect(result.unused.isEmpty)
        #expect(abs(Double(result.train.count) - 0.7 * Double(count)) < 1)
        #expect(abs(Double(result.test.count) - 0.15 * Double(count)) < 1)
    }

    @Test func groupsStayTogether() throws {
        let samples = entries(60, perGroup: 4)
        let result = try plan(samples, SplitDescription())
        let parts = [result.train, result.validation, result.test].map { part in
            Set(part.map { samples[$0].group })
        }
        #expect(parts[0].isDisjoint(with: parts[1]) && parts[0].isDisjoint(with: parts[2]))
        #expect(parts[1].isDisjoint(with: parts[2]))
    }

    @Test func patternsComeBeforeNumbers() throws {
        let result = try plan(
            entries(20),
            SplitDescription(
                train: .patterns(["s1*"]), validation: .patterns(["/^s1[23]$/"]),
                test: .count(3), seed: 4))
        #expect(result.validation == [12, 13])
        #expect(result.train == [1, 10, 11, 14, 15, 16, 17, 18, 19])
        #expect(result.test.count == 3 && result.test.allSatisfy { !result.train.contains($0) })
        #expect(result.unused.count == 6)
    }

    @Test func contradictionsAreErrors() throws {
        let both = Fixtures.error {
            _ = try plan(
                entries(3),
                SplitDescription(
                    train: nil, validation: .patterns(["s1"]), test: .patterns(["s*"])))
        }
        #expect(both?.kind == .usage)
        let nothing = Fixtures.error {
            _ = try plan(
                entries(3),
                SplitDescription(train: .patterns(["x*"]), validation: nil, test: nil))
        }
        #expect(nothing?.what == "data.split.train names no sample")
        let region = Fixtures.error {
            _ = try plan(
                entries(3),
                SplitDescription(
                    train: .region(.init(columns: [0, 9])), validation: nil, test: nil))
        }
        #expect(region?.description.contains("patch") == true)
    }

    @Test func regionsLeaveOutWhatStraddles() throws {
        let patches = stride(from: 0, to: 100, by: 10).map {
            SplitPlan.Entry(
                id: "p\($0)", group: "p", folder: nil, rows: 0..<10, columns: $0..<($0 + 20))
        }
        let result = try plan(
            patches,
            SplitDescription(
                train: .region(.init(columns: [0, 55])), validation: nil,
                test: .region(.init(columns: [55, 200]))))
        #expect(result.train == [0, 1, 2, 3] && result.test == [6, 7, 8, 9])
        #expect(result.unused == [4, 5])
    }

    @Test func foldersMakeTheSplit() throws {
        try Fixtures.withFolder { root in
            for (folder, count) in [("train", 3), ("val", 1), ("test", 2)] {
                for number in 0..<count {
                    for name in ["\(folder)/\(number)", "\(folder)annot/\(number)"] {
                        try Fixtures.writeGrey(
                            [0, 1, 0, 1], height: 2, width: 2, to: "\(root)/\(name).png")
                    }
                }
            }
            let dataset = try SegmentationDataset.open(
                DatasetDescription(
                    root: root, images: [BandSource(files: ["{split}/*.png"])],
                    masks: [MaskSource(files: ["{split}annot/*.png"])],
                    classes: [ClassDescription(name: "a")]))
            #expect(
                dataset.ids
                    == ["test-0", "test-1", "train-0", "train-1", "train-2", "val-0"])
            let result = try dataset.split()
            #expect(
                result.train == [2, 3, 4] && result.validation == [5] && result.test == [0, 1])
        }
    }
}
