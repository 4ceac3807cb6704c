import DurableFiles
import Foundation
import ModelZoo
import Testing
import TrainingTestSupport

@testable import Ensembling

@Suite struct EnsembleManifestTests {
    private static let digest = SHA256Digest.of(Data("member".utf8))

    /// A manifest with every field filled in.
    private static var full: EnsembleManifest {
        var manifest = EnsembleManifest(
            format: EnsembleManifest.currentFormat, name: "ice", root: "..",
            members: [
                .init(path: "zoo/a/manifest.json", sha256: digest, weight: .member(0.25)),
                .init(path: "zoo/b/manifest.json", sha256: digest, weight: .perClass([1, 0.5])),
                .init(path: "zoo/c/manifest.json"),
            ],
            combine: .init(
                method: .hardVoting, space: .probability, ties: .higherMeanProbability,
                thresholds: [0.25, 0.75], temperature: 1.0 / 3,
                fits: [
                    CombineFit(
                        part: .selection, split: .validation, data: "floes",
                        fingerprint: SHA256Digest.of(Data()), ids: digest, images: 5, pixels: 80,
                        score: .dice,
                        absentClasses: .skip, before: 1.0 / 3, after: 0.1 + 0.2, picks: 4,
                        leftOut: [.init(path: "zoo/d/manifest.json", sha256: digest)],
                        prefixes: [1.0 / 7], isOptimistic: true)
                ]))
        manifest.postprocessing = PostProcessing(
            connectivity: .four, classes: [.init(class: "ice")])
        manifest.postprocessing?.classes[0].fillHoles = .atMost(12)
        manifest.postprocessing?.fit = PostProcessingFit(
            split: .outOfBag, data: "floes", images: 7, metric: .dice, absentClasses: .one,
            before: 0.1 + 0.2, after: 1.0 / 3,
            classes: [
                .init(class: "ice", threshold: 0.25, minimumSize: 0, before: 0.3, after: 0.4)
            ], isOptimistic: true, fingerprint: SHA256Digest.of(Data()), ids: digest)
        manifest.earlyExit = EarlyExitFitTests.fit(of: digest)
        manifest.input = .init(bands: ["red", "sar"])
        manifest.output = .init(
            classes: [
                .init(name: "ice", color: [255, 210, 31]),
                .init(name: "water", color: [0, 0, 255]),
            ], activation: .sigmoid)
        manifest.scores = .init(
            outOfBag: OutOfBagScore(
                score: MemberManifest.Score(
                    reduction: .perImage, absentClasses: .skip, images: 7,
                    values: ["dice": 0.1 + 0.2], classes: ["ice": ["dice": 1.0 / 3]]),
                coverage: .init(images: 7, total: 9, meanVotes: 2.5)))
        manifest.lineage = .init(created: "2025-03-01T09:30:00Z", software: "floe 0.1.0")
        return manifest
    }

    private func decode(_ text: String) throws -> EnsembleManifest {
        try BoundedJSON.decode(
            EnsembleManifest.self, from: Data(text.utf8), file: "e.json", limit: 1 << 20)
    }

    /// Numbers keep their last bit, and the same manifest gives the same bytes.
    @Test func everyFieldSurvives() throws {
        let data = try BoundedJSON.encode(Self.full)
        let text = try #require(String(validating: data, as: UTF8.self))
        let again = try decode(text)
        #expect(again == Self.full)
        #expect(try BoundedJSON.encode(again) == data)
    }

    /// The published schema forbids further keys: all that is written must be in it by name.
    @Test func theSchemaKnowsEveryKey() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let schema = try JSONSerialization.jsonObject(
            with: EnsembleFiles.bytes(root.path + "/manifests/schema/ensemble-1.schema.json"))
        let written = try JSONSerialization.jsonObject(with: BoundedJSON.encode(Self.full))
        let named = try #require((schema as? [String: Any])?["properties"] as? [String: Any])
        let document = try #require(written as? [String: Any])
        #expect(document.keys.sorted() == named.keys.sorted())
        for part in [
            "combine", "postprocessing", "earlyExit", "input", "output", "scores", "lineage",
        ] {
            let known = (named[part] as? [String: Any])?["properties"] as? [String: Any]
            let found = document[part] as? [String: Any]
            #expect(try #require(found).keys.sorted() == #require(known).keys.sorted(), "\(part)")
        }
        let cleaning = try #require(document["postprocessing"] as? [String: Any])
        let schemaOfCleaning = try #require(
            (named["postprocessing"] as? [String: Any])?["properties"] as? [String: Any])
        let fit = try #require(cleaning["fit"] as? [String: Any])
        let schemaOfFit = (schemaOfCleaning["fit"] as? [String: Any])?["properties"]
        #expect(
            fit.keys.sorted() == (try #require(schemaOfFit as? [String: Any])).keys.sorted())
        let exit = try #require(document["earlyExit"] as? [String: Any])
        let schemaOfExit = try #require(
            (named["earlyExit"] as? [String: Any])?["properties"] as? [String: Any])
        for (found, schema) in [
            (cleaning["classes"], schemaOfCleaning["classes"]),
            (fit["classes"], (schemaOfFit as? [String: Any])?["classes"]),
            (exit["levels"], schemaOfExit["levels"]),
        ] {
            let steps = try #require(found as? [[String: Any]])
            let items = (schema as? [String: Any])?["items"] as? [String: Any]
            let known = try #require(items?["properties"] as? [String: Any])
            #expect(steps[0].keys.sorted() == known.keys.sorted())
        }
        let combine = try #require(document["combine"] as? [String: Any])
        let fits = try #require(combine["fits"] as? [[String: Any]])
        let schemaOfCombine = (named["combine"] as? [String: Any])?["properties"] as? [String: Any]
        let schemaOfFits = (schemaOfCombine?["fits"] as? [String: Any])?["items"] as? [String: Any]
        let keysOfFits = try #require(schemaOfFits?["properties"] as? [String: Any])
        #expect(fits[0].keys.sorted() == keysOfFits.keys.sorted())
        let items = (named["members"] as? [String: Any])?["items"] as? [String: Any]
        let known = try #require(items?["properties"] as? [String: Any])
        let members = try #require(document["members"] as? [[String: Any]])
        #expect(members[0].keys.sorted() == known.keys.sorted())
    }

    @Test func aDraftNamesOnlyMembersAndAMethod() throws {
        let manifest = try decode(
            """
            {"format": "floe.ensemble/1", "combine": {"method": "soft-voting"},
             "members": [{"path": "a/manifest.json"}]}
            """)
        #expect(manifest.members == [.init(path: "a/manifest.json")])
        #expect(manifest.combine == .init(method: .softVoting))
        #expect(manifest.root == nil && manifest.name == nil && manifest.scores == nil)
    }

    @Test func aWeightIsOneNumberOrOnePerClass() throws {
        func weight(_ text: String) throws -> EnsembleManifest.Weight? {
            try decode(
                """
                {"format": "floe.ensemble/1", "combine": {"method": "soft-voting"},
                 "members": [{"path": "a", "weight": \(text)}]}
                """
            ).members[0].weight
        }
        #expect(try weight("2") == .member(2))
        #expect(try weight("0.125") == .member(0.125))
        #expect(try weight("[1, 0.5]") == .perClass([1, 0.5]))
        #expect(try weight("null") == nil)
        #expect(EnsembleManifest.Weight.member(2).values(classes: 3) == [2, 2, 2])
        #expect(EnsembleManifest.Weight.perClass([1, 0.5]).values(classes: 2) == [1, 0.5])
        // A list of another length does not say which class is meant.
        #expect(EnsembleManifest.Weight.perClass([1, 0.5]).values(classes: 3) == nil)
        #expect(EnsembleManifest.Weight.perClass([1]).values(classes: 2) == nil)
    }

    /// Readers see that there is no score, rather than wonder whether it was forgotten.
    @Test func noScoreIsWrittenOut() throws {
        var manifest = Self.full
        manifest.scores = .init(outOfBag: nil)
        let data = try BoundedJSON.encode(manifest)
        let text = try #require(String(validating: data, as: UTF8.self))
        #expect(text.contains("\"outOfBag\" : null"))
        #expect(try decode(text) == manifest)
    }

    /// A wrong name is answered with the names that there are.
    @Test(arguments: [
        ("\"hard-voting\"", "\"mean\"", "soft-voting or hard-voting or staple"),
        ("\"probability\"", "\"logits\"", "did you mean 'logit'?"),
        ("\"higher-mean-probability-then-lower-index\"", "\"coin\"", "combine.ties"),
        ("\"sigmoid\"", "\"Sigmoid\"", "sigmoid or softmax"),
    ])
    func unknownNamesAreRefused(_ old: String, _ new: String, _ words: String) throws {
        let data = try BoundedJSON.encode(Self.full)
        let text = try #require(String(validating: data, as: UTF8.self))
        #expect(text.contains(old))
        let error = TrainingFixtures.error(.badData) {
            _ = try decode(text.replacingOccurrences(of: old, with: new))
        }
        #expect(error?.file == "e.json")
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        (#"{"format": "floe.ensemble/1", "combine": {"method": "soft-voting"}}"#, "'members'"),
        (#"{"format": "floe.ensemble/1", "members": [{"path": "a"}]}"#, "'combine'"),
        (
            #"{"format": "any", "members": [{}], "combine": {"method": "soft-voting"}}"#,
            "'members[0].path'"
        ),
        (#"{"format": "floe.ensemble/1", "members": [{"path": "a"}], "combine": {}}"#, "method"),
    ])
    func missingKeysAreNamed(_ text: String, _ key: String) {
        let error = TrainingFixtures.error(.badData) { _ = try decode(text) }
        #expect(error?.file == "e.json")
        #expect(error?.description.contains(key) == true, "\(error?.description ?? "")")
    }

    /// A digest that was cut or shouted is no digest, and must not pass for none.
    @Test(arguments: ["", "abc", String(repeating: "A", count: 64), "null "])
    func aDigestIs64Digits(_ digest: String) {
        let error = TrainingFixtures.error(.badData) {
            _ = try decode(
                """
                {"format": "floe.ensemble/1", "combine": {"method": "soft-voting"},
                 "members": [{"path": "a", "sha256": "\(digest)"}]}
                """)
        }
        #expect(error?.file == "e.json")
        #expect(error?.description.contains("members[0].sha256") == true)
    }
}
