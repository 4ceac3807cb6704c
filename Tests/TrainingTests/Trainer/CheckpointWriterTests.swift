import DurableFiles
import Foundation
import ModelZoo
import NeuralNetworks
import TensorCore
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct CheckpointWriterTests {
    private static func checkpoint(epoch: Int, value: Float) -> Checkpoint {
        Checkpoint(
            state: Checkpoint.State(
                member: 0, epoch: epoch, step: 0, optimizerSteps: 0, lossSum: 0, lossCount: 0,
                seconds: 0, epochSeconds: 0, earlyStopping: EarlyStopping(patience: nil),
                history: [], dataFingerprint: String(repeating: "0", count: 64),
                tensorsSHA256: SHA256Digest.of(Data())),
            model: [NamedTensor("weight", Tensor(repeating: value, shape: [64]))], best: [],
            moments: [:])
    }

    @Test func oneAfterTheOther() throws {
        try TrainingFixtures.withFolder { folder in
            let writer = CheckpointWriter(folder: folder + "/c")
            var told: [Int] = []
            for epoch in 2...6 {
                told += try writer.start(Self.checkpoint(epoch: epoch, value: Float(epoch)))
                    .map(\.epoch)
            }
            told += try writer.finish().map(\.epoch)
            #expect(told == [2, 3, 4, 5, 6])
            #expect(try writer.finish().isEmpty)
            let newest = try #require(try Checkpoint.load(from: folder + "/c") { _ in })
            #expect(newest.state.epoch == 6)
            #expect(newest.model[0].tensor.values[0] == 6)
            #expect(
                try DurableFile.listFolder(folder + "/c").filter { !$0.hasPrefix(".") }.count == 2)
        }
    }

    /// What the training does to its tensors meanwhile does not reach the file.
    @Test func aCheckpointIsOfItsMoment() throws {
        try TrainingFixtures.withFolder { folder in
            let writer = CheckpointWriter(folder: folder + "/c")
            var tensor = Tensor(repeating: 1, shape: [1 << 20])
            var checkpoint = Self.checkpoint(epoch: 2, value: 0)
            checkpoint.model = [NamedTensor("weight", tensor)]
            _ = try writer.start(checkpoint)
            checkpoint.model = []
            tensor.withUnsafeMutableElements { $0.update(repeating: 2) }
            _ = try writer.finish()
            let stored = try #require(try Checkpoint.load(from: folder + "/c") { _ in })
            #expect(stored.model[0].tensor.values.allSatisfy { $0 == 1 })
        }
    }

    @Test func aFailureIsToldOnce() throws {
        try TrainingFixtures.withFolder { folder in
            try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/file"))
            let writer = CheckpointWriter(folder: folder + "/file/c")
            _ = try writer.start(Self.checkpoint(epoch: 2, value: 0))
            #expect(throws: FloeError.self) {
                _ = try writer.start(Self.checkpoint(epoch: 3, value: 0))
            }
            #expect(try writer.finish().isEmpty)
        }
    }
}
