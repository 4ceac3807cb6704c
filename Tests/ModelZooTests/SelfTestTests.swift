import DurableFiles
import NeuralNetworks
import SegmentationModels
import TensorCore
import Testing

@testable import ModelZoo

@Suite struct SelfTestTests {
    private let network: any SegmentationNetwork
    private let backend = ZooFixtures.exact()
    private let record: MemberManifest.SelfTestRecord

    init() throws {
        network = try ZooFixtures.network(
            .unet(bands: 3, classes: 2, baseWidth: 8, levels: 2), seed: 4)
        record = try SelfTest.make(network, seed: 9, backend: backend)
    }

    @Test func theRecordDescribesTheOutput() {
        #expect(record.input == [1, 3, 64, 64])
        #expect(record.output == [1, 2, 64, 64])
        #expect(record.samples.count == 64)
        #expect(record.samples.map(\.position) == record.samples.map(\.position).sorted())
        #expect(Set(record.samples.map(\.position)).count == 64)
        #expect(record.samples.allSatisfy { abs(Double($0.value)) <= record.largest })
        #expect(abs(record.mean) <= record.largest && record.largest > 0)
        #expect(record.tolerance == 1e-4)
        #expect(record.digest?.environment.kernelTable == "exact")
    }

    @Test func itIsAFunctionOfNetworkAndSeed() throws {
        #expect(try SelfTest.make(network, seed: 9, backend: ZooFixtures.exact()) == record)
        #expect(try SelfTest.make(network, seed: 10, backend: backend).mean != record.mean)
        try SelfTest.check(
            network, against: record, software: Software.nameAndVersion, backend: backend)
    }

    @Test func anotherBackEndPassesWithinTheTolerance() throws {
        try SelfTest.check(
            network, against: record, software: Software.nameAndVersion, backend: OpenBLASBackend())
    }

    @Test func theInputFitsDeepNetworks() throws {
        let deep = try ZooFixtures.network(.unet(bands: 1, classes: 1, baseWidth: 1, levels: 7))
        #expect(try SelfTest.make(deep, seed: 1, backend: backend).input == [1, 1, 128, 128])
    }

    @Test func aChangedWeightIsNoticed() throws {
        var other = network
        let name = try #require(other.stateEntries().first { $0.isParameter }?.name)
        other.replaceState { entry in
            guard entry.name == name else { return nil }
            var values = entry.tensor.values
            values[0] += 0.1
            return Tensor(values, shape: entry.tensor.shape)
        }
        let error = ZooFixtures.error {
            try SelfTest.check(
                other, against: record, software: Software.nameAndVersion, backend: backend)
        }
        #expect(error?.kind == .badData)
        #expect(error?.description.contains("self-test") == true)
    }

    /// A head's weights do not reach the masks' logits.
    @Test func aChangedImageHeadIsNoticed() throws {
        var configuration = ModelConfiguration.unet(bands: 1, classes: 2, baseWidth: 4, levels: 2)
        configuration.imageHead = .init(pooling: .max, dropout: 0.2)
        var headed = try ZooFixtures.network(configuration)
        let record = try SelfTest.make(headed, seed: 9, backend: backend)
        #expect(record.presence?.count == 2)
        try SelfTest.check(
            headed, against: record, software: Software.nameAndVersion, backend: backend)
        try SelfTest.check(
            headed, against: record, software: Software.nameAndVersion, backend: OpenBLASBackend())
        headed.replaceState { entry in
            entry.name == "classification_head/3/bias" ? Tensor([0, 1e-2], shape: [2]) : nil
        }
        let error = ZooFixtures.error {
            try SelfTest.check(
                headed, against: record, software: Software.nameAndVersion, backend: backend)
        }
        #expect(error?.description.contains("image head") == true)
    }

    @Test func theDigestIsComparedOnlyOnTheSameKindOfMachine() throws {
        var other = record
        other.digest?.sha256 = .of(.init())
        #expect(
            ZooFixtures.error {
                try SelfTest.check(
                    network, against: other, software: Software.nameAndVersion, backend: backend)
            }?.description.contains("digest") == true)
        other.digest?.environment.threads += 1
        try SelfTest.check(
            network, against: other, software: Software.nameAndVersion, backend: backend)
    }

    @Test func eachPartOfTheRecordCounts() throws {
        let edits: [(inout MemberManifest.SelfTestRecord) -> Void] = [
            { $0.mean += 2e-4 * $0.largest }, { $0.largest *= 1.001 },
            { $0.samples[63].value += Float(2e-4 * $0.largest) }, { $0.output = [1, 2, 64, 32] },
        ]
        for edit in edits {
            var other = record
            edit(&other)
            #expect(throws: FloeError.self) {
                try SelfTest.check(
                    network, against: other, software: Software.nameAndVersion, backend: backend)
            }
        }
    }

    @Test func outputThatIsNotFiniteIsNoSelfTest() throws {
        var other = network
        other.replaceState { Tensor(repeating: 1e38, shape: $0.tensor.shape) }
        #expect(
            ZooFixtures.error { _ = try SelfTest.make(other, seed: 1, backend: backend) }?.kind
                == .numeric)
    }
}
