import DurableFiles
import Foundation
import TensorCore
import Testing

@testable import ModelZoo

@Suite struct WeightsFileEncodeTests {
    /// Sizes and names of all kinds, in an order that is not that of the names.
    private func manyTensors() -> [NamedTensor] {
        var stream = RandomStream(seed: 3, purpose: .test)
        let shapes: [Shape] = [[8, 3, 7, 7], [64], [], [128, 32, 3, 3], [1], [0, 4], [16, 2]]
        return (0..<300).map { index in
            let group = "layer\(stream.index(below: 4))/\(stream.index(below: 30))"
            let suffix = String(repeating: "x", count: stream.index(below: 40))
            let shape = shapes[stream.index(below: shapes.count)]
            return NamedTensor(
                "\(group)/conv\(index)\(suffix)/weight",
                ZooFixtures.random(shape, seed: UInt64(index)))
        }
    }

    @Test func tensorsComeBackBitwiseInTheOrderOfWriting() throws {
        let tensors = manyTensors()
        let data = try WeightsFile.encode(tensors)
        let back = try WeightsFile.decodeAll(data, file: "weights.h5")
        #expect(back.map(\.name) == tensors.map(\.name))
        #expect(back.map(\.tensor.shape) == tensors.map(\.tensor.shape))
        for (one, other) in zip(back, tensors) {
            #expect(one.tensor.values.map(\.bitPattern) == other.tensor.values.map(\.bitPattern))
        }
        #expect(try WeightsFile.encode(back) == data)
    }

    @Test func theSameTensorsGiveTheSameBytesInAnotherSecond() throws {
        let tensors = manyTensors()
        let first = try WeightsFile.encode(tensors)
        let second = Int(Date().timeIntervalSince1970)
        while Int(Date().timeIntervalSince1970) == second { Thread.sleep(forTimeInterval: 0.02) }
        #expect(try WeightsFile.encode(tensors) == first)
    }

    @Test func concurrentSavesGiveTheSameBytes() async throws {
        let tensors = manyTensors()
        let first = try WeightsFile.encode(tensors)
        let all = try await withThrowingTaskGroup(of: Data.self) { group in
            for _ in 0..<8 { group.addTask { try WeightsFile.encode(tensors) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(all.allSatisfy { $0 == first })
    }

    @Test func valuesAreFloat32LittleEndianAtOnePlace() throws {
        let tensor = ZooFixtures.random([3, 5], seed: 1)
        let data = try WeightsFile.encode([NamedTensor("a/weight", tensor)])
        let bytes = tensor.values.map(\.bitPattern.littleEndian).withUnsafeBytes { Data($0) }
        #expect(data.range(of: bytes) != nil)
        #expect(data.starts(with: [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]))
        #expect(data[8] == 0, "superblock 0 is what every HDF5 reads")
    }

    @Test func blockedTensorsAreStoredPlain() throws {
        let tensor = ZooFixtures.random([2, 5, 3, 4], seed: 1)
        let plain = try WeightsFile.encode([NamedTensor("w", tensor)])
        for layout in [Layout.channelBlocked(8), .channelsLast] {
            let blocked = NamedTensor("w", tensor.converted(to: layout))
            #expect(try WeightsFile.encode([blocked]) == plain)
        }
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func numbersThatAreNotFiniteAreRefused(value: Float) throws {
        let bad = NamedTensor("encoder/bad", Tensor([1, value, 2], shape: [3]))
        let error = ZooFixtures.error {
            _ = try WeightsFile.encode([NamedTensor("a", Tensor(zeros: [2])), bad])
        }
        #expect(error?.kind == .numeric)
        #expect(error?.description.contains("encoder/bad") == true)
    }

    @Test(arguments: [
        [""], ["/a"], ["a//b"], ["a/"], ["a/../b"], ["."], ["a\0b"], ["a", "a"], ["a", "a/b"],
        ["a/b", "a"], [String(repeating: "x", count: 2000)],
        [Array(repeating: "g", count: 17).joined(separator: "/")],
    ])
    func impossibleNamesAreRefused(names: [String]) {
        let error = ZooFixtures.error {
            _ = try WeightsFile.encode(names.map { NamedTensor($0, Tensor(zeros: [1])) })
        }
        #expect(error?.kind == .internalFailure)
    }

    @Test func anEmptyListIsAnEmptyFile() throws {
        let data = try WeightsFile.encode([NamedTensor]())
        #expect(try WeightsFile.decodeAll(data, file: "empty.h5").isEmpty)
    }
}
