import DurableFiles
import Foundation
import Testing

@testable import SegmentationData

/// Files by Pillow, tifffile and a plain PNG encoder.
struct ImageReaderTests {
    @Test(arguments: [
        ("grey1.png", 1, 2), ("grey2.png", 1, 4), ("grey4.png", 1, 16), ("grey8.png", 1, 256),
        ("grey16.png", 1, 65536), ("greyalpha8.png", 2, 256), ("greyalpha16.png", 2, 65536),
        ("rgb8.png", 3, 256), ("rgb16.png", 3, 65536), ("rgba8.png", 4, 256),
        ("rgba16.png", 4, 65536), ("interlaced.png", 3, 256), ("interlaced1.png", 1, 2),
        ("pillow.png", 1, 256),
    ])
    func pngKeepsStoredValues(name: String, bands: Int, modulus: Int) throws {
        let image = try ImageReader.readBands(path: Fixtures.path(name))
        #expect(image == Fixtures.image(bands: bands, modulus: modulus))
        let header = try ImageReader.probe(path: Fixtures.path(name))
        #expect(header.format == .png)
        #expect(header.height == 13 && header.width == 17 && header.bands == bands)
        let mask = try ImageReader.readMask(path: Fixtures.path(name))
        #expect(mask.values.map { Float($0) } == image.values)
    }

    @Test(arguments: [
        ("u1.tiff", 1, 256, SampleType.unsigned8), ("u2.tiff", 1, 65536, .unsigned16),
        ("contig2.tiff", 2, 256, .unsigned8), ("contig3.tiff", 3, 256, .unsigned8),
        ("contig4.tiff", 4, 256, .unsigned8), ("contig7.tiff", 7, 256, .unsigned8),
        ("separate2.tiff", 2, 256, .unsigned8), ("separate3.tiff", 3, 256, .unsigned8),
        ("separate4.tiff", 4, 256, .unsigned8), ("separate7.tiff", 7, 256, .unsigned8),
        ("bigendian.tiff", 3, 65536, .unsigned16), ("big.tiff", 1, 65536, .unsigned16),
        ("big_be.tiff", 2, 1000, .float32), ("tiff_lzw.tiff", 3, 256, .unsigned8),
        ("packbits.tiff", 3, 256, .unsigned8), ("tiff_deflate.tiff", 3, 256, .unsigned8),
        ("tiff_adobe_deflate.tiff", 3, 256, .unsigned8),
        ("lzw_predictor.tiff", 1, 256, .unsigned8), ("bits.tiff", 1, 2, .unsigned8),
        ("bits_packed.tiff", 1, 2, .unsigned8), ("overview.tiff", 1, 256, .unsigned8),
    ])
    func tiffKeepsStoredValues(
        name: String, bands: Int, modulus: Int, type: SampleType
    ) throws {
        let path = Fixtures.path(name)
        #expect(
            try ImageReader.readBands(path: path) == Fixtures.image(bands: bands, modulus: modulus))
        let header = try ImageReader.probe(path: path)
        #expect(header.format == .tiff && header.sampleType == type && header.bands == bands)
    }

    @Test(arguments: ["f4.tiff", "f8.tiff"])
    func floatTIFF(name: String) throws {
        let image = try ImageReader.readBands(path: Fixtures.path(name))
        #expect(image.values == Fixtures.pattern(bands: 1, modulus: 1000).map { $0 / 8 - 50 })
    }

    @Test func signedTIFF() throws {
        let image = try ImageReader.readBands(path: Fixtures.path("i2.tiff"))
        #expect(image.values == Fixtures.pattern(bands: 1, modulus: 30000).map { $0 - 15000 })
    }

    @Test(arguments: ["tiles.tiff", "tiles_separate.tiff"])
    func tiles(name: String) throws {
        let image = try ImageReader.readBands(path: Fixtures.path(name))
        #expect(image == Fixtures.image(bands: 7, modulus: 65536, height: 45, width: 50))
    }

    @Test(arguments: [
        "palette1.png", "palette2.png", "palette4.png", "palette8.png",
        "palette.tiff",
    ])
    func paletteIsColourAsImageAndIndexAsMask(name: String) throws {
        let bits = Int(name.filter(\.isNumber)) ?? 8
        let indexes = Fixtures.pattern(bands: 1, modulus: 1 << bits)
        let mask = try ImageReader.readMask(path: Fixtures.path(name))
        #expect(mask.isPalette && mask.bands == 1)
        #expect(mask.values.map { Float($0) } == indexes)
        let image = try ImageReader.readBands(path: Fixtures.path(name))
        let expected =
            indexes.map { Float(Int($0) * 7 % 256) } + indexes.map { Float(Int($0) * 31 % 256) }
            + indexes.map { 255 - $0 }
        #expect(image.values == expected)
    }

    @Test(arguments: ["rgb444.jpg", "rgb420.jpg", "grey.jpg", "progressive.jpg"])
    func jpegAgreesWithPillow(name: String) throws {
        let image = try ImageReader.readBands(path: Fixtures.path(name))
        let expected = try #require(Fixtures.golden().jpeg[name])
        #expect(image.values.count == expected.count)
        let largest = zip(image.values, expected).map { abs($0 - $1) }.max() ?? 0
        #expect(largest <= 1)
    }

    @Test func declaredMissingDataIsMarked() throws {
        let image = try ImageReader.readBands(path: Fixtures.path("nodata.tiff"))
        let missing = (0..<221).filter { image.nodata?[$0] == 1 }
        #expect(missing == (4..<9).map { 3 * 17 + $0 })
        let notANumber = try ImageReader.readBands(path: Fixtures.path("nan_declared.tiff"))
        #expect(notANumber.nodata == image.nodata)
        #expect(notANumber.values.allSatisfy { $0.isFinite })
        let told = try ImageReader.readBands(path: Fixtures.path("nan.tiff"), nodata: .nan)
        #expect(told.nodata == image.nodata)
    }

    @Test func undeclaredNotANumberIsANumericError() throws {
        let error = Fixtures.error {
            _ = try ImageReader.readBands(path: Fixtures.path("nan.tiff"))
        }
        #expect(error?.kind == .numeric)
        #expect(error?.description.contains("5") == true)
    }

    @Test(arguments: [
        ("cmyk.jpg", "CMYK"), ("u32.tiff", "32 bits"), ("complex.tiff", "64 bits"),
        ("pages.tiff", "several pages"), ("jpeg_in.tiff", "compression"),
        ("palette_short.png", "without a colour"), ("golden.json", "not an image"),
        ("missing.png", "No such file"), ("", "regular file"),
    ])
    func otherFilesAreRefused(name: String, words: String) throws {
        let error = Fixtures.error {
            _ = try ImageReader.readBands(path: Fixtures.path(name))
        }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        #expect(error?.kind == (name == "missing.png" ? .notFound : .badData))
    }

    @Test func formatIsToldByContent() throws {
        try Fixtures.withFolder { folder in
            for name in ["rgb8.png", "contig3.tiff", "rgb444.jpg"] {
                let other = "\(folder)/x-\(name).bin"
                try FileManager.default.copyItem(atPath: Fixtures.path(name), toPath: other)
                #expect(
                    try ImageReader.readBands(path: other)
                        == ImageReader.readBands(path: Fixtures.path(name)))
            }
        }
    }

    @Test func pointersOfLargeFileStorageAreNamed() throws {
        try Fixtures.withFolder { folder in
            let path = "\(folder)/a.png"
            try DurableFile.write(
                Data("version https://git-lfs.github.com/spec/v1\n".utf8), to: path)
            let error = Fixtures.error { _ = try ImageReader.probe(path: path) }
            #expect(error?.description.contains("git lfs pull") == true)
        }
    }
}
