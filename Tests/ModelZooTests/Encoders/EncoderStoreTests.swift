import DurableFiles
import Foundation
import SegmentationModels
import TensorCore
import TestSupport
import Testing

@testable import ModelZoo

/// A ported encoder in the zoo: written once, proved again, exported, started from.
@Suite struct EncoderStoreTests {
    private func withImported(
        _ file: String, _ body: (String, EncoderManifest) throws -> Void
    ) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "floe-encoder-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let found = try EncoderImport(ForeignFile(EncoderFixture.path(file)))
        let path = folder.path + "/encoder"
        let manifest = try EncoderStore.save(
            try found.load(), from: found, to: path, created: "2026-01-01T00:00:00Z",
            exactBackend: EncoderImportTests.exact)
        try body(path, manifest)
    }

    @Test(arguments: ["torch-dots-18.h5", "keras-50.h5", "fchollet-50.h5", "qubvel-18.h5"])
    func aPortIsProvedAgain(_ file: String) throws {
        try withImported(file) { path, manifest in
            #expect(EncoderStore.verify(path, backend: EncoderImportTests.exact) == nil)
            let source = EncoderFixture.path(file)
            #expect(manifest.source.sha256 == (try SHA256Digest.ofFile(at: source)))
            #expect(manifest.source.file == file)
            #expect(manifest.probe.stages.count == 5)
            #expect(manifest.probe.stages.allSatisfy { $0.samples.count > 0 && $0.largest > 0 })
            let listing = try ZooListing.list(MemberStore.folder(of: path))
            #expect(listing.entries.map { $0.encoder?.name } == [manifest.name])
            #expect(listing.isIntact)
        }
    }

    /// Other weights, or the same in another graph, fail the probe by name.
    @Test func aLyingManifestIsRefused() throws {
        try withImported("keras-50.h5") { path, manifest in
            let file = path + "/" + MemberStore.manifestName
            func verify(_ change: (inout EncoderManifest) -> Void) throws -> FloeError? {
                var changed = manifest
                change(&changed)
                try FileManager.default.removeItem(atPath: file)
                try BoundedJSON.write(changed, to: file)
                return EncoderStore.verify(path, backend: EncoderImportTests.exact)
            }
            let strided = try verify { $0.configuration.graph.strideInFirstConvolution = false }
            #expect(strided?.what.contains("probe fails at f3") == true)
            let epsilon = try verify { $0.configuration.graph.epsilon = 1e-3 }
            #expect(epsilon?.what.contains("probe fails at f1") == true)
            #expect(try verify { $0.weights.sha256 = .of(Data()) }?.kind == .badData)
            #expect(try verify { $0.probe.stages.removeLast() }?.what.contains("probe") == true)
            #expect(try verify { $0.input?.deviation = [1, 0, 1] }?.what.contains("input") == true)
            #expect(try verify { _ in } == nil)
        }
    }

    /// Out and in again: the same tensors, bit by bit.
    @Test(arguments: [
        ("torch-dots-18.h5", EncoderExport.Target.torchvision), ("keras-50.h5", .keras),
        ("qubvel-18.h5", .keras), ("torch-prefixed-50.h5", .torchvision),
    ])
    func aRoundTripChangesNothing(_ file: String, _ target: EncoderExport.Target) throws {
        try withImported(file) { path, manifest in
            let (_, network) = try EncoderStore.load(path)
            let export = try EncoderExport(network, convention: manifest.input, target: target)
            let out = path + ".h5"
            try DurableFile.write(export.data, to: out)
            let back = try EncoderImport(ForeignFile(out))
            #expect(back.dialect == manifest.source.dialect)
            let again = try back.load()
            for (a, b) in zip(network.stateEntries(), again.stateEntries()) {
                #expect(a.name == b.name)
                #expect(Comparison.identical(a.tensor, b.tensor))
            }
        }
    }

    /// fchollet's weights in the graph of Keras Applications: another epsilon, the same maps.
    @Test func anotherEpsilonIsRewrittenExactly() throws {
        try withImported("fchollet-50.h5") { path, manifest in
            let (_, network) = try EncoderStore.load(path)
            let export = try EncoderExport(network, convention: manifest.input, target: .keras)
            #expect(export.rewrites.contains { $0.contains("epsilon") })
            let out = path + ".h5"
            try DurableFile.write(export.data, to: out)
            let again = try EncoderImport(ForeignFile(out))
            #expect(again.dialect == .keras)
            let image = EncoderFixture.encoders[0].picture
            let (a, b) = try ComputeThread.shared.run {
                (
                    network.features(image, backend: EncoderImportTests.exact),
                    try again.load().features(image, backend: EncoderImportTests.exact)
                )
            }
            for (x, y) in zip(a, b) {
                let largest = x.values.map(abs).max() ?? 0
                let worst = zip(x.values, y.values).map { abs($0 - $1) }.max() ?? .infinity
                #expect(worst <= 1e-4 * largest)
            }
        }
    }

    @Test(arguments: [
        ("torch-dots-18.h5", EncoderExport.Target.keras), ("torch-prefixed-50.h5", .keras),
        ("keras-50.h5", .torchvision), ("qubvel-18.h5", .torchvision),
    ])
    func whatTheOtherLibraryLacksIsRefused(
        _ file: String, _ target: EncoderExport.Target
    ) throws {
        try withImported(file) { path, manifest in
            let (_, network) = try EncoderStore.load(path)
            #expect(throws: FloeError.self) {
                _ = try EncoderExport(network, convention: manifest.input, target: target)
            }
        }
    }

    /// A network that starts from a port computes the port's maps, its input being normalised.
    @Test(arguments: ["torch-dots-18.h5", "qubvel-18.h5", "keras-50.h5"])
    func networksStartFromIt(_ file: String) throws {
        try withImported(file) { path, manifest in
            let encoder = try PretrainedEncoder(path)
            var configuration = ModelConfiguration.encoderUNet(
                manifest.configuration.encoder, bands: 3, classes: 1, baseWidth: 2,
                decoderChannels: [4, 4, 4, 4, 4])
            configuration.encoderGraph = manifest.configuration.graph
            var network = try ModelFactory.make(configuration, seed: 5)
            let head = network.stateEntries().last?.tensor
            let note = try encoder.start(&network, bands: ["r", "g", "b"])
            #expect((note == nil) == (manifest.source.dialect == .torchvision))
            let (_, ported) = try EncoderStore.load(path)
            let wanted = ported.stateEntries()
            let got = network.stateEntries().filter { $0.name.hasPrefix("encoder/") }
            #expect(got.map { String($0.name.dropFirst(8)) } == wanted.map(\.name))
            for (a, b) in zip(got, wanted)
            where !b.name.hasPrefix("bn_data") && b.name != "conv1/weight" {
                #expect(Comparison.identical(a.tensor, b.tensor))
            }
            // The decoder and the head stay as they were.
            let after = network.stateEntries().last?.tensor
            #expect(head.map { Comparison.identical($0, after ?? Tensor(zeros: [1])) } == true)
            // Another depth, another width, no encoder; one band, so that the kernel is adapted too.
            for other in [
                ModelConfiguration.encoderUNet(.resnet34, bands: 1, classes: 1, baseWidth: 2),
                .encoderUNet(.resnet18, bands: 1, classes: 1, baseWidth: 4),
                .unet(bands: 1, classes: 1, baseWidth: 2, levels: 1),
            ] {
                var network = try ModelFactory.make(other, seed: 1)
                #expect(throws: FloeError.self) {
                    _ = try encoder.start(&network, bands: ["grey"])
                }
            }
        }
    }

    /// Normalised bands through a Keras encoder's start give what its own convention gives.
    @Test func aCaffeEncoderTakesNormalisedBands() throws {
        try withImported("keras-50.h5") { path, manifest in
            let (_, ported) = try EncoderStore.load(path)
            var configuration = ModelConfiguration.encoderUNet(
                .resnet50, bands: 3, classes: 1, baseWidth: 2, decoderChannels: [4, 4, 4, 4, 4])
            configuration.encoderGraph = .keras
            var network = try ModelFactory.make(configuration, seed: 5)
            _ = try PretrainedEncoder(path).start(&network, bands: ["r", "g", "b"])
            let kernel = network.stateEntries().first { $0.name == "encoder/conv1/weight" }?.tensor
            let before = ported.stateEntries().first { $0.name == "conv1/weight" }?.tensor
            let deviations: [Float] = [0.229 * 255, 0.224 * 255, 0.225 * 255]
            let (new, old) = (try #require(kernel?.values), try #require(before?.values))
            for index in new.indices {
                let expected = old[index] * deviations[index / 49 % 3]
                #expect(abs(new[index] - expected) <= 1e-4 * abs(expected))
            }
        }
    }

    /// The same weights in another graph are another port.
    @Test func thePortsDigestHoldsItsGraph() throws {
        try withImported("keras-50.h5") { path, manifest in
            let digest = try manifest.portDigest()
            _ = try PretrainedEncoder(path, expecting: digest)
            var other = manifest
            other.configuration.graph.epsilon = 1e-3
            #expect(try other.portDigest() != digest)
            var renamed = manifest
            renamed.source.file = "another.h5"
            #expect(try renamed.portDigest() == digest)
            #expect(throws: FloeError.self) {
                _ = try PretrainedEncoder(path, expecting: other.portDigest())
            }
        }
    }
}
