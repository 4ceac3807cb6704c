import DurableFiles
import Foundation
import Testing

@testable import SegmentationData

@Suite struct PhotoFilterTests {
    /// Nine images: the masks of a, b and c are alike, those of d and e, and f, g, h show nothing but
    /// background; images a and d are alike, though one is a TIFF, and g and h.
    static func write(_ root: String) throws {
        let masks: [String: [UInt8]] = [
            "a": [1, 0, 0, 0], "b": [1, 0, 0, 0], "c": [1, 0, 0, 0], "d": [0, 1, 1, 0],
            "e": [0, 1, 1, 0], "f": [0, 0, 0, 0], "g": [0, 0, 0, 0], "h": [0, 0, 0, 0],
            "i": [1, 1, 0, 0],
        ]
        let images: [String: UInt8] = [
            "a": 1, "b": 2, "c": 3, "d": 1, "e": 5, "f": 6, "g": 7, "h": 7, "i": 9,
        ]
        for (name, mask) in masks {
            let grey: [UInt8] = [images[name] ?? 0, 50, 60, 70]
            if name == "d" {
                try TIFFWriter.write(
                    to: "\(root)/d.tiff",
                    layout: .init(height: 2, width: 2, bands: 1, sampleType: .float32)
                ) { try $0.writeRows(grey.map { Float($0) }) }
            } else {
                try Fixtures.writeGrey(grey, height: 2, width: 2, to: "\(root)/\(name).png")
            }
            try Fixtures.writeGrey(mask, height: 2, width: 2, to: "\(root)/m/\(name).png")
        }
    }

    static func describe(
        _ root: String, _ exclude: SampleExclusion? = nil, masks: Bool = true
    ) -> DatasetDescription {
        DatasetDescription(
            root: root, images: [BandSource(files: ["*.png", "*.tiff"])],
            masks: masks ? [MaskSource(files: ["m/*.png"])] : [],
            classes: [ClassDescription(name: "thing")], exclude: exclude,
            split: SplitDescription(train: .fraction(1), validation: nil, test: nil))
    }

    @Test(
        arguments: [
            (nil, "abcdefghi"),
            (SampleExclusion(), "abcdefghi"),
            (SampleExclusion(duplicateMasks: 2), "fghi"),
            (SampleExclusion(duplicateMasks: 3), "defghi"),
            (SampleExclusion(duplicateMasks: 4), "abcdefghi"),
            (SampleExclusion(duplicateImages: .keepFirst), "abcefgi"),
            (SampleExclusion(duplicateImages: .dropAll), "bcefi"),
            (SampleExclusion(ids: ["a", "/[f-h]/"]), "bcdei"),
            // Once a is gone, two masks are left that are alike, and d's image is alone.
            (SampleExclusion(duplicateMasks: 3, duplicateImages: .dropAll, ids: ["a"]), "bcdefi"),
            // Masks first: a is gone before the images are looked at.
            (SampleExclusion(duplicateMasks: 3, duplicateImages: .keepFirst), "defgi"),
        ] as [(SampleExclusion?, String)])
    func whatIsLeft(_ exclude: SampleExclusion?, _ expected: String) throws {
        try Fixtures.withFolder { root in
            try Self.write(root)
            let dataset = try SegmentationDataset.open(Self.describe(root, exclude))
            #expect(dataset.ids.joined() == expected)
            // What is left out is not split either.
            #expect(try dataset.split().train.count == expected.count)
        }
    }

    @Test func theFingerprintIsThatOfWhatIsLeft() throws {
        try Fixtures.withFolder { root in
            try Self.write(root)
            func fingerprint(_ exclude: SampleExclusion?) throws -> String {
                try SegmentationDataset.open(Self.describe(root, exclude)).fingerprint()
            }
            let all = try fingerprint(nil)
            let some = try fingerprint(SampleExclusion(duplicateMasks: 3))
            #expect(some != all)
            #expect(try fingerprint(SampleExclusion(ids: ["a", "b", "c"])) == some)
        }
    }

    @Test func nothingToExcludeByIsRefused() throws {
        try Fixtures.withFolder { root in
            try Self.write(root)
            func error(_ exclude: SampleExclusion, masks: Bool = true) -> FloeError? {
                Fixtures.error {
                    _ = try SegmentationDataset.open(Self.describe(root, exclude, masks: masks))
                }
            }
            #expect(error(SampleExclusion(duplicateMasks: 1))?.kind == .usage)
            #expect(error(SampleExclusion(duplicateMasks: 2), masks: false)?.kind == .usage)
            #expect(error(SampleExclusion(ids: ["z*"]))?.what.contains("'z*'") == true)
            #expect(error(SampleExclusion(ids: ["/[/"]))?.kind == .usage)
            #expect(error(SampleExclusion(ids: ["*"]))?.kind == .badData)
            try Data("no picture".utf8).write(to: URL(fileURLWithPath: root + "/m/e.png"))
            #expect(error(SampleExclusion(duplicateMasks: 2))?.file?.hasSuffix("m/e.png") == true)
        }
    }

    @Test func theRuleIsReadAndWritten() throws {
        let rule = SampleExclusion(
            duplicateMasks: 3, duplicateImages: .keepFirst, ids: ["a*", "it's"])
        let data = try JSONEncoder().encode(rule)
        #expect(try JSONDecoder().decode(SampleExclusion.self, from: data) == rule)
        #expect(
            rule.text
                == "{duplicate-masks: 3, duplicate-images: keep-first, ids: ['a*', 'it''s']}")
        for (json, words) in [
            (#"{"duplicate-images": "first"}"#, "keep-first or drop-all"),
            (#"{"duplicate-mask": 2}"#, "did you mean 'duplicate-masks'?"),
        ] {
            #expect {
                _ = try JSONDecoder().decode(SampleExclusion.self, from: Data(json.utf8))
            } throws: { error in
                guard case DecodingError.dataCorrupted(let context) = error else { return false }
                return context.debugDescription.contains(words)
            }
        }
    }
}
