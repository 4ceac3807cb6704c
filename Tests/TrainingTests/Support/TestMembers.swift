import DurableFiles
import Foundation
import ModelZoo
import NeuralNetworks
import SegmentationModels
import TensorCore

@testable import Training

/// Members that were never trained: of random weights, or of a known answer.
enum TestMembers {
    static func exact() -> any ComputeBackend {
        ComputeThread.shared.run { OneDNNBackend(.exact) }
    }

    /// Saves a member and opens it.
    ///
    /// - Parameter logits: the same answer for every pixel; nil leaves the random weights.
    static func predictor(
        _ folder: String, bands: Int = 1, classes: Int = 1, logits: [Float]? = nil,
        size: [Int]? = nil, tile: Int? = nil, overlap: Int? = nil, name: String = "member"
    ) throws -> MemberPredictor {
        var network = try ModelFactory.make(
            .unet(bands: bands, classes: classes, baseWidth: 2, levels: 2), seed: 5)
        if let logits {
            network.replaceState { entry in
                switch entry.name {
                case "outc/conv/weight": Tensor(zeros: entry.tensor.shape)
                case "outc/conv/bias": Tensor(logits, shape: entry.tensor.shape)
                default: nil
                }
            }
        }
        let activation: MemberManifest.Output.Activation = classes == 1 ? .sigmoid : .softmax
        var training: MemberManifest.TrainingRecord?
        if let overlap {
            training = MemberManifest.TrainingRecord(
                hyperparameters: .object([
                    "evaluation": .object(["overlap": .number("\(overlap)")])
                ]), epochs: 1, bestEpoch: 1, seconds: 1, seed: 1,
                environment: MemberManifest.ComputeEnvironment(
                    processor: "any", threads: 1, backend: "onednn", kernelTable: "exact"))
        }
        let draft = MemberDraft(
            created: "2025-03-01T09:30:00Z", software: "test",
            input: MemberManifest.Input(
                bands: (0..<bands).map {
                    MemberManifest.Input.Band(
                        name: "band\($0)", mean: 100 + Double($0), deviation: 40)
                },
                sizePolicy: size == nil ? .padToMultiple : .resize, size: size, multiple: 4,
                tile: tile),
            output: MemberManifest.Output(
                classes: (0..<classes).map {
                    MemberManifest.Output.Class(name: "class\($0)", color: [$0, 0, 0])
                }, activation: activation, threshold: activation == .sigmoid ? 0.5 : nil),
            training: training)
        let path = folder + "/" + name
        try MemberStore.save(network, draft: draft, to: path, exactBackend: exact())
        return try MemberPredictor(path + "/" + MemberStore.manifestName, backend: exact())
    }
}
