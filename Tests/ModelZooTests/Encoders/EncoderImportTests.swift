import Foundation
import SegmentationModels
import TensorCore
import TestSupport
import Testing

@testable import ModelZoo

/// Every dialect against feature maps that PyTorch computed from the same weights.
@Suite struct EncoderImportTests {
    static let exact = ComputeThread.shared.run { OneDNNBackend(.exact) }

    @Test func theFixturesAreThere() {
        #expect(EncoderFixture.encoders.count == 20)
        #expect(EncoderFixture.networks.count == 5)
    }

    @Test(arguments: EncoderFixture.encoders)
    func everyDialectComputesWhatItsLibraryDoes(_ fixture: EncoderFixture) throws {
        let found = try EncoderImport(ForeignFile(fixture.path))
        #expect(found.dialect.rawValue == fixture.dialect)
        #expect(found.configuration.encoder.rawValue == fixture.encoder)
        #expect(found.configuration.baseWidth == 2)
        #expect(found.map.missing.isEmpty)
        let network = try found.load()
        let picture = fixture.picture
        let prepared =
            found.convention?.sourceOrder == .bgr ? picture.reversingBands() : picture
        let maps = ComputeThread.shared.run {
            network.features(prepared, backend: Self.exact)
        }
        let expected = try #require(fixture.features)
        #expect(maps.count == expected.count)
        for (map, wanted) in zip(maps, expected) { #expect(wanted.error(of: map) < 1e-4) }
    }

    /// What the wrong graph costs is what the port is for: it must show in the feature maps.
    @Test(arguments: [
        ("keras-50.h5", EncoderDialect.torchvision), ("torch-prefixed-50.h5", .keras),
        ("keras-50.h5", .fchollet),
    ])
    func theWrongGraphShows(_ file: String, _ graph: EncoderDialect) throws {
        let fixture = try #require(EncoderFixture.encoders.first { $0.file == file })
        let found = try EncoderImport(
            ForeignFile(fixture.path), hints: EncoderHints(graph: graph))
        #expect(found.configuration.graph == graph.graph)
        // Biases that the other graph lacks, or has, are missing or left over.
        guard (try? found.check()) != nil else { return }
        let network = try found.load()
        let picture = fixture.picture
        let prepared =
            found.convention?.sourceOrder == .bgr ? picture.reversingBands() : picture
        let maps = ComputeThread.shared.run { network.features(prepared, backend: Self.exact) }
        let worst = zip(maps, fixture.features ?? []).map { $1.error(of: $0) }.max() ?? 0
        #expect(worst > 1e-3)
    }

    @Test(arguments: EncoderFixture.networks)
    func wholeNetworksComputeWhatTheirLibraryDoes(_ fixture: EncoderFixture) throws {
        let found = try NetworkImport(ForeignFile(fixture.path))
        let network = try found.load()
        #expect(network.configuration.classes == 2)
        let logits = ComputeThread.shared.run {
            network.predictLogits(fixture.picture, backend: Self.exact)
        }
        let expected = try #require(fixture.logits)
        #expect(expected.error(of: logits) < 1e-4)
    }

    @Test func aDialectCanBeAskedFor() throws {
        let path = EncoderFixture.path("keras-50.h5")
        let hinted = try EncoderImport(ForeignFile(path), hints: EncoderHints(dialect: .keras))
        #expect(hinted.dialect == .keras)
        #expect(throws: FloeErrorKind.badData) {
            try FloeErrorKind.of {
                _ = try EncoderImport(
                    ForeignFile(path), hints: EncoderHints(dialect: .classificationModels))
            }
        }
    }

    /// What is missing with leave stays random, and is named.
    @Test func missingLayersStayRandom() throws {
        let file = try ForeignFile(EncoderFixture.path("missing.h5", in: "hostile"))
        let found = try EncoderImport(file, hints: EncoderHints(allowedMissing: ["layer2"]))
        #expect(found.map.random == ["layer2/0/conv1/weight"])
        #expect(found.map.missing.isEmpty)
        let network = try found.load()
        let kernel = network.stateEntries().first { $0.name == "layer2/0/conv1/weight" }
        #expect(kernel?.tensor.values.contains { $0 != 0 } == true)
        let other = try EncoderImport(file, hints: EncoderHints(allowedMissing: ["layer3"]))
        #expect(other.map.missing == ["layer2/0/conv1/weight"])
    }
}
