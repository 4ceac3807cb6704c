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

    /// Whoever draws a record counts and indexes by it.
    @Test func whatCannotBeIsRefused() throws {
        try TrainingFixtures.withFolder { folder in
            let (built, record) = try Self.built(folder)
            let path = OutOfBagRecord.path(of: built.path)
            let hostile: [(String, (inout OutOfBagRecord) -> Void)] = [
                ("images[0].votes", { $0.images[0].votes = 3 }),
                ("images[0].votes", { $0.images[0].votes = .max }),
                ("images[3].votes", { $0.images[3].votes = -1 }),
                ("images", { $0.images[3].votes = 1 }),
                ("images", { $0.images.removeLast() }),
                ("images", { $0.images = [] }),
                ("images[1].dice", { $0.images[1].dice = -1e300 }),
                ("images[2].classDice", { $0.images[2].classDice = [] }),
                ("images[2].classDice", { $0.images[2].classDice = [1, nil] }),
                ("images[2].classDice", { $0.images[2].classDice = [2] }),
                ("classes", { $0.classes = [] }),
                ("classes", { $0.classes[0].name = "water" }),
                ("classes[0].images", { $0.classes[0].images = -1 }),
                ("classes[0].images", { $0.classes[0].images = 4 }),
                ("classes[0].iou", { $0.classes[0].iou = 1.5 }),
                ("curve.orders", { $0.curve?.orders = 0 }),
                ("curve.points[0].members", { $0.curve?.points[0].members = 0 }),
                ("curve.points[1].members", { $0.curve?.points[1].members = 1 }),
                ("curve.points[1].members", { $0.curve?.points[1].members = .max }),
                ("curve.points[0].coverage", { $0.curve?.points[0].coverage = 7 }),
                ("curve.points[1].mean", { $0.curve?.points[1].mean = 1e308 }),
                ("curve.points[0].lowest", { $0.curve?.points[0].lowest = 1 }),
            ]
            for (key, change) in hostile {
                var changed = record
                change(&changed)
                try BoundedJSON.write(changed, to: path)
                let error = TrainingFixtures.error(.badData) {
                    _ = try OutOfBagRecord.beside(built)
                }
                #expect(error?.file == path)
                #expect(error?.what == "key '\(key)'", "\(error?.description ?? "")")
            }
            try BoundedJSON.write(record, to: path)
            #expect(try OutOfBagRecord.beside(built) == record)
        }
    }

    /// The published schema forbids further keys: all that is written must be in it by name.
    @Test func theSchemaKnowsEveryKey() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("manifests/schema/out-of-bag-1.schema.json")
        let schema = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        try TrainingFixtures.withFolder { folder in
            var (_, record) = try Self.built(folder)
            record.images[0].group = "g"
            record.curve?.orders = 20
            let written = try JSONSerialization.jsonObject(with: BoundedJSON.encode(record))
            let document = try #require(written as? [String: Any])
            #expect(document["format"] as? String == "floe.out-of-bag/1")
            func first(_ value: Any?) -> [String: Any]? { (value as? [[String: Any]])?.first }
            func item(_ value: Any?) -> [String: Any]? {
                (value as? [String: Any])?["items"] as? [String: Any]
            }
            func keys(_ schema: [String: Any]?) throws -> [String: Any] {
                try #require(schema?["properties"] as? [String: Any])
            }
            let known = try keys(schema)
            let curve = try keys(known["curve"] as? [String: Any])
            let score = try keys(known["score"] as? [String: Any])
            let found = document["curve"] as? [String: Any]
            for (object, named) in [
                (document, known), (first(document["images"]), try keys(item(known["images"]))),
                (first(document["classes"]), try keys(item(known["classes"]))),
                (found, curve), (first(found?["points"]), try keys(item(curve["points"]))),
                (document["score"] as? [String: Any], score),
            ] {
                #expect(try #require(object).keys.sorted() == named.keys.sorted())
            }
        }
    }

    /// An ensemble that was built with its data, and its record.
    private static func built(_ folder: String) throws -> (OpenedEnsemble, OutOfBagRecord) {
        let built = try EnsembleBuilder(
            path: folder + "/e/built.json", backend: TestMembers.exact()
        ).build(
            from: ComparedData.ensemble(folder, voices).members.map(\.path), method: .softVoting,
            copy: false, data: ComparedData.dataset(folder, present: present),
            evaluation: EvaluationSection()
        ).ensemble
        return (built, try #require(try OutOfBagRecord.beside(built)))
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
