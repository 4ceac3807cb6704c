import DurableFiles
import Foundation
import TensorCore
import Testing

@testable import SegmentationData

/// Data sets in the arrays that scripts/golden/arrays.py wrote.
@Suite struct StoredArrayTests {
    private static func path(_ name: String) -> String { Fixtures.path("arrays/\(name)") }

    /// value(sample, band, row, column) = (37 sample + 11 band + 5 row + 3 column) mod 7
    private static func pattern(_ sample: Int, bands: [Int]) -> [Float] {
        bands.flatMap { band in
            (0..<4).flatMap { row in
                (0..<6).map { column in
                    Float((37 * sample + 11 * band + 5 * row + 3 * column) % 7)
                }
            }
        }
    }

    private func items(_ name: String, key: String? = nil, _ layout: ArrayLayout?) throws
        -> ArrayItems
    {
        try ArrayItems(StoredArray(Self.path(name), key: key), key: key, layout: layout)
    }

    private static let whole: [(name: String, key: String, layout: String, bands: [Int])] = [
        ("nchw_f8.npy", "", "NCHW", [0, 1]), ("nhwc_u1.npy", "", "NHWC", [0, 1]),
        ("nhw_big_i2.npy", "", "", [0]), ("stored.npz", "images", "NCHW", [0, 1]),
        ("stored.npz", "masks", "", [1]), ("deflated.npz", "", "NCHW", [0, 1]),
        ("deflated.npz", "arr_0", "NCHW", [0, 1]), ("fractions.npz", "", "NCHW", [0, 1]),
    ]

    @Test(arguments: whole)
    func everyItemIsRead(name: String, key: String, layout: String, bands: [Int]) throws {
        let more: Float = name == "fractions.npz" ? 0.25 : 0
        let items = try items(
            name, key: key.isEmpty ? nil : key, ArrayLayout(rawValue: layout))
        #expect(items.count == 11 && items.bands == bands.count)
        #expect(items.height == 4 && items.width == 6)
        #expect(items.ids.first == "00" && items.ids.last == "10")
        for number in [0, 3, 10] {
            let raster = try items.raster(number, budget: .picture)
            let values = raster.floats(rows: 0..<4, columns: 0..<6)
            #expect(values == Self.pattern(number, bands: bands).map { $0 + more })
        }
    }

    @Test(arguments: whole.filter { $0.bands.count == 2 })
    func bandsThatAreTakenAreThoseOfTheWhole(
        name: String, key: String, layout: String, bands: [Int]
    ) throws {
        let items = try items(name, key: key.isEmpty ? nil : key, ArrayLayout(rawValue: layout))
        let whole = try items.raster(3, budget: .picture)
        for taken in [[1], [0], [1, 0], [1, 1, 0]] {
            let part = try items.raster(3, taking: taken, budget: .picture)
            #expect(part.bands == taken.count)
            #expect(
                part.floats(rows: 0..<4, columns: 0..<6)
                    == whole.taking(taken).floats(rows: 0..<4, columns: 0..<6))
        }
    }

    private static func header(_ type: String, _ shape: String) -> Data {
        let text = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }\n"
        return Data(NumPyHeader.magic + [1, 0, UInt8(text.utf8.count), 0]) + Data(text.utf8)
    }

    /// Larger than one piece that is read, in both orders of axes.
    @Test(arguments: [ArrayLayout.chw, .hwc])
    func samplesLargerThanAPieceAreReadWhole(layout: ArrayLayout) throws {
        try Fixtures.withFolder { root in
            let path = "\(root)/a.npy"
            let (bands, height, width) = (3, 700, 1001)
            let shape =
                layout == .chw
                ? "(\(bands), \(height), \(width))" : "(\(height), \(width), \(bands))"
            let count = bands * height * width
            let values = (0..<count).map { UInt8(truncatingIfNeeded: $0 % 251) }
            try (Self.header("|u1", shape) + Data(values)).write(to: URL(fileURLWithPath: path))
            let items = try ArrayItems(StoredArray(path, key: nil), key: nil, layout: layout)
            let pixels = height * width
            for taken in [[2], [0, 1, 2]] {
                let raster = try items.raster(0, taking: taken, budget: .picture)
                let wanted = taken.flatMap { band in
                    (0..<pixels).map {
                        values[layout == .chw ? band * pixels + $0 : $0 * bands + band]
                    }
                }
                let isSame =
                    raster.floats(rows: 0..<height, columns: 0..<width) == wanted.map { Float($0) }
                #expect(isSame)
            }
        }
    }

    /// Files with holes, which cost whoever makes them nothing.
    @Test(arguments: [
        ("|u1", "(1099511627000, 1, 1)", "NHW", "too many samples"),
        ("|u1", "(1048577, 1, 1)", "NHW", "too many samples"),
        ("|u1", "(1, 20000, 40000)", "NHW", "a sample that is too large"),
        ("<f8", "(1, 4096, 1000, 1000)", "NCHW", "a sample that is too large"),
    ])
    func hugeArraysAreRefusedBeforeTheyAreRead(
        type: String, shape: String, layout: String, part: String
    ) throws {
        try Fixtures.withFolder { root in
            let path = "\(root)/a.npy"
            let header = Self.header(type, shape)
            try header.write(to: URL(fileURLWithPath: path))
            let count = shape.split { !$0.isNumber }.compactMap { Int($0) }.reduce(1, *)
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try file.truncate(
                atOffset: UInt64(header.count + count * (type == "|u1" ? 1 : 8)))
            try file.close()
            let error = Fixtures.error {
                let items = try ArrayItems(
                    StoredArray(path, key: nil), key: nil, layout: ArrayLayout(rawValue: layout))
                _ = try items.raster(0, budget: .picture)
            }
            #expect(error?.kind == .badData)
            #expect(error?.description.contains(part) == true, "\(String(describing: error))")
            // One band of many is not too large.
            guard layout == "NCHW" else { return }
            let items = try ArrayItems(StoredArray(path, key: nil), key: nil, layout: .nchw)
            #expect(try items.raster(0, taking: [4095], budget: .picture).bands == 1)
        }
    }

    /// Bytes become four times as large where one value is no byte, and only then.
    @Test func compressedArraysAreBoundedBeforeTheyGrow() throws {
        func decode(_ count: Int, _ pieces: [[Float]], limit: Int) throws {
            var elements = DecodedElements(limit: limit)
            var data = Self.header("<f4", "(\(count),)")
            for piece in pieces {
                data += piece.withUnsafeBytes { Data($0) }
                // The header is read once 64 KiB have come.
                try data.withUnsafeBytes { try elements.add($0) }
                data = Data()
            }
            _ = try elements.finish()
        }
        let bytes = [Float](repeating: 7, count: 1 << 15)
        let fraction = [Float](repeating: 0.5, count: 1)
        try decode(1 << 15, [bytes], limit: 1 << 15)
        try decode((1 << 15) + 1, [bytes, fraction], limit: 4 << 15 + 4)
        for (count, pieces, limit) in [
            (1 << 15, [bytes], (1 << 15) - 1), (1 << 40, [bytes], 1 << 20),
            ((1 << 15) + 1, [bytes, fraction], 4 << 15),
            ((1 << 15) + 1, [fraction, bytes], 4 << 15),
        ] {
            let error = Fixtures.error { try decode(count, pieces, limit: limit) }
            #expect(
                error?.description.contains("too large") == true, "\(String(describing: error))")
        }
    }

    @Test func oneSampleNeedsNoSampleAxis() throws {
        let one = try items("nhw_big_i2.npy", .chw)
        #expect(one.count == 1 && one.bands == 11 && one.ids == ["0"])
        let last = try items("nhw_big_i2.npy", .hwc)
        #expect(last.height == 11 && last.width == 4 && last.bands == 6)
        let values = try last.raster(0, budget: .picture).floats(rows: 0..<11, columns: 0..<4)
        let whole: [Float] = (0..<11).flatMap { Self.pattern($0, bands: [0]) }
        let band: [Float] = (0..<44).map { whole[6 * $0 + 2] }
        #expect(Array(values[88..<132]) == band)
    }

    private static let wrongUse: [(name: String, key: String, layout: String, part: String)] = [
        ("nchw_f8.npy", "", "", "layout: NCHW"), ("nchw_f8.npy", "", "NHW", "4 axes"),
        ("nchw_f8.npy", "a", "NCHW", "remove the key"),
        ("stored.npz", "", "NCHW", "a key"),
        ("stored.npz", "image", "NCHW", "did you mean 'images'"),
    ]

    @Test(arguments: wrongUse)
    func wrongUseIsRefused(name: String, key: String, layout: String, part: String) {
        expectRefusal(name, key.isEmpty ? nil : key, ArrayLayout(rawValue: layout), part)
    }

    private static let hostile: [(name: String, part: String)] = [
        ("fortran.npy", "Fortran"), ("objects.npy", "objects"),
        ("pickle.npy", "not a NumPy array"), ("hostile_twice.npz", "is twice"),
        ("hostile_parent.npz", "a name"), ("hostile_root.npz", "a name"),
        ("hostile_checksum.npz", "another checksum"),
        ("hostile_deflated_checksum.npz", "another checksum"),
        ("hostile_size.npz", "impossible size"), ("hostile_larger.npz", "is damaged"),
        ("hostile_smaller.npz", "more bytes"), ("hostile_offset.npz", "impossible size"),
        ("hostile_encrypted.npz", "encrypted"), ("hostile_method.npz", "another compression"),
        ("hostile_zip64.npz", "sizes that are missing"), ("hostile_cut.npz", "no directory"),
        ("hostile_header.npz", "an entry's header"),
        ("hostile_garbage.npz", "not a NumPy array"), ("hostile_empty.npz", "0 arrays"),
        ("hostile_stream.npz", "is damaged"),
    ]

    @Test(arguments: hostile)
    func hostileFilesAreRefused(name: String, part: String) {
        expectRefusal(name, nil, nil, part)
    }

    private func expectRefusal(
        _ name: String, _ key: String?, _ layout: ArrayLayout?, _ part: String
    ) {
        let error = Fixtures.error { _ = try items(name, key: key, layout) }
        #expect(error?.kind == .badData)
        #expect(error?.file?.hasPrefix(Self.path(name)) == true)
        #expect(error?.description.contains(part) == true, "\(String(describing: error))")
    }

    @Test func everyCutAndEveryChangedByteIsAnErrorOrHarmless() throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: Self.path("deflated.npz")))
        try Fixtures.withFolder { root in
            let path = "\(root)/a.npz"
            var refused = 0
            for place in stride(from: 0, to: whole.count, by: 7) {
                var changed = whole
                changed[place] ^= 0x5A
                for data in [whole.prefix(place), changed] {
                    try Data(data).write(to: URL(fileURLWithPath: path))
                    do {
                        let items = try ArrayItems(
                            StoredArray(path, key: nil), key: nil, layout: .nchw)
                        _ = try items.raster(items.count - 1, budget: .picture)
                    } catch is FloeError { refused += 1 }
                }
            }
            #expect(refused > whole.count / 7)
        }
    }

    private func mars(_ file: String = "nchw_f8.npy") -> DatasetDescription {
        var description = DatasetDescription(
            root: Fixtures.path("arrays"),
            images: [BandSource(array: file, layout: .nchw, bands: ["grey"], take: [0])],
            masks: [MaskSource(array: file, layout: .nchw, band: 1)],
            classes: (0..<7).map { ClassDescription(name: "class\($0)") })
        description.patch = nil
        return description
    }

    @Test(arguments: ["nchw_f8.npy", "deflated.npz"])
    func imageAndMaskMayLieInOneArray(file: String) throws {
        let dataset = try SegmentationDataset.open(mars(file))
        #expect(dataset.count == 11 && dataset.bands == ["grey"])
        #expect(dataset.ids == (0..<11).map { $0 < 10 ? "0\($0)" : "10" })
        let sample = try dataset.sample(at: 7)
        #expect(sample.image.values == Self.pattern(7, bands: [0]))
        let labels = Self.pattern(7, bands: [1]).map { UInt8($0) }
        #expect(sample.target == .labels(LabelMap(height: 4, width: 6, labels: labels)))
        #expect(try dataset.nativeTarget(at: 7) == sample.target)
        #expect(dataset.files.count == 1)
        let inspection = try DatasetInspection.inspect(mars(file))
        #expect(inspection.problems.isEmpty && inspection.images == 11)
        // Values repeat every seven samples.
        #expect(inspection.duplicateImages.count == 4 && inspection.duplicateMasks.count == 4)
        #expect(inspection.duplicateMasks[0] == ["00", "07"])
        #expect(inspection.fileKinds.map(\.format) == [.numpy])
    }

    @Test func fingerprintsTellArraysApart() throws {
        let first = try SegmentationDataset.open(mars()).fingerprint()
        #expect(try SegmentationDataset.open(mars()).fingerprint() == first)
        #expect(try SegmentationDataset.open(mars("deflated.npz")).fingerprint() != first)
    }

    @Test func separateArraysMustAgree() throws {
        var two = mars("stored.npz")
        two.images[0].key = "images"
        two.masks = [MaskSource(array: "stored.npz", key: "masks")]
        let dataset = try SegmentationDataset.open(two)
        #expect(
            try dataset.sample(at: 2).target
                == .labels(
                    LabelMap(
                        height: 4, width: 6,
                        labels: Self.pattern(2, bands: [1]).map { UInt8($0) })))
        two.images[0].array = "counts.npz"
        two.masks[0].array = "counts.npz"
        let counts = Fixtures.error { _ = try SegmentationDataset.open(two) }
        #expect(counts?.kind == .badData)
        #expect(counts?.description.contains("another number of samples") == true)
        two.images = [BandSource(files: ["*.png"])]
        let mixed = Fixtures.error { _ = try SegmentationDataset.open(two) }
        #expect(mixed?.kind == .usage)
        two = mars()
        two.masks = [MaskSource(runs: "none.csv")]
        #expect(Fixtures.error { _ = try SegmentationDataset.open(two) }?.kind == .notFound)
    }

    @Test func wrongMasksInArraysAreNamedByItem() throws {
        var fractions = mars("fractions.npz")
        let soft = Fixtures.error {
            _ = try SegmentationDataset.open(fractions).sample(at: 3)
        }
        #expect(soft?.description.contains("fractions.npz[3]: not a mask") == true)
        fractions.images[0].take = [2]
        let band = Fixtures.error { _ = try SegmentationDataset.open(fractions) }
        #expect(band?.description.contains("data.images.take") == true)
        #expect(try DatasetInspection.inspect(mars()).problems.isEmpty)
        let inspected = Fixtures.error { _ = try DatasetInspection.inspect(fractions) }
        #expect(inspected?.kind == .badData)
    }

    @Test func keysThatDoNotFitAreRefused() throws {
        func decode(_ text: String) throws -> BandSource {
            try JSONDecoder().decode(BandSource.self, from: Data(text.utf8))
        }
        for text in [
            "{}", #"{"files": "a*", "array": "b"}"#, #"{"files": "a*", "key": "b"}"#,
            #"{"files": "a*", "layout": "HW"}"#, #"{"array": "a", "layout": "WH"}"#,
        ] {
            #expect(throws: (any Error).self, "\(text)") { try decode(text) }
        }
        let source = try decode(#"{"array": "a.npz", "key": "x", "layout": "NHWC", "take": [0]}"#)
        #expect(source == BandSource(array: "a.npz", key: "x", layout: .nhwc, take: [0]))
        let again = try JSONDecoder().decode(BandSource.self, from: JSONEncoder().encode(source))
        #expect(again == source)
        let plain = try JSONEncoder().encode(BandSource(files: ["a*"]))
        #expect(String(decoding: plain, as: UTF8.self) == #"{"files":["a*"]}"#)
    }
}
