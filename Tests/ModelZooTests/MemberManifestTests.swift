import DurableFiles
import Foundation
import SegmentationModels
import Testing

@testable import ModelZoo

@Suite struct MemberManifestTests {
    /// The committed member of format 1, with every part of a manifest.
    private let sample = "\(ZooFixtures.folder)/format-1/member/manifest.json"

    private func bytes() throws -> Data { try DurableFile.read(sample, limit: 1 << 20) }

    private func edited(_ old: String, _ new: String) throws -> Data {
        let text = String(decoding: try bytes(), as: UTF8.self)
        try #require(text.contains(old), "the sample has no \(old)")
        return Data(text.replacingOccurrences(of: old, with: new).utf8)
    }

    private func refusal(_ data: Data) -> FloeError? {
        ZooFixtures.error { _ = try MemberStore.decodeManifest(data, file: "manifest.json") }
    }

    @Test func theSampleIsWrittenBackAsTheSameBytes() throws {
        let manifest = try MemberStore.decodeManifest(bytes(), file: sample)
        #expect(try BoundedJSON.encode(manifest) == bytes())
    }

    /// Two U-Nets and an image head, as `floe train` wrote them.
    @Test func theOptionalPartsAreWrittenBackAsTheSameBytes() throws {
        let file = "\(ZooFixtures.folder)/schema/member-dual.json"
        let data = try DurableFile.read(file, limit: 1 << 20)
        let manifest = try MemberStore.decodeManifest(data, file: file)
        #expect(manifest.architecture.configuration.dual?.fusion == .gated)
        #expect(manifest.architecture.configuration.imageHead?.pooling == .average)
        #expect(manifest.output.presenceThreshold == 0.5)
        #expect(try BoundedJSON.encode(manifest) == data)
    }

    @Test func everyPartSurvives() throws {
        let manifest = try MemberStore.decodeManifest(bytes(), file: sample)
        let draft = ZooFixtures.draft(manifest.architecture.configuration)
        #expect(manifest.input == draft.input)
        #expect(manifest.output == draft.output)
        #expect(manifest.bag == draft.bag)
        #expect(manifest.bag?.seed == .max)
        #expect(manifest.data == draft.data)
        #expect(manifest.training == draft.training)
        #expect(manifest.scores == draft.scores)
        #expect(manifest.lineage == draft.lineage)
    }

    @Test(arguments: [
        ("\"bestEpoch\"", "\"bestEpok\"", "training.bestEp"),
        ("\"parameterCount\"", "\"parameterCounts\"", "weights.parameterCount"),
        ("\"threads\"", "\"thread\"", "thread"),
        ("\"levels\"", "\"level\"", "architecture.configuration.level"),
    ])
    func mistypedKeysAreRefusedByTheirPlace(old: String, new: String, word: String) throws {
        let error = try #require(refusal(edited(old, new)))
        #expect(error.kind == .badData)
        #expect(error.description.contains(word), "\(error)")
    }

    @Test func anUnknownKeyIsRefusedWithTheNearestKnownName() throws {
        let error = try #require(
            refusal(edited("\"unit\" : \"image\",", "\"unit\" : \"image\", \"idsFil\" : \"x\",")))
        #expect(error.description.contains("idsFil"), "\(error)")
        #expect(error.description.contains("did you mean 'idsFile'?"), "\(error)")
    }

    @Test func hyperparametersAreFree() throws {
        let data = try edited("\"epochs\" : 20,\n      \"optimizer\"", "\"any\" : 1, \"optimizer\"")
        let manifest = try MemberStore.decodeManifest(data, file: "manifest.json")
        guard case .object(let members)? = manifest.training?.hyperparameters else {
            Issue.record("no hyperparameters")
            return
        }
        #expect(members["any"] == .number("1"))
    }

    @Test func aNewerFormatIsRefusedByName() throws {
        // Its keys may be anything: the format is looked at first.
        let error = try #require(refusal(Data(#"{"format": "floe.member/2", "new": 1}"#.utf8)))
        #expect(error.kind == .badData)
        #expect(error.description.contains("written by a newer Floe"))
        #expect(error.description.contains("floe.member/2"))
    }

    @Test(arguments: [
        "{}", "[]", "null", "\"floe.member/1\"", #"{"format": 1}"#, #"{"format": "floe.member"}"#,
        #"{"format": "floe.member/0"}"#, #"{"format": "floe.ensemble/1"}"#,
        #"{"format": "floe.member/1"}"#, "", "{", "\u{0}",
    ])
    func whatIsNoMemberManifestIsRefused(text: String) {
        #expect(refusal(Data(text.utf8))?.kind == .badData)
    }

    /// R14.
    @Test func deepNestingIsRefused() {
        let data = Data(
            (#"{"format": "floe.member/1", "lineage": "# + String(repeating: "[", count: 100_000))
                .utf8)
        #expect(refusal(data)?.kind == .badData)
    }

    @Test func idsAreDigestedLineByLine() throws {
        let one = MemberManifest.Bag.digest(of: ["ab", "c"])
        #expect(one == .of(Data("ab\nc\n".utf8)))
        #expect(one != MemberManifest.Bag.digest(of: ["a", "bc"]))
    }
}
