import CHDF5
import DurableFiles
import Foundation
import HDF5Files
import NeuralNetworks
import TensorCore
import Testing

@testable import ModelZoo

@Suite struct WeightsFileDecodeTests {
    private let entries = [
        ZooFixtures.entry("encoder/conv1/weight", ZooFixtures.random([2, 3, 3, 3], seed: 1)),
        ZooFixtures.entry("encoder/bn1/weight", ZooFixtures.random([2], seed: 2)),
        ZooFixtures.entry("head/bias", ZooFixtures.random([], seed: 3)),
    ]

    private func decode(
        _ tensors: [NamedTensor], expecting entries: [StateEntry]
    ) throws -> [String: Tensor] {
        let data = try WeightsFile.encode(tensors)
        return try WeightsFile.decode(
            data, expecting: entries, file: "weights.h5", sha256: .of(data))
    }

    @Test func everyExpectedTensorIsRead() throws {
        let tensors = try decode(entries.map(NamedTensor.init).reversed(), expecting: entries)
        #expect(tensors.count == 3)
        for entry in entries {
            #expect(tensors[entry.name]?.shape == entry.tensor.shape)
            #expect(tensors[entry.name]?.values == entry.tensor.values)
        }
    }

    /// R10: whatever bit is flipped and wherever the file is cut, it is noticed before use.
    @Test func everyFlippedBitIsDetected() throws {
        let data = try WeightsFile.encode(entries)
        let digest = SHA256Digest.of(data)
        var damaged = data
        var undetected = 0
        for index in data.indices {
            for bit in 0..<8 {
                damaged[index] ^= 1 << UInt8(bit)
                let error = ZooFixtures.error {
                    _ = try WeightsFile.decode(
                        damaged, expecting: entries, file: "weights.h5", sha256: digest)
                }
                if error?.kind != .badData { undetected += 1 }
                damaged[index] = data[index]
            }
        }
        #expect(undetected == 0)
    }

    /// R10.
    @Test func everyTruncationIsDetected() throws {
        let data = try WeightsFile.encode(entries)
        for count in stride(from: 0, to: data.count, by: 512) {
            let cut = data.prefix(count)
            let error = ZooFixtures.error {
                _ = try WeightsFile.decode(
                    cut, expecting: entries, file: "weights.h5", sha256: .of(data))
            }
            #expect(error?.kind == .badData)
            // Without a digest libhdf5 itself must see it.
            #expect(
                ZooFixtures.error { _ = try WeightsFile.decodeAll(cut, file: "weights.h5") }?.kind
                    == .badData)
        }
    }

    @Test func allProblemsAreToldOnceInOneLine() throws {
        let stored = [
            NamedTensor("encoder/conv1/weight", Tensor(zeros: [3, 2, 3, 3])),
            NamedTensor("encoder/bn1/gamma", Tensor(zeros: [2])),
            NamedTensor("extra/1", Tensor(zeros: [1])), NamedTensor("extra/2", Tensor(zeros: [1])),
            NamedTensor("extra/3", Tensor(zeros: [1])), NamedTensor("extra/4", Tensor(zeros: [1])),
        ]
        let error = try #require(
            ZooFixtures.error { _ = try decode(stored, expecting: entries) })
        #expect(error.kind == .badData)
        let line = error.description
        #expect(line.hasPrefix("weights.h5: "))
        #expect(line.contains("2 missing (encoder/bn1/weight, head/bias)"))
        #expect(line.contains("5 unused (encoder/bn1/gamma, extra/1, extra/2 and 2 more)"))
        #expect(
            line.contains(
                "1 of the wrong shape (encoder/conv1/weight: expected [2, 3, 3, 3], "
                    + "got [3, 2, 3, 3])"))
        #expect(!line.contains("\n"))
    }

    @Test func theSameNumberOfValuesInAnotherShapeIsRefused() throws {
        let error = ZooFixtures.error {
            _ = try decode(
                [NamedTensor("w", Tensor(zeros: [4, 8]))],
                expecting: [ZooFixtures.entry("w", Tensor(zeros: [32]))])
        }
        #expect(error?.description.contains("expected [32], got [4, 8]") == true)
    }

    @Test(arguments: ["good", "gzip"])
    func filesOfH5pyAreRead(name: String) throws {
        let data = try ZooFixtures.h5py(name)
        let entries = [
            ZooFixtures.entry("encoder/conv1/weight", Tensor(zeros: [2, 3, 3, 3])),
            ZooFixtures.entry("encoder/bn1/weight", Tensor(zeros: [2])),
        ]
        let tensors = try WeightsFile.decode(
            data, expecting: entries, file: name, sha256: .of(data))
        #expect(
            tensors["encoder/conv1/weight"]?.values == ZooFixtures.ramp([2, 3, 3, 3]).values)
        #expect(tensors["encoder/bn1/weight"]?.values == [-1, -0.75])
    }

    @Test func aScalarHasNoAxes() throws {
        let tensors = try WeightsFile.decodeAll(ZooFixtures.h5py("scalar"), file: "scalar.h5")
        #expect(tensors.map(\.name) == ["step"])
        #expect(tensors[0].tensor.shape == [])
        #expect(tensors[0].tensor.values == [2.5])
    }

    /// What is refused, and a word that the error names it by.
    @Test(arguments: [
        ("soft-link", "soft"), ("external-link", "external"), ("external-storage", "outside"),
        ("virtual", "virtual"), ("cycle", "two places"), ("two-places", "two places"),
        ("deep", "levels"), ("bomb", "of the wrong shape"), ("compact", "contiguous"),
        ("not-finite", "not finite"), ("lzf", "32000"), ("shuffle", "filter 2"),
        ("fletcher32", "filter 3"), ("float64", "got float64"),
        ("float32-big-endian", "float32 of another form"), ("int32", "got int32"),
        ("text", "got text"), ("null-space", "no tensor"), ("transposed", "[8, 4]"),
    ])
    func foreignConstructionsAreRefused(name: String, word: String) throws {
        let data = try ZooFixtures.h5py(name)
        let error = try #require(
            ZooFixtures.error {
                _ = try WeightsFile.decode(
                    data, expecting: [ZooFixtures.entry("weight", Tensor(zeros: [4, 8]))],
                    file: "\(name).h5", sha256: .of(data))
            }, "\(name) was read")
        #expect(error.kind == (name == "not-finite" ? .numeric : .badData))
        #expect(error.description.contains(word), "\(error)")
        #expect(error.file == "\(name).h5")
    }

    /// Without expected shapes, what a file claims must not be believed.
    @Test(arguments: ["bomb", "virtual", "external-storage", "lzf", "compact", "null-space"])
    func theGenericReaderRefusesThemToo(name: String) throws {
        let data = try ZooFixtures.h5py(name)
        let error = ZooFixtures.error { _ = try WeightsFile.decodeAll(data, file: name) }
        #expect(error?.kind == .badData)
    }

    @Test func theGenericReaderHasABudget() throws {
        let data = try WeightsFile.encode([NamedTensor("a", Tensor(zeros: [100]))])
        #expect(try WeightsFile.decodeAll(data, file: "a.h5", limit: 400).count == 1)
        #expect(
            ZooFixtures.error { _ = try WeightsFile.decodeAll(data, file: "a.h5", limit: 399) }?
                .kind == .badData)
        #expect(
            ZooFixtures.error {
                _ = try WeightsFile.decodeAll(data, file: "a.h5", sha256: .of(Data()))
            }?.kind == .badData)
    }

    @Test func whatIsNoHDF5IsRefusedInOneLine() throws {
        for data in [Data(), Data("not HDF5".utf8), Data(repeating: 0, count: 4096)] {
            let error = try #require(
                ZooFixtures.error { _ = try WeightsFile.decodeAll(data, file: "x.h5") })
            #expect(error.kind == .badData)
            #expect(error.description.hasPrefix("x.h5: "))
        }
    }

    @Test func noIdIsLeftOpen() throws {
        for name in ["good", "gzip", "cycle", "virtual", "external-link", "deep", "text"] {
            let data = try ZooFixtures.h5py(name)
            _ = ZooFixtures.error { _ = try WeightsFile.decodeAll(data, file: name) }
        }
        _ = try WeightsFile.encode([NamedTensor("a/b", ZooFixtures.ramp([3]))])
        let open = try HDF5Library.shared.run {
            [H5I_FILE, H5I_GROUP, H5I_DATASET, H5I_DATASPACE].map { kind in
                var count: hsize_t = 0
                return H5Inmembers(kind, &count) >= 0 ? Int(count) : 0
            }
        }
        #expect(open == [0, 0, 0, 0])
    }
}
