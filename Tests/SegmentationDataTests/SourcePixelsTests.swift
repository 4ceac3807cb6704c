import DurableFiles
import Foundation
import TensorCore
import Testing

@testable import SegmentationData

@Suite struct SourcePixelsTests {
    private static func raster(_ storage: Raster.Storage, nodata: Double? = nil) -> Raster {
        Raster(bands: 2, height: 2, width: 3, storage: storage, nodata: nodata)
    }

    private static let bytes: [UInt8] = [0, 1, 2, 3, 4, 5, 5, 0, 9, 9, 9, 7]

    /// The type of the file makes no difference to what is seen of it.
    @Test(arguments: [nil, 5, 9, 4.5, .nan, 1e300] as [Double?])
    func everyTypeIsAsItsFloats(nodata: Double?) throws {
        let types: [Raster.Storage] = [
            .unsigned8(Self.bytes), .unsigned16(Self.bytes.map { UInt16($0) }),
            .float32(Self.bytes.map { Float($0) }),
        ]
        var digests = Set<String>()
        for storage in types {
            let raster = Self.raster(storage, nodata: 7)
            let wanted = try ImageReader.bandImage(raster, nodata: nodata, path: "x")
            let source = try SourcePixels(raster, nodata: nodata, path: "x")
            #expect(source.image == wanted)
            #expect(source.size == ImageSize(height: 2, width: 3))
            #expect(BorderMask.black([source.raster]) == [0, 0, 0, 0, 0, 0])
            var hasher = SHA256Hasher()
            source.update(&hasher)
            digests.insert(hasher.finalize().hex)
        }
        #expect(digests.count == 1)
    }

    @Test(arguments: [nil, 9] as [Double?])
    func rowsAreThoseOfTheWhole(nodata: Double?) throws {
        for storage in [Raster.Storage.unsigned8(Self.bytes), .float32(Self.bytes.map(Float.init))]
        {
            let raster = Self.raster(storage, nodata: 7)
            let part = try ImageReader.bandImage(raster, rows: 1..<2, nodata: nodata, path: "x")
            #expect(part.values == [3, 4, 5, 9, 9, 7])
            #expect(part.nodata == (nodata == nil ? [0, 0, 1] : [1, 1, 1]))
            let first = try ImageReader.bandImage(raster, rows: 0..<1, nodata: nil, path: "x")
            #expect(first.nodata == nil && first.height == 1)
        }
    }

    @Test func valuesThatAreNoneAreRefused() {
        var values = Self.bytes.map { Float($0) }
        values[3] = .infinity
        let error = Fixtures.error {
            _ = try SourcePixels(Self.raster(.float32(values)), nodata: nil, path: "x.tif")
        }
        #expect(error?.kind == .numeric && error?.file == "x.tif")
    }

    @Test func wholeNumbersOfOneTypeAreStacked() throws {
        let bytes = Self.raster(.unsigned8(Self.bytes))
        let words = Self.raster(.unsigned16(Self.bytes.map { UInt16($0) }))
        let both = try #require(Raster.stacked([bytes, bytes]))
        #expect(both.bands == 4 && both.byteCount == 24)
        #expect(
            both.floats(rows: 0..<2, columns: 0..<3) == (Self.bytes + Self.bytes).map { Float($0) })
        #expect(Raster.stacked([words, words])?.byteCount == 48)
        #expect(Raster.stacked([bytes, words]) == nil)
        #expect(Raster.stacked([Self.raster(.float32(Self.bytes.map { Float($0) }))]) == nil)
        var taller = bytes
        (taller.height, taller.width) = (3, 2)
        #expect(Raster.stacked([bytes, taller]) == nil)
    }

    /// Photos that stay as they are stored, and those whose values had to become floats.
    @Test func decodedPhotosAreTheSameEitherWay() throws {
        try Fixtures.withFolder { root in
            let pixels = (0..<48).map { UInt8($0 % 7) }
            try Fixtures.writeGrey(pixels, height: 6, width: 8, to: "\(root)/images/a.png")
            try Fixtures.writeGrey(
                pixels.map { $0 > 3 ? 1 : 0 }, height: 6, width: 8, to: "\(root)/masks/a.png")
            var description = DatasetDescription(
                root: root, images: [BandSource(files: ["images/*.png"])],
                masks: [MaskSource(files: ["masks/*.png"])],
                classes: [ClassDescription(name: "ice")], ignoreBorder: .black, nodata: 3)
            let stored = try SegmentationDataset.open(description)
            description.computed = [ComputedBand(name: "edges", from: "grey", filter: .sobel)]
            let computed = try SegmentationDataset.open(description)
            let (one, other) = (try stored.sample(at: 0), try computed.sample(at: 0))
            #expect(one.image.values == Array(other.image.values[..<48]))
            // Missing data spread in a computed band; nothing else differs.
            let targets = (try stored.nativeTarget(at: 0), try computed.nativeTarget(at: 0))
            #expect(targets.0.ignoring(targets.1.ignoredPixels) == targets.1)
            #expect(one.target.ignoredPixels.contains(1))
            #expect(try stored.decodedPhoto(0).byteCount == 3 * 48)
        }
    }
}
