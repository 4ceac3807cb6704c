import DurableFiles
import Foundation
import ModelZoo
import Testing
import Training
import TrainingTestSupport

@testable import Ensembling

@Suite struct PostProcessingTests {
    private func decode(_ text: String) throws -> PostProcessing {
        try BoundedJSON.decode(
            PostProcessing.self, from: Data(text.utf8), file: "e.json", limit: 1 << 16)
    }

    @Test func aHandWrittenOneMayBeShort() throws {
        let short = try decode(#"{"classes": [{"class": "fish", "minimumSize": 10000}]}"#)
        #expect(short.connectivity == .eight && short.fit == nil)
        let steps = short.steps(of: "fish")
        #expect(steps.minimumSize == 10000 && !steps.hasLaterSteps)
        #expect(short.steps(of: "sugar").isEmpty)
        let whole = try decode(
            #"{"connectivity": 4, "classes": [{"class": "fish", "fillHoles": "all", "#
                + #""largestOnly": true, "convexHull": true}, {"class": "sugar", "fillHoles": 7}]}"#
        )
        #expect(whole.connectivity == .four)
        #expect(whole.steps(of: "fish").fillHoles == .all)
        #expect(whole.steps(of: "sugar").fillHoles == .atMost(7))
        let again = try BoundedJSON.decode(
            PostProcessing.self, from: BoundedJSON.encode(whole), file: "e.json", limit: 1 << 16)
        #expect(again == whole)
    }

    @Test(arguments: [
        #"{"connectivity": 6}"#, #"{"classes": [{"minimumSize": 3}]}"#,
        #"{"classes": [{"class": "a", "fillHoles": "some"}]}"#,
        #"{"classes": [{"class": "a", "threshold": 0.5}]}"#, #"{"sizes": []}"#,
        #"{"fit": {"split": "test"}}"#,
    ])
    func nonsenseIsRefused(_ text: String) {
        #expect(throws: FloeError.self) { try decode(text) }
    }

    /// By the manifest's own checks: what is well-formed but makes no sense.
    @Test(arguments: [
        (#"[{"class": "class0", "minimumSize": -1}]"#, "classes[0].minimumSize"),
        (#"[{"class": "class0", "fillHoles": -3}]"#, "classes[0].fillHoles"),
        (#"[{"class": "class0"}, {"class": "class0"}]"#, "classes[1].class"),
        (#"[{"class": "ice", "minimumSize": 5}]"#, "postprocessing.classes"),
    ])
    func manifestsAreChecked(_ classes: String, _ key: String) throws {
        try TrainingFixtures.withFolder { folder in
            let members = try EnsembleFiles.members(folder, [[0.7]])
            let steps = try decode(#"{"classes": []}"#)
            let path = try EnsembleFiles.write(folder, members) { $0.postprocessing = steps }
            #expect(try EnsembleStore.open(path).postProcessor == nil)
            try EnsembleFiles.replace(
                #""classes" : ["#, #""classes" : "# + classes + ", \"x\": [", in: path)
            let text = try EnsembleFiles.text(path)
            // What was the empty list goes.
            let tail = try #require(text.range(of: ", \"x\": ["))
            let end = try #require(text.range(of: "]", range: tail.upperBound..<text.endIndex))
            try EnsembleFiles.put(
                text.replacingCharacters(in: tail.lowerBound..<end.upperBound, with: ""), path)
            let error = #expect(throws: FloeError.self) { try EnsembleStore.open(path) }
            #expect(error?.kind == .badData)
            #expect(error?.description.contains(key) == true, "\(String(describing: error))")
        }
    }

    @Test func minimumSizesKeepTheOrderOfTheClasses() {
        var steps = PostProcessing()
        for name in ["c", "a", "b"] { steps.setMinimumSize(9, of: name, among: ["a", "b", "c"]) }
        #expect(steps.classes.map(\.class) == ["a", "b", "c"])
        steps.setMinimumSize(0, of: "b", among: ["a", "b", "c"])
        #expect(steps.classes.map(\.class) == ["a", "c"])
    }

    @Test func manifestsWithoutItStayAsTheyWere() throws {
        let manifest = EnsembleManifest(
            format: EnsembleManifest.currentFormat, members: [], combine: .init(method: .softVoting)
        )
        let text = String(decoding: try BoundedJSON.encode(manifest), as: UTF8.self)
        #expect(!text.contains("postprocessing"))
    }

    /// Each key of the recipe, and another value of it, comes to another post-processing.
    @Test func everyKeyOfTheRecipeArrives() throws {
        let changes: [(inout PostProcessingSection) -> Void] = [
            { $0.steps.minimumSize = 5 }, { $0.steps.minimumSize = 6 },
            { $0.steps.fillHoles = .all }, { $0.steps.fillHoles = .atMost(3) },
            { $0.steps.largestOnly = true }, { $0.steps.convexHull = true },
            { $0.connectivity = .four },
            { $0.classes["b", default: .init()].minimumSize = 9 },
            { $0.classes["b", default: .init()].largestOnly = true },
        ]
        let output = MemberManifest.Output(
            classes: ["background", "a", "b"].map { .init(name: $0, color: [0, 0, 0]) },
            activation: .softmax, threshold: nil)
        var seen: Set<PostProcessing> = []
        for change in changes {
            var section = PostProcessingSection()
            change(&section)
            let result = PostProcessing(section, output)
            #expect(seen.insert(result).inserted)
            #expect(!result.classes.contains { $0.class == "background" })
        }
        var section = PostProcessingSection()
        section.steps.convexHull = true
        section.classes["b"] = .init()
        section.classes["b"]?.convexHull = false
        section.classes["background"] = .init()
        section.classes["background"]?.minimumSize = 4
        let result = PostProcessing(section, output)
        #expect(result.classes.map(\.class) == ["background", "a"])
    }
}
