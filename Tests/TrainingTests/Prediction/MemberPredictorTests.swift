import DurableFiles
import ModelZoo
import SegmentationData
import SegmentationModels
import TensorCore
import Testing
import TrainingTestSupport

@testable import Training

/// Members with an image head.
@Suite struct MemberPredictorTests {
    private static let classes = ["background", "ice", "water"]

    /// A softmax member whose every pixel and image has the same answer.
    private func member(
        _ folder: String, name: String = "member", presence: [Float], threshold: Double = 0.5
    ) throws -> MemberPredictor {
        var configuration = ModelConfiguration.dualUNet(
            bands: 1, classes: 3,
            .init(
                global: .init(width: 2, levels: 2), local: .init(width: 2, levels: 1),
                fusion: .add))
        configuration.imageHead = .init(pooling: .max, dropout: 0)
        var network = try ModelFactory.make(configuration, seed: 5)
        network.replaceState { entry in
            switch entry.name {
            case "outc/conv/weight", "classification_head/3/weight":
                Tensor(zeros: entry.tensor.shape)
            case "outc/conv/bias": Tensor([0, 1, 2], shape: [3])
            case "classification_head/3/bias": Tensor(presence, shape: [3])
            default: nil
            }
        }
        let path = folder + "/" + name
        try MemberStore.save(
            network,
            draft: MemberDraft(
                created: "2025-03-01T09:30:00Z", software: "test",
                input: .init(bands: [.init(name: "grey", mean: 0, deviation: 1)], multiple: 4),
                output: .init(
                    classes: Self.classes.map { .init(name: $0, color: [0, 0, 0]) },
                    activation: .softmax, presenceThreshold: threshold)),
            to: path, exactBackend: TestMembers.exact())
        return try MemberPredictor(path, backend: TestMembers.exact())
    }

    private let image = BandImage(
        bands: 1, height: 5, width: 7, values: (0..<35).map { Float($0 % 9) })

    @Test func absentClassesAreEmptied() throws {
        try TrainingFixtures.withFolder { folder in
            let found = try member(folder, presence: [-5, 5, -5]).probabilities(of: image)
            // Of e^0 and e^1; water is out, and the background stays whatever the head says.
            #expect(abs(found[0] - 0.26894) < 1e-5)
            #expect(abs(found[35] - 0.73106) < 1e-5)
            #expect(found[70...] == [Float](repeating: 0, count: 35)[...])
        }
    }

    @Test func theThresholdIsTheManifests() throws {
        try TrainingFixtures.withFolder { folder in
            let kept = try member(folder, name: "low", presence: [0, 0, 0], threshold: 0.4)
                .probabilities(of: image)
            let emptied = try member(folder, name: "high", presence: [0, 0, 0], threshold: 0.6)
                .probabilities(of: image)
            #expect(abs(kept[70] - 0.66524) < 1e-5)
            #expect(emptied[0] == 1 && emptied[35] == 0 && emptied[70] == 0)
        }
    }
}
