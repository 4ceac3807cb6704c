import DurableFiles
import Foundation
import SegmentationData
import Testing
import Training
import TrainingTestSupport

@testable import Ensembling

@Suite struct OutOfBagRecordTests {
    private typealias Voice = ComparedData.Voice

    /// a0 has two votes (mean 0.6, present), a1 one (absent), a2 one (present), a3 none.
    private static let voices = [
        Voice(probability: 0.9, bag: ["a1", "a1", "a3", "a3"]),
        Voice(probability: 0.3, bag: ["a2", "a2", "a3", "a3"]),
    ]
    private static let present = ["a0": 8, "a1": 4, "a2": 16, "a3": 2]

    private static func record(_ folder: String) throws -> (OpenedEnsemble, OutOfBagRecord?) {
        let ensemble = try ComparedData.ensemble(folder, voices)
        return (
            ensemble,
            try OutOfBag.record(
                ensemble, dataset: ComparedData.dataset(folder, present: present),
                evaluation: EvaluationSection(), backend: TestMembers.exact())
        )
    }

    @Test func everyImageAndClass() throws {
        try TrainingFixtures.withFolder { folder in
            let record = try #require(try Self.record(folder).1)
            #expect(record.images.map(\.id) == ["a0", "a1", "a2", "a3"])
            #expect(record.images.map(\.votes) == [2, 1, 1, 0])
            let dice = [2.0 / 3, 0, 1]
            for (image, value) in zip(record.images, dice) {
                expectClose(image.dice, value)
                expectClose(image.classDice?[0] ?? nil, value)
            }
            #expect(record.images[3].dice == nil && record.images[3].classDice == nil)
            #expect(record.classes.map(\.name) == ["class0"] && record.classes[0].images == 3)
            // Found 8 + 0 + 16, invented 8, missed 4.
            expectClose(record.classes[0].dice, 48.0 / (48 + 8 + 4))
            #expect(record.score.coverage.images == 3 && record.score.coverage.total == 4)
        }
    }

    /// Alone, the first speaks of a0 and a2, the second of a0 and a1.
    @Test func theCurveCountsWhoWouldHaveSpoken() throws {
        try TrainingFixtures.withFolder { folder in
            let curve = try #require(try Self.record(folder).1?.curve)
            #expect(curve.orders == nil && curve.points.map(\.members) == [1, 2])
            expectClose(curve.points[0].highest, (2.0 / 3 + 1) / 2)
            expectClose(curve.points[0].lowest, 0)
            expectClose(curve.points[0].mean, (2.0 / 3 + 1) / 4)
            expectClose(curve.points[0].coverage, 0.5)
            expectClose(curve.points[1].mean, (2.0 / 3 + 0 + 1) / 3)
            expectClose(curve.points[1].coverage, 0.75)
        }
    }

    /// The end of the curve is the score itself, whatever the bags are.
    @Test(arguments: [3, 7]) func theCurveEndsAtTheScore(_ count: Int) throws {
        try TrainingFixtures.withFolder { folder in
            let ids = (0..<6).map { "a\($0)" }
            let voices = (0..<count).map { member in
                Voice(
                    probability: 0.3 + 0.6 * Double(member % 3) / 2,
                    bag: ids.indices.map { ids[($0 * (member + 2) + member) % 6] })
            }
            let present = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, 3 * $0) })
            let record = try #require(
                try OutOfBag.record(
                    ComparedData.ensemble(folder, voices),
                    dataset: ComparedData.dataset(folder, present: present),
                    evaluation: EvaluationSection(), backend: TestMembers.exact()))
            let last = try #require(record.curve?.points.last)
            #expect(last.members == count)
            expectClose(record.score.score.values["dice"], last.mean)
            expectClose(
                last.coverage,
                Double(record.score.coverage.images) / Double(record.score.coverage.total))
        }
    }

    // MARK: Its file

    @Test func itLiesBesideItsEnsemble() throws {
        try TrainingFixtures.withFolder { folder in
            let data = try ComparedData.dataset(folder, present: Self.present)
            let root = folder + "/e"
            let ensemble = try ComparedData.ensemble(folder, Self.voices)
            let path = root + "/built.json"
            func build(_ data: SegmentationDataset?) throws -> OpenedEnsemble {
                try EnsembleBuilder(path: path, backend: TestMembers.exact()).build(
                    from: ensemble.members.map(\.path), method: .softVoting, copy: false,
                    data: data, evaluation: EvaluationSection()
                ).ensemble
            }
            let built = try build(data)
            #expect(OutOfBagRecord.path(of: path) == root + "/built.out-of-bag.json")
            let record = try #require(try OutOfBagRecord.beside(built))
            #expect(record.score == built.manifest.scores?.outOfBag)
            #expect(try OutOfBagRecord.beside(ensemble) == nil)
            // Of other members it is nobody's.
            var foreign = record
            foreign.members.reverse()
            try BoundedJSON.write(foreign, to: OutOfBagRecord.path(of: path))
            #expect(try OutOfBagRecord.beside(built) == nil)
            // Without data there is none any more.
            _ = try build(nil)
            #expect(!FileManager.default.fileExists(atPath: OutOfBagRecord.path(of: path)))
        }
    }

    @Test func somebodysFileInItsPlaceIsNotReplaced() throws {
        try TrainingFixtures.withFolder { folder in
            let data = try ComparedData.dataset(folder, present: Self.present)
            let ensemble = try ComparedData.ensemble(folder, Self.voices)
            let path = folder + "/e/built.json"
            try Data("{\"mine\": 1}".utf8).write(
                to: URL(fileURLWithPath: OutOfBagRecord.path(of: path)))
            let error = TrainingFixtures.error(.usage) {
                _ = try EnsembleBuilder(path: path, backend: TestMembers.exact()).build(
                    from: ensemble.members.map(\.path), method: .softVoting, copy: false,
                    data: data, evaluation: EvaluationSection())
            }
            #expect(error?.description.contains("out-of-bag record") == true)
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }
}
