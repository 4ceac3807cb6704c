import DurableFiles
import Foundation
import TensorCore
import Testing

@testable import SegmentationData

/// Data sets written to a temporary folder.
struct SegmentationDatasetTests {
    private func description(
        _ root: String, size: ImageSize? = nil, masks: MaskSource? = nil,
        classes: [ClassDescription] = [ClassDescription(name: "ice")]
    ) -> DatasetDescription {
        DatasetDescription(
            root: root, images: [BandSource(files: ["images/*.png"])],
            masks: [masks ?? MaskSource(files: ["masks/*.png"])], classes: classes, size: size)
    }

    /// Photos of 6 x 8 whose first pixel is their number; the mask marks one pixel.
    private func write(_ ids: [String], to root: String, maskValue: UInt8 = 1) throws {
        for (number, id) in ids.enumerated() {
            var image = [UInt8](repeating: 9, count: 48)
            image[0] = UInt8(number)
            var mask = [UInt8](repeating: 0, count: 48)
            mask[number] = maskValue
            try Fixtures.writeGrey(image, height: 6, width: 8, to: "\(root)/images/\(id).png")
            try Fixtures.writeGrey(mask, height: 6, width: 8, to: "\(root)/masks/\(id).png")
        }
    }

    @Test func samplesAreSortedBytewiseAndWhole() throws {
        try Fixtures.withFolder { root in
            try write(["b", "a10", "a9", "B", "ä"], to: root)
            let dataset = try SegmentationDataset.open(description(root))
            #expect(dataset.ids == ["B", "a10", "a9", "b", "ä"])
            #expect(dataset.bands == ["grey"])
            let sample = try dataset.sample(at: 3)
            #expect(sample.id == "b" && sample.group == "b" && sample.image.values[0] == 0)
            guard case .planes(let planes) = sample.target else {
                Issue.record("no planes")
                return
            }
            #expect(planes.values.reduce(0) { $0 + Int($1) } == 1 && planes.values[0] == 1)
            #expect(sample.originalSize == ImageSize(height: 6, width: 8))
            // The second look comes from the cache and is the same.
            #expect(try dataset.sample(at: 3).image == sample.image)
        }
    }

    @Test func sizesAreBroughtTogether() throws {
        try Fixtures.withFolder { root in
            try write(["a", "b"], to: root)
            let dataset = try SegmentationDataset.open(
                description(root, size: ImageSize(height: 12, width: 4)))
            let sample = try dataset.sample(at: 1)
            #expect([sample.image.height, sample.target.height] as [Int] == [12, 12])
            let native = try ImageReader.readBands(path: "\(root)/images/b.png")
            #expect(sample.image == native.resizedBilinear(height: 12, width: 4))
            let truth = try dataset.nativeTarget(at: 1)
            #expect(truth.height == 6 && truth.width == 8)
            #expect(truth.resizedNearest(height: 12, width: 4) == sample.target)
        }
    }

    @Test func severalFilesGiveOneStackOfBands() throws {
        try Fixtures.withFolder { root in
            try write(["a"], to: root)
            let vis = [UInt8](repeating: 7, count: 12 * 16)
            try Fixtures.writeGrey(vis, height: 12, width: 16, to: "\(root)/sar/a_sar.png")
            var whole = description(root, size: ImageSize(height: 6, width: 8))
            whole.images = [
                BandSource(files: ["images/*.png"], bands: ["vis"]),
                BandSource(files: ["sar/*_sar.png"], bands: ["sar"]),
            ]
            let dataset = try SegmentationDataset.open(whole)
            #expect(dataset.bands == ["vis", "sar"])
            let image = try dataset.sample(at: 0).image
            #expect(image.bands == 2 && image.values[48...].allSatisfy { $0 == 7 })
            whole.size = nil
            let error = Fixtures.error { _ = try SegmentationDataset.open(whole) }
            #expect(error?.description.contains("different sizes") == true)
        }
    }

    @Test func missingAndForeignFilesAreNamed() throws {
        try Fixtures.withFolder { root in
            try write(["a", "b", "c"], to: root)
            let mask = "\(root)/masks/b.png"
            try FileManager.default.removeItem(atPath: mask)
            let missing = Fixtures.error { _ = try SegmentationDataset.open(description(root)) }
            #expect(missing?.kind == .badData)
            #expect(missing?.description.contains("mask of 'b' is missing") == true)
            #expect(missing?.description.contains(mask) == true)
            try Fixtures.writeGrey([0, 1, 0, 1], height: 2, width: 2, to: mask)
            let other = Fixtures.error { _ = try SegmentationDataset.open(description(root)) }
            #expect(other?.file == mask)
            #expect(other?.expected == "6x8" && other?.got == "2x2")
            try Data("broken".utf8).write(to: URL(fileURLWithPath: mask))
            let broken = Fixtures.error { _ = try SegmentationDataset.open(description(root)) }
            #expect(broken?.file == mask && broken?.what == "not an image")
        }
    }

    @Test func emptyDuplicateAndWrongBandsAreErrors() throws {
        try Fixtures.withFolder { root in
            try FileManager.default.createDirectory(
                atPath: "\(root)/images", withIntermediateDirectories: true)
            let empty = Fixtures.error {
                _ = try SegmentationDataset.open(
                    DatasetDescription(
                        root: root, images: [BandSource(files: ["images/*.png"])],
                        classes: [ClassDescription(name: "ice")]))
            }
            #expect(empty?.what == "an empty data set")
            try write(["a", "b"], to: root)
            try FileManager.default.copyItem(
                atPath: "\(root)/images/a.png", toPath: "\(root)/images/a.jpg")
            var twice = description(root)
            twice.images = [BandSource(files: ["images/*.png", "images/*.jpg"])]
            let duplicate = Fixtures.error { _ = try SegmentationDataset.open(twice) }
            #expect(duplicate?.description.contains("'a' is there twice") == true)
            try FileManager.default.removeItem(atPath: "\(root)/images/b.png")
            try FileManager.default.copyItem(
                atPath: Fixtures.path("rgb8.png"), toPath: "\(root)/images/b.png")
            let bands = Fixtures.error { _ = try SegmentationDataset.open(description(root)) }
            #expect(bands?.what == "wrong number of bands")
            let folder = Fixtures.error {
                _ = try SegmentationDataset.open(description("\(root)/nowhere"))
            }
            #expect(folder?.kind == .notFound)
        }
    }

    @Test func masksBesideTheirImagesAreNoSamples() throws {
        try Fixtures.withFolder { root in
            let grey = [UInt8](repeating: 0, count: 4)
            for name in ["a", "a_mask", "b", "b_mask"] {
                try Fixtures.writeGrey(grey, height: 2, width: 2, to: "\(root)/\(name).png")
            }
            let dataset = try SegmentationDataset.open(
                DatasetDescription(
                    root: root, images: [BandSource(files: ["*.png"])],
                    masks: [MaskSource(files: ["*_mask.png"])],
                    classes: [ClassDescription(name: "ice")]))
            #expect(dataset.ids == ["a", "b"])
        }
    }

    @Test func unknownMaskValuesAreCountedAndNamed() throws {
        try Fixtures.withFolder { root in
            try write(["a"], to: root, maskValue: 255)
            let dataset = try SegmentationDataset.open(description(root))
            let error = Fixtures.error { _ = try dataset.sample(at: 0) }
            #expect(error?.description.contains("1 pixels of 1 unknown mask values") == true)
            #expect(error?.got == "255 (1 pixels)")
            #expect(error?.advice?.contains("threshold: 128") == true)
            let soft = try SegmentationDataset.open(
                description(root, masks: MaskSource(files: ["masks/*.png"], threshold: 128)))
            #expect(try soft.sample(at: 0).target.pixelCounts(classes: 1).classes == [1])
        }
    }

    @Test func colourMasksMapToClasses() throws {
        try Fixtures.withFolder { root in
            let classes = ["soil", "rock"].map { ClassDescription(name: $0) }
            try Fixtures.writeGrey([1, 2, 3, 4], height: 2, width: 2, to: "\(root)/images/a.png")
            try ImageWriter.writeRGB(
                Picture(
                    height: 2, width: 2, values: [0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 255]),
                to: "\(root)/a_mask.png")
            var table = [
                ClassColor(red: 0, green: 0, blue: 255): "soil",
                ClassColor(red: 255, green: 0, blue: 0): "rock",
                ClassColor(red: 0, green: 0, blue: 0): "ignore",
            ]
            func dataset() throws -> SegmentationDataset {
                try SegmentationDataset.open(
                    description(
                        root, masks: MaskSource(files: ["*_mask.png"], colors: table),
                        classes: classes))
            }
            let target = try dataset().sample(at: 0).target
            #expect(target == .labels(LabelMap(height: 2, width: 2, labels: [0, 1, 255, 0])))
            table[ClassColor(red: 255, green: 0, blue: 0)] = nil
            let error = Fixtures.error { _ = try dataset().sample(at: 0) }
            #expect(error?.got == "255,0,0 (1 pixels)")
            #expect(error?.what == "1 pixels of 1 colours that are not in the table")
            #expect(error?.expected == "one of 0,0,0 or 0,0,255")
            table[ClassColor(red: 1, green: 1, blue: 1)] = "sol"
            let slip = Fixtures.error { _ = try dataset() }
            #expect(slip?.kind == .usage && slip?.advice == "did you mean 'soil'?")
        }
    }

    @Test func blackBordersAreIgnored() throws {
        try Fixtures.withFolder { root in
            var image = [UInt8](repeating: 5, count: 48)
            for pixel in [0, 1, 8, 47, 46, 20] { image[pixel] = 0 }
            try Fixtures.writeGrey(image, height: 6, width: 8, to: "\(root)/images/a.png")
            try Fixtures.writeGrey(
                [UInt8](repeating: 1, count: 48), height: 6, width: 8,
                to: "\(root)/masks/a.png")
            var bordered = description(root)
            bordered.ignoreBorder = .black
            let dataset = try SegmentationDataset.open(bordered)
            let ignored = try dataset.sample(at: 0).target.ignoredPixels
            // The black pixel 20 is inside and stays.
            #expect((0..<48).filter { ignored[$0] == 1 } == [0, 1, 8, 46, 47])
            #expect(try dataset.nativeTarget(at: 0).ignoredPixels == ignored)
        }
    }

    /// Scores leave out what training left out, also where a computed band or resizing spreads it.
    @Test(arguments: [nil, ImageSize(height: 3, width: 4), ImageSize(height: 12, width: 16)])
    func pixelsBesideMissingDataAreNotScored(size: ImageSize?) throws {
        try Fixtures.withFolder { root in
            var image = (0..<48).map { UInt8(10 + $0) }
            image[20] = 0
            try Fixtures.writeGrey(image, height: 6, width: 8, to: "\(root)/images/a.png")
            try Fixtures.writeGrey(
                [UInt8](repeating: 1, count: 48), height: 6, width: 8, to: "\(root)/masks/a.png")
            var missing = description(root, size: size)
            missing.nodata = 0
            missing.computed = [ComputedBand(name: "edges", from: "grey", filter: .sobel)]
            let dataset = try SegmentationDataset.open(missing)
            let trained = try dataset.sample(at: 0).target
            let scored = try dataset.nativeTarget(at: 0)
            #expect(scored.height == 6 && scored.width == 8)
            #expect(
                scored.ignoredPixels
                    == trained.resizedNearest(height: 6, width: 8).ignoredPixels)
            if size == nil {
                let ignored = (0..<48).filter { scored.ignoredPixels[$0] == 1 }
                #expect(ignored == [11, 12, 13, 19, 20, 21, 27, 28, 29])
            }
        }
    }

    @Test func patchesAreWindowsOfThePhoto() throws {
        try Fixtures.withFolder { root in
            let image = (0..<48).map { UInt8($0) }
            try Fixtures.writeGrey(image, height: 6, width: 8, to: "\(root)/images/a.png")
            var mask = [UInt8](repeating: 0, count: 48)
            for pixel in 0..<48 where pixel % 8 >= 4 { mask[pixel] = 2 }
            try Fixtures.writeGrey(mask, height: 6, width: 8, to: "\(root)/masks/a.png")
            var cut = description(
                root,
                masks: MaskSource(
                    files: ["masks/*.png"], values: [0: "background", 1: "ice", 2: "ignore"]))
            cut.patch = PatchPlan(
                size: ImageSize(height: 4, width: 4), stride: ImageSize(height: 4, width: 2))
            let dataset = try SegmentationDataset.open(cut)
            // Rows 0 and 2 (the last is shifted); columns 0 and 2 (all of 4 is ignored).
            #expect(dataset.ids == ["a@0,0", "a@0,2", "a@2,0", "a@2,2"])
            #expect((0..<4).allSatisfy { dataset.group(at: $0) == "a" })
            let sample = try dataset.sample(at: 3)
            let whole = try ImageReader.readBands(path: "\(root)/images/a.png")
            #expect(sample.image == whole.cropped(rows: 2..<6, columns: 2..<6))
            #expect(
                sample.target.ignoredPixels == [0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1])
            cut.patch = PatchPlan(size: ImageSize(height: 6, width: 8))
            #expect(try SegmentationDataset.open(cut).sample(at: 0).image == whole)
        }
    }

    @Test(arguments: [(7, 4), (4, 9), (1 << 40, 1 << 40)])
    func patchesLargerThanAnImageAreRefused(height: Int, width: Int) throws {
        try Fixtures.withFolder { root in
            let values = [UInt8](repeating: 1, count: 100)
            for folder in ["images", "masks"] {
                // The first image is large enough.
                try Fixtures.writeGrey(values, height: 10, width: 10, to: "\(root)/\(folder)/a.png")
                try Fixtures.writeGrey(
                    Array(values[..<48]), height: 6, width: 8, to: "\(root)/\(folder)/b.png")
            }
            var cut = description(root)
            cut.patch = PatchPlan(size: ImageSize(height: height, width: width))
            let error = Fixtures.error { _ = try SegmentationDataset.open(cut) }
            #expect(error?.kind == .badData)
            #expect(error?.description.contains("at least data.patch, \(height)x\(width)") == true)
            guard height < 10 else { return }
            #expect(error?.file?.hasSuffix("b.png") == true && error?.got == "6x8")
            let problems = try DatasetInspection.inspect(cut).problems
            #expect(problems.count == 1 && problems.first?.contains("b.png") == true)
            cut.size = ImageSize(height: 10, width: 10)
            #expect(try SegmentationDataset.open(cut).photoCount == 2)
            cut.size = ImageSize(height: 3, width: 3)
            #expect(Fixtures.error { _ = try SegmentationDataset.open(cut) }?.kind == .usage)
        }
    }

    @Test func overlappingClassesComeFromSeveralMasks() throws {
        try Fixtures.withFolder { root in
            try Fixtures.writeGrey([1, 2, 3, 4], height: 2, width: 2, to: "\(root)/images/a.png")
            try Fixtures.writeGrey([255, 255, 0, 0], height: 2, width: 2, to: "\(root)/f/a.png")
            try Fixtures.writeGrey([0, 255, 255, 0], height: 2, width: 2, to: "\(root)/g/a.png")
            var several = description(
                root, classes: ["fish", "gravel"].map { ClassDescription(name: $0) })
            several.kind = .sigmoid
            several.masks = [
                MaskSource(files: ["f/*.png"], threshold: 128, className: "fish"),
                MaskSource(files: ["g/*.png"], threshold: 128, className: "gravel"),
            ]
            let target = try SegmentationDataset.open(several).sample(at: 0).target
            #expect(
                target
                    == .planes(
                        ClassPlanes(
                            classes: 2, height: 2, width: 2, values: [1, 1, 0, 0, 0, 1, 1, 0])))
        }
    }

    @Test func theFingerprintSeesEveryByteAndNoFolder() throws {
        try Fixtures.withFolder { root in
            try write(["a", "b"], to: "\(root)/one")
            try write(["a", "b"], to: "\(root)/two")
            func fingerprint(_ name: String) throws -> String {
                try SegmentationDataset.open(description("\(root)/\(name)")).fingerprint()
            }
            let first = try fingerprint("one")
            #expect(first.count == 64)
            #expect(try fingerprint("two") == first)
            try write(["a", "b"], to: "\(root)/two", maskValue: 0)
            let changed = try fingerprint("two")
            #expect(changed != first)
            try write(["a", "b", "c"], to: "\(root)/two")
            #expect(try fingerprint("two") != first)
        }
    }

    @Test func theCacheIsBounded() throws {
        let cache = PhotoCache(limit: 250)
        let image = BandImage(
            bands: 1, height: 5, width: 10, values: [Float](repeating: 1, count: 50))
        var decoded = 0
        for number in [0, 1, 0, 2, 0, 3, 1] {
            _ = cache.photo(number) {
                decoded += 1
                return DecodedPhoto(
                    image, stored: image.bands,
                    target: .labels(LabelMap(height: 5, width: 10)),
                    originalSize: ImageSize(height: 5, width: 10))
            }
            #expect(cache.byteCount <= 250)
        }
        // Each takes 100 bytes: 0 was used most, 1 was thrown out for 2.
        #expect(decoded == 5)
    }
}
