import Foundation
import TensorCore
import Testing

@testable import SegmentationData

@Suite struct ComputedBandTests {
    private static func decode(_ json: String) throws -> ComputedBand {
        try JSONDecoder().decode(ComputedBand.self, from: Data(json.utf8))
    }

    @Test func everyFilterIsReadAndWritten() throws {
        for filter in BandComputationTests.filters {
            let band = ComputedBand(name: "n", from: "grey", filter: filter)
            let data = try JSONEncoder().encode(band)
            #expect(try JSONDecoder().decode(ComputedBand.self, from: data) == band)
        }
        #expect(
            try Self.decode(#"{"name":"t","from":"g","filter":"threshold","at":7}"#).filter
                == .threshold(at: 7))
    }

    @Test(arguments: [
        (#"{"name":"t","from":"g","filter":"sobbel"}"#, "known: threshold, sobel, laplacian, haar"),
        (#"{"name":"t","from":"g","filter":"threshold"}"#, "needs a number"),
        (#"{"name":"t","from":"g","filter":"sobel","at":3}"#, "only the filter threshold"),
        (#"{"name":"t","from":"g","filter":"haar"}"#, "approximation, horizontal"),
        (#"{"name":"t","from":"g","filter":"haar","subband":"up"}"#, "approximation, horizontal"),
        (#"{"name":"t","from":"g","filter":"sobel","subband":"diagonal"}"#, "only the filter haar"),
        (#"{"name":"t","from":"g","filter":"sobel","form":"x"}"#, "unknown key 'form'"),
    ])
    func nonsenseIsRefused(json: String, words: String) {
        do {
            _ = try Self.decode(json)
            Issue.record("nothing was thrown")
        } catch let DecodingError.dataCorrupted(context) {
            #expect(context.debugDescription.contains(words), "\(context.debugDescription)")
        } catch {
            Issue.record("\(error)")
        }
    }

    private static func describe(_ root: String, patch: PatchPlan? = nil) -> DatasetDescription {
        DatasetDescription(
            root: root,
            images: [
                BandSource(files: ["*_a.png"], bands: ["near"]),
                BandSource(files: ["*_b.png"], bands: ["far"]),
            ],
            masks: [MaskSource(files: ["*_m.png"])],
            classes: [ClassDescription(name: "thing")], size: ImageSize(height: 12, width: 10),
            patch: patch,
            computed: [
                ComputedBand(name: "edges", from: "far", filter: .sobel),
                ComputedBand(name: "bright", from: "near", filter: .threshold(at: 100)),
            ])
    }

    private static func write(_ root: String) throws {
        for (number, name) in ["x", "y"].enumerated() {
            let a = Fixtures.pattern(bands: 1, modulus: 251, height: 6, width: 5)
            let b = Fixtures.pattern(bands: 1, modulus: 199 + number, height: 18, width: 15)
            try Fixtures.writeGrey(
                a.map { UInt8($0) }, height: 6, width: 5, to: "\(root)/\(name)_a.png")
            try Fixtures.writeGrey(
                b.map { UInt8($0) }, height: 18, width: 15, to: "\(root)/\(name)_b.png")
            try Fixtures.writeGrey(
                (0..<30).map { UInt8($0 % 2) }, height: 6, width: 5, to: "\(root)/\(name)_m.png")
        }
    }

    /// Bands are computed after every source has the data set's size, of any of them.
    @Test func bandsAreComputedAtTheDataSetsSize() throws {
        try Fixtures.withFolder { root in
            try Self.write(root)
            let dataset = try SegmentationDataset.open(Self.describe(root))
            #expect(dataset.bands == ["near", "far", "edges", "bright"])
            #expect(dataset.storedBands == ["near", "far"])
            #expect(dataset.bandOrigins == nil)
            let image = try dataset.sample(at: 1).image
            let b = Fixtures.image(bands: 1, modulus: 200, height: 18, width: 15)
                .resizedBilinear(height: 12, width: 10)
            let edges = try BandComputation(
                [ComputedBand(name: "e", from: "far", filter: .sobel)], stored: ["far"]
            ).appended(to: b)
            #expect(Array(image.values[240..<360]) == Array(edges.values[120...]))
            #expect(Set(image.values[360...]) == [0, 1])
        }
    }

    /// A patch's values are those of the photo: where it was cut does not show.
    @Test func bordersOfPatchesDoNotShow() throws {
        try Fixtures.withFolder { root in
            try Self.write(root)
            let plan = PatchPlan(size: ImageSize(height: 4, width: 5))
            let whole = try SegmentationDataset.open(Self.describe(root))
            let patches = try SegmentationDataset.open(Self.describe(root, patch: plan))
            #expect(patches.count == 12)
            let photo = try whole.sample(at: 0).image
            for index in 0..<6 {
                let (row, column) = (index / 2 * 4, index % 2 * 5)
                #expect(
                    try patches.sample(at: index).image
                        == photo.cropped(rows: row..<row + 4, columns: column..<column + 5))
            }
        }
    }

    /// Stored bytes stay bytes in memory beside the computed numbers.
    @Test func storedBandsStaySmallInMemory() throws {
        let image = Fixtures.image(bands: 2, modulus: 251, height: 4, width: 4)
        let computed = try BandComputation(
            [ComputedBand(name: "e", from: "a", filter: .sobel)], stored: ["a", "b"]
        ).appended(to: image)
        let target = SegmentationTarget.labels(LabelMap(height: 4, width: 4))
        let size = ImageSize(height: 4, width: 4)
        let photo = DecodedPhoto(computed, stored: 2, target: target, originalSize: size)
        #expect(photo.byteCount == 2 * 16 + 4 * 16 + 16)
        #expect(photo.image == computed)
    }

    @Test func missingDataAroundAPixelIsIgnored() throws {
        try Fixtures.withFolder { root in
            var values = [UInt8](repeating: 9, count: 25)
            values[12] = 0
            try Fixtures.writeGrey(values, height: 5, width: 5, to: "\(root)/i/x.png")
            try Fixtures.writeGrey(
                [UInt8](repeating: 1, count: 25), height: 5, width: 5, to: "\(root)/m/x.png")
            func ignored(_ filter: BandFilter) throws -> Int {
                let dataset = try SegmentationDataset.open(
                    DatasetDescription(
                        root: root, images: [BandSource(files: ["i/*.png"])],
                        masks: [MaskSource(files: ["m/*.png"])],
                        classes: [ClassDescription(name: "thing")], nodata: 0,
                        computed: [ComputedBand(name: "c", from: "grey", filter: filter)]))
                return try dataset.sample(at: 0).target.ignoredPixels.reduce(0) { $0 + Int($1) }
            }
            #expect(try ignored(.threshold(at: 5)) == 1)
            #expect(try ignored(.sobel) == 9)
        }
    }

    @Test func tooLargeNumbersNameTheirFile() throws {
        try Fixtures.withFolder { root in
            try TIFFWriter.write(
                to: root + "/x.tiff",
                layout: .init(height: 1, width: 2, bands: 1, sampleType: .float32)
            ) { try $0.writeRows([3e38, -3e38]) }
            let dataset = try SegmentationDataset.open(
                DatasetDescription(
                    root: root, images: [BandSource(files: ["*.tiff"])],
                    classes: [ClassDescription(name: "thing")],
                    computed: [ComputedBand(name: "c", from: "grey", filter: .laplacian)]))
            let error = Fixtures.error { _ = try dataset.sample(at: 0) }
            #expect(error?.kind == .numeric && error?.file?.hasSuffix("x.tiff") == true)
        }
    }
}
