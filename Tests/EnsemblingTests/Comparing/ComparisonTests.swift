import DurableFiles
import Foundation
import SegmentationData
import SegmentationMetrics
import Testing
import Training
import TrainingTestSupport

@testable import Ensembling

/// The differences between models, and the file that holds them.
@Suite struct ComparisonTests {
    private typealias Voice = ComparedData.Voice

    private static func compare(
        _ probabilities: [Double], present: [String: Int],
        _ change: (inout DatasetDescription) -> Void = { _ in }
    ) throws -> Comparison {
        try TrainingFixtures.withFolder { folder in
            let dataset = try ComparedData.dataset(folder, present: present, change)
            let ensemble = try ComparedData.ensemble(
                folder, probabilities.map { Voice(probability: $0) })
            return try Comparer(ensemble, dataset: dataset, backend: TestMembers.exact())
                .compare(dataset.split().test, split: "test")
        }
    }

    /// "Present" everywhere has Dice 2n / (n + 16).
    private static func dice(_ count: Int) -> Double { 2 * Double(count) / Double(count + 16) }
    private static let six = ["t0": 2, "t1": 4, "t2": 6, "t3": 8, "t4": 10, "t5": 12]
    private static let sixMean = six.values.map { dice($0) }.reduce(0, +) / 6

    // MARK: Differences

    /// The ensemble says present, as the first member does; the second says absent.
    @Test func pairedDifferences() throws {
        let all = try Self.compare([0.9, 0.3], present: Self.six).differences
        #expect(all.map(\.against) == ["mean member", "m0", "m1"])
        for (difference, mean) in zip(all, [Self.sixMean / 2, 0, Self.sixMean]) {
            expectClose(difference.mean, mean)
            #expect(difference.groups == 6)
        }
        #expect(all.map(\.wins) == [6, 0, 6])
        #expect(all.map(\.ties) == [0, 6, 0])
        #expect(all.map(\.losses) == [0, 0, 0])
    }

    /// Six of six in one direction have two of the 64 assignments of signs.
    @Test func testsAndTheirAdjustment() throws {
        let all = try Self.compare([0.9, 0.3], present: Self.six).differences
        try #require(all.count == 3)
        expectClose(all[0].pValue, 2.0 / 64, within: 1e-12)
        expectClose(all[1].pValue, 1, within: 1e-12)
        expectClose(all[2].pValue, 2.0 / 64, within: 1e-12)
        // Two members: the smaller p value counts twice, the larger once.
        #expect(all[0].adjustedPValue == nil)
        expectClose(all[1].adjustedPValue, 1, within: 1e-12)
        expectClose(all[2].adjustedPValue, 4.0 / 64, within: 1e-12)
        for difference in all.dropFirst() {
            #expect(try #require(difference.adjustedPValue) >= difference.pValue)
        }
    }

    @Test func intervalsHoldTheMean() throws {
        let all = try Self.compare([0.9, 0.3], present: Self.six).differences
        for difference in all {
            let lower = try #require(difference.lower)
            let upper = try #require(difference.upper)
            #expect(lower <= difference.mean && difference.mean <= upper)
        }
        // Always the same: nothing to be in doubt about.
        #expect(all[1].lower == 0 && all[1].upper == 0)
        #expect(try #require(all[2].lower) > 0)
    }

    @Test func anEnsembleThatIsWorse() throws {
        // The mean of 0.6 and 0.1 says absent.
        let all = try Self.compare([0.6, 0.1], present: Self.six).differences
        let first = try #require(all.first { $0.against == "m0" })
        expectClose(first.mean, -Self.sixMean)
        #expect((first.wins, first.ties, first.losses) == (0, 0, 6))
    }

    @Test func oneImageHasNoInterval() throws {
        let all = try Self.compare([0.9, 0.3], present: ["t0": 8]).differences
        #expect(all.count == 3)
        #expect(all.allSatisfy { $0.lower == nil && $0.upper == nil && $0.groups == 1 })
        #expect(all.allSatisfy { $0.pValue == 1 })
        expectClose(all[2].mean, 2.0 / 3)
    }

    /// Four images of two scenes are two witnesses; two differences of one sign have p 2 / 4.
    @Test func imagesOfOneSceneCountAsOne() throws {
        let present = ["t0-a": 2, "t0-b": 4, "t0-c": 6, "t1-a": 8]
        let comparison = try Self.compare([0.9, 0.3], present: present) {
            $0.group = .expression("^([^-]+)-")
        }
        let last = try #require(comparison.differences.last)
        #expect(last.groups == 2)
        #expect(last.wins == 4)
        expectClose(last.pValue, 0.5, within: 1e-12)
        // The mean stays that of the images.
        expectClose(last.mean, [2, 4, 6, 8].map { Self.dice($0) }.reduce(0, +) / 4)
        #expect(comparison.perImage.map(\.group) == ["t0", "t0", "t0", "t1"])
    }

    @Test func meansOfGroups() {
        #expect(
            PairedDifference.means(of: [1, 5, 3, -2, 2], groups: [1, 0, 1, 2, 2]) == [5, 2, 0])
        #expect(PairedDifference.means(of: [], groups: []).isEmpty)
    }

    @Test func theSameTwiceToTheLastDigit() throws {
        func compared() throws -> Comparison {
            var comparison = try Self.compare([0.9, 0.3], present: Self.six)
            comparison.created = ""
            // Times are the machine's.
            for index in comparison.rows.indices {
                comparison.rows[index].millisecondsPerImage = nil
            }
            return comparison
        }
        let first = try compared()
        #expect(try compared() == first)
    }

    // MARK: The file

    @Test func aComparisonComesBackAsItWasWritten() throws {
        try TrainingFixtures.withFolder { folder in
            var comparison = try Self.compare([0.9, 0.3], present: ["t0": 8, "t1": 0, "t2": 5])
            comparison.missingMembers = ["m9: no such file"]
            comparison.outOfBag = OutOfBagScore(
                score: .init(
                    reduction: .perImage, absentClasses: .skip, images: 2,
                    values: ["dice": 0.1 + 0.2]),
                coverage: .init(images: 2, total: 3, meanVotes: 1.5))
            let path = folder + "/comparison.json"
            try BoundedJSON.write(comparison, to: path)
            let again = try BoundedJSON.read(Comparison.self, at: path, limit: 1 << 20)
            #expect(again == comparison)
            #expect(again.outOfBag?.score.values["dice"] == 0.1 + 0.2)
        }
    }

    /// An image where a member has no score keeps its place in the list.
    @Test func missingValuesAreKept() throws {
        // Nothing is there on t0: absent has no score, present has 0.
        let comparison = try Self.compare([0.9, 0.3], present: ["t0": 0, "t1": 8])
        let data = try BoundedJSON.encode(comparison)
        let again = try BoundedJSON.decode(
            Comparison.self, from: data, file: "comparison.json", limit: 1 << 20)
        #expect(again.perImage[0].memberDice == [0, nil])
        #expect(again.perImage[0].ensembleDice == 0)
        let text = try #require(String(validating: data, as: UTF8.self))
        #expect(text.contains("floe.comparison/1"))
        #expect(text.contains("per-image"))
    }

    @Test func anUnknownKeyIsRefused() throws {
        let comparison = try Self.compare([0.9], present: ["t0": 8])
        let tree = try BoundedJSON.parse(
            BoundedJSON.encode(comparison), file: "c.json", limit: 1 << 20)
        guard case .object(var object) = tree else {
            Issue.record("not an object")
            return
        }
        object["surprise"] = .bool(true)
        let error = TrainingFixtures.error(.badData) {
            _ = try BoundedJSON.decode(Comparison.self, from: .object(object), file: "c.json")
        }
        #expect(error?.description.contains("surprise") == true)
    }
}
