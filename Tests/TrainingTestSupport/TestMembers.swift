import DurableFiles
import Foundation
import ModelZoo
import NeuralNetworks
import SegmentationModels
import TensorCore
import Training

/// Members that were never trained: of random weights, or of a known answer.
public enum TestMembers {
    public static func exact() -> any ComputeBackend {
        ComputeThread.shared.run { OneDNNBackend(.exact) }
    }

    /// What a member of the tests is; the defaults make a small one of random weights.
    public struct Plan {
        public var bands = 1
        /// Bands that are computed from the others, behind them.
        public var computed: [MemberManifest.Input.Band.Computed] = []
        public var classes = 1
        /// The same answer for every pixel; nil leaves the random weights.
        public var logits: [Float]?
        /// Height and width that images are brought to.
        public var size: [Int]?
        public var tile: Int?
        public var overlap: Int?
        /// The recipe's `evaluation.test-time`.
        public var testTime: [JSONValue]?
        public var threshold = 0.5
        public var classNames: [String]?
        /// Ids that the member was trained on, as drawn.
        public var bag: [String]?
        public var data: MemberManifest.TrainingData?
        /// Minutes of its training.
        public var minutes = 1.0
        /// Its own validation scores.
        public var validation: [String: Double]?

        public init() {}
    }

    /// Saves a member and returns its manifest's path.
    public static func save(
        _ folder: String, name: String = "member", _ change: (inout Plan) -> Void = { _ in }
    ) throws -> String {
        var plan = Plan()
        change(&plan)
        let path = folder + "/" + name
        try MemberStore.save(
            try network(plan), draft: draft(plan), to: path, exactBackend: exact())
        return path + "/" + MemberStore.manifestName
    }

    /// Saves a member and opens it.
    public static func predictor(
        _ folder: String, bands: Int = 1, classes: Int = 1, logits: [Float]? = nil,
        size: [Int]? = nil, tile: Int? = nil, overlap: Int? = nil, name: String = "member",
        testTime: [JSONValue]? = nil
    ) throws -> MemberPredictor {
        let path = try save(folder, name: name) { plan in
            plan.bands = bands
            plan.classes = classes
            plan.logits = logits
            plan.size = size
            plan.tile = tile
            plan.overlap = overlap
            plan.testTime = testTime
        }
        return try MemberPredictor(path, backend: exact())
    }

    private static func network(_ plan: Plan) throws -> any SegmentationNetwork {
        var network = try ModelFactory.make(
            .unet(
                bands: plan.bands + plan.computed.count, classes: plan.classes, baseWidth: 2,
                levels: 2), seed: 5)
        guard let logits = plan.logits else { return network }
        network.replaceState { entry in
            switch entry.name {
            case "outc/conv/weight": Tensor(zeros: entry.tensor.shape)
            case "outc/conv/bias": Tensor(logits, shape: entry.tensor.shape)
            default: nil
            }
        }
        return network
    }

    private static func draft(_ plan: Plan) -> MemberDraft {
        let isSigmoid = plan.classes == 1
        var evaluation: [String: JSONValue] = [:]
        if let overlap = plan.overlap { evaluation["overlap"] = .number("\(overlap)") }
        if let testTime = plan.testTime { evaluation["test-time"] = .array(testTime) }
        let recipe: [String: JSONValue] =
            evaluation.isEmpty ? [:] : ["evaluation": .object(evaluation)]
        return MemberDraft(
            created: "2025-03-01T09:30:00Z", software: "test",
            input: MemberManifest.Input(
                bands: (0..<plan.bands).map {
                    MemberManifest.Input.Band(
                        name: "band\($0)", mean: 100 + Double($0), deviation: 40)
                }
                    + plan.computed.enumerated().map {
                        MemberManifest.Input.Band(
                            name: "computed\($0.offset)", mean: 20, deviation: 50,
                            computed: $0.element)
                    },
                sizePolicy: plan.size == nil ? .padToMultiple : .resize, size: plan.size,
                multiple: 4, tile: plan.tile),
            output: MemberManifest.Output(
                classes: (0..<plan.classes).map {
                    MemberManifest.Output.Class(
                        name: plan.classNames?[$0] ?? "class\($0)", color: [$0, 0, 0])
                }, activation: isSigmoid ? .sigmoid : .softmax,
                threshold: isSigmoid ? plan.threshold : nil),
            bag: plan.bag.map { ids in
                MemberManifest.Bag(
                    seed: 1, member: 0, unit: "image", drawn: ids.count, fraction: 1,
                    withReplacement: true, classPolicy: .allow, redraws: 0,
                    idsSHA256: MemberManifest.Bag.digest(of: ids), ids: ids,
                    classesNeverSeen: [])
            },
            data: plan.data,
            training: MemberManifest.TrainingRecord(
                hyperparameters: .object(recipe), epochs: 1, bestEpoch: 1,
                seconds: 60 * plan.minutes, seed: 1,
                environment: MemberManifest.ComputeEnvironment(
                    processor: "any", threads: 1, backend: "onednn", kernelTable: "exact")),
            scores: MemberManifest.Scores(
                validation: plan.validation.map {
                    MemberManifest.Score(
                        reduction: .perImage, absentClasses: .skip, images: 1, values: $0,
                        isOptimistic: true)
                }))
    }
}
