import Foundation
import TensorCore
import Testing

@testable import SegmentationData

/// Real images, where `FLOE_DATA` names their folder.
@Suite(
    .enabled(
        if: ProcessInfo.processInfo.environment["FLOE_DATA"] != nil,
        "FLOE_DATA is not set: no real images are read"))
struct RealDataTests {
    private var root: String { ProcessInfo.processInfo.environment["FLOE_DATA"] ?? "" }

    @Test func lungs() throws {
        let dataset = try SegmentationDataset.open(
            DatasetDescription(
                root: "\(root)/lungs", images: [BandSource(files: ["images/*.png"])],
                masks: [MaskSource(files: ["masks/*.png"], threshold: 128)],
                classes: [ClassDescription(name: "lung")],
                size: ImageSize(height: 256, width: 256), group: .expression("^([A-Z]+)")))
        #expect(dataset.count == 60)
        #expect(dataset.groups(of: Array(0..<60)) == ["CHNCXR", "MCUCXR"])
        let counts = try dataset.sample(at: 0).target.pixelCounts(classes: 1)
        #expect(counts.classes[0] > 5000 && counts.classes[0] < 40000)
    }

    @Test func seaIcePatches() throws {
        let dataset = try SegmentationDataset.open(
            DatasetDescription(
                root: "\(root)/seaice_floes", images: [BandSource(files: ["image/*.png"])],
                masks: [MaskSource(files: ["mask_sampredgvf/*.png"])],
                classes: [ClassDescription(name: "floe")],
                patch: PatchPlan(size: ImageSize(height: 384, width: 384)), ignoreBorder: .black,
                split: SplitDescription(
                    train: .patterns(["22-07-21*"]), validation: .patterns(["22-07-21_16*"]),
                    test: .patterns(["22-07-23*"]))))
        #expect(dataset.photoCount == 13 && dataset.count > 13 * 12 && dataset.count <= 13 * 28)
        let split = try dataset.split()
        #expect(dataset.groups(of: split.train).count == 5)
        #expect(dataset.groups(of: split.validation).count == 1)
        #expect(split.unused.isEmpty)
    }

    @Test func marsByColourAndColumns() throws {
        let colors = [
            "0,0,255", "0,255,0", "255,0,0", "255,0,255", "255,255,0", "0,255,255", "34,56,19",
            "128,128,128",
        ]
        var table: [ClassColor: String] = [ClassColor(red: 0, green: 0, blue: 0): "ignore"]
        for (index, color) in colors.enumerated() {
            table[try #require(ClassColor(color))] = "c\(index)"
        }
        let dataset = try SegmentationDataset.open(
            DatasetDescription(
                root: "\(root)/mars_scapes", images: [BandSource(files: ["137_1.png"])],
                masks: [MaskSource(files: ["137_1_color.png"], colors: table)],
                classes: (0..<8).map { ClassDescription(name: "c\($0)") },
                patch: PatchPlan(size: ImageSize(height: 64, width: 128)), group: .patch,
                split: SplitDescription(
                    train: .region(.init(columns: [0, 2400])), validation: nil,
                    test: .region(.init(columns: [2400, 4000])))))
        let split = try dataset.split()
        #expect(split.train.count > 100 && split.test.count > 30)
    }

    @Test func foldersOfCamVid() throws {
        var values = [11: "ignore"]
        for index in 0..<11 { values[index] = "c\(index)" }
        let dataset = try SegmentationDataset.open(
            DatasetDescription(
                root: "\(root)/camvid", images: [BandSource(files: ["{split}/*.png"])],
                masks: [MaskSource(files: ["{split}annot/*.png"], values: values)],
                classes: (0..<11).map { ClassDescription(name: "c\($0)") }))
        let split = try dataset.split()
        #expect(split.train.count == 40 && split.validation.count == 10 && split.test.count == 20)
        _ = try dataset.sample(at: 0)
    }

    @Test(arguments: [
        ("spacenet_solaris/sample_geotiff.tif", 900, 900, SampleType.unsigned16),
        ("spacenet_solaris/multimodal/pan1.tif", 600, 600, .unsigned16),
        ("spacenet_solaris/multimodal/ms1.tif", 300, 300, .float64),
        (
            "clouds_38cloud_sample/nir_patch_192_10_by_12_LC08_L1TP_002053_20160520_20170324_01_T1.jpg",
            384, 384, .unsigned8
        ),
    ])
    func singleFiles(name: String, height: Int, width: Int, type: SampleType) throws {
        let header = try ImageReader.probe(path: "\(root)/\(name)")
        #expect(header.height == height && header.width == width && header.sampleType == type)
        let image = try ImageReader.readBands(path: "\(root)/\(name)")
        #expect(image.values.allSatisfy { $0.isFinite })
    }

    @Test func satelliteScenesHaveFourBands() throws {
        let dataset = try SegmentationDataset.open(
            DatasetDescription(
                root: "\(root)/seaice_modis",
                images: [
                    BandSource(
                        files: ["*/truecolor.tiff"], bands: ["r", "g", "b"], take: [0, 1, 2]),
                    BandSource(
                        files: ["*/falsecolor.tiff"], bands: ["b7", "b2", "b1"], take: [0, 1, 2]),
                ],
                masks: [MaskSource(files: ["*/landmask.tiff"], threshold: 128, band: 3)],
                classes: [ClassDescription(name: "land")]))
        #expect(dataset.count == 3 && dataset.bands.count == 6)
        _ = try dataset.sample(at: 0)
    }
}
