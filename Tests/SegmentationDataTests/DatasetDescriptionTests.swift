import Foundation
import Testing

@testable import SegmentationData

struct DatasetDescriptionTests {
    private func decode(_ json: String) throws -> DatasetDescription {
        try JSONDecoder().decode(DatasetDescription.self, from: Data(json.utf8))
    }

    @Test func aShortSectionHasDefaults() throws {
        let description = try decode(
            #"{"images": "images/*.png", "masks": "masks/*.png", "classes": ["lung"]}"#)
        #expect(description.images == [BandSource(files: ["images/*.png"])])
        #expect(description.masks == [MaskSource(files: ["masks/*.png"])])
        #expect(description.kind == .sigmoid && description.root == ".")
        #expect(description.split == SplitDescription() && description.group == .image)
    }

    @Test func aFullSectionSurvivesARoundTrip() throws {
        let description = try decode(
            #"""
            {"name": "sky", "root": "sky_clouds", "kind": "softmax",
             "images": [{"files": ["{split}/*.png"], "bands": ["red", "green", "blue"]},
                        {"files": "{split}/*.tiff", "take": [0]}],
             "masks": {"files": "{split}annot/*.png",
                       "values": {"0": "ignore", "1": "clear", "2": "cloud"}},
             "classes": [{"name": "clear", "color": "#0000ff"}, {"name": "cloud"}],
             "size": [384, 256], "patch": {"size": [64, 128], "stride": 32},
             "ignore-border": "black", "nodata": -9999, "group": "^([^_]+)_",
             "split": {"train": "train", "validation": 0.1, "test": ["test", "/x$/"], "seed": 7}}
            """#)
        #expect(description.masks[0].values == [0: "ignore", 1: "clear", 2: "cloud"])
        #expect(description.size == ImageSize(height: 384, width: 256))
        #expect(description.patch?.stride == ImageSize(height: 32, width: 32))
        #expect(description.ignoreBorder == .black)
        #expect(description.group == .expression("^([^_]+)_"))
        #expect(description.split.validation == .fraction(0.1))
        #expect(description.split.test == .patterns(["test", "/x$/"]))
        #expect(description.colors[0] == ClassColor(red: 0, green: 0, blue: 255))
        let again = try JSONDecoder().decode(
            DatasetDescription.self, from: JSONEncoder().encode(description))
        #expect(again == description)
    }

    @Test func coloursAndRegionsAreRead() throws {
        let description = try decode(
            #"""
            {"images": "a.png", "classes": ["soil", "rock"],
             "masks": {"files": "b.png", "colors": {"0,0,255": "soil", "#ff0000": "rock"}},
             "patch": [64, 128], "split": {"train": {"columns": [0, 2400]}, "test": 3}}
            """#)
        #expect(
            description.masks[0].colors?[ClassColor(red: 255, green: 0, blue: 0)] == "rock")
        #expect(
            description.split.train
                == .region(SplitDescription.Region(rows: nil, columns: [0, 2400])))
        #expect(description.split.test == .count(3) && description.split.validation == nil)
        #expect(description.kind == .softmax)
    }

    @Test(arguments: [
        (#"{"image": "a", "classes": ["x"]}"#, "images"),
        (#"{"images": {"file": "a"}, "classes": ["x"]}"#, "files"),
        (
            #"{"images": "a", "classes": ["x"], "masks": {"files": "b", "treshold": 1}}"#,
            "threshold"
        ),
        (#"{"images": "a", "classes": ["x"], "ignoreborder": "black"}"#, "ignore-border"),
        (#"{"images": "a", "classes": ["x"], "split": {"validate": 1}}"#, "validation"),
        (
            #"{"images": "a", "classes": ["x"], "masks": {"files": "b", "values": {"x": "y"}}}"#,
            "0 to 65535"
        ),
        (
            #"{"images": "a", "classes": ["x"], "masks": {"files": "b", "colors": {"x": "y"}}}"#,
            "#rrggbb"
        ),
        (
            #"{"images": "a", "classes": ["x"], "masks": {"files": "b", "threshold": 1, "values": {}}}"#,
            "one of"
        ),
        (#"{"images": "a", "classes": ["x"], "size": [0, 1]}"#, "[height, width]"),
        (#"{"images": "a", "classes": ["x"], "split": {"train": -1}}"#, "-1"),
        (#"{"images": "a", "classes": ["x"], "split": {"train": {"columns": [5, 2]}}}"#, "region"),
    ])
    func slipsAreNamed(json: String, words: String) {
        do {
            _ = try decode(json)
            Issue.record("accepted")
        } catch {
            #expect("\(error)".contains(words), "\(error)")
        }
    }

    @Test(arguments: [
        ("2022*", "2022-07-21", true), ("*_vis", "0001_vis", true), ("*_vis", "0001_sar", false),
        ("a?c", "abc", true), ("a?c", "ac", false), ("*a*b*", "xaxxbx", true),
        ("*a*b", "xaxxbx", false), ("", "", true), ("*", "", true), ("abc", "abcd", false),
    ])
    func wildcards(pattern: String, name: String, matches: Bool) {
        #expect(WildcardPattern(pattern).matches(name) == matches)
    }
}
