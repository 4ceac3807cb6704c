import DurableFiles
import Foundation
import ModelZoo
import NeuralNetworks
import SegmentationData
import SegmentationMetrics
import TensorCore
import Training

/// Scores every member and the ensemble on a split, paired by image.
public struct Comparer {
    /// What one image looks like, for pictures; called as soon as it is scored.
    public struct Shown {
        public var id: String
        public var index: Int
        public var decisions: [UInt8]
        public var dice: Double?
        /// How much the members disagree, 0 to 1, `[map, height, width]`; one map for softmax, one per
        /// class for sigmoid. Nil for a single member.
        public var disagreement: [Float]?
    }

    let ensemble: OpenedEnsemble
    let dataset: SegmentationDataset
    private let evaluation: EvaluationSection
    private let dice: ImageDice
    private let lossSections: [LossSection]
    private let backend: any ComputeBackend
    private let testTime: TestTimeAugmentation?

    /// - Parameters:
    ///   - evaluation: the policy for absent classes.
    ///   - testTime: movements under which images are predicted; nil takes each member's own.
    public init(
        _ ensemble: OpenedEnsemble, dataset: SegmentationDataset,
        evaluation: EvaluationSection = EvaluationSection(), backend: any ComputeBackend,
        testTime: TestTimeAugmentation? = nil
    ) throws {
        self.ensemble = ensemble
        self.dataset = dataset
        self.evaluation = evaluation
        dice = ImageDice(evaluation, of: dataset.description)
        self.backend = backend
        self.testTime = testTime
        lossSections = ensemble.commonLoss
    }

    /// The comparison over some samples.
    ///
    /// - Parameters:
    ///   - split: its name, for the record.
    ///   - validation: the validation split, on which every row's validation loss is computed; empty
    ///     leaves the members' own and none for the ensemble.
    ///   - onImage: called for every image, in order.
    public func compare(
        _ samples: [Int], split: String, validation: [Int] = [],
        onImage: (Shown) throws -> Void = { _ in }
    ) throws -> Comparison {
        guard !samples.isEmpty else {
            throw FloeError(
                .badData, file: dataset.description.root, "the split '\(split)' is empty",
                advice: "check data.split, or choose another --split")
        }
        let evaluator = try ImageEvaluator(
            ensemble, dataset: dataset,
            loss: Loss(lossSections, classes: ensemble.output.classes.map(\.name)),
            backend: backend, testTime: testTime)
        let everyone = Array(ensemble.members.indices)
        let plan = SubsetPlan(weights: ensemble.weights)
        var tally = ComparisonTally(
            members: ensemble.members.count, classes: ensemble.classes)
        var watched: [ImageEvaluation] = []
        for index in validation {
            try StopSignal.throwIfReceived()
            watched.append(try evaluator.evaluate(index, members: everyone).slim)
        }
        var results: [ImageEvaluation] = []
        for index in samples {
            try StopSignal.throwIfReceived()
            let result = try evaluator.evaluate(
                index, members: everyone, combining: plan.subsets, withEvidence: true)
            tally.add(result, plan, dice: dice.callAsFunction)
            try onImage(
                Shown(
                    id: result.id, index: index, decisions: result.ensemble?.decisions ?? [],
                    dice: result.ensemble.flatMap { dice($0.counts) },
                    disagreement: result.relations?.disagreementMap))
            results.append(result.slim)
        }
        let builder = ComparisonBuilder(
            ensemble: ensemble, description: dataset.description, evaluation: evaluation,
            results: results, validation: watched, plan: plan, tally: tally)
        var comparison = builder.comparison(
            split: split, loss: lossSections, seen: try countSeen(samples))
        comparison.testTime = .init(
            isOverridden: testTime != nil, members: evaluator.testTimes)
        if let (count, parts) = try countFitted(samples) {
            comparison.fittedImages = count
            comparison.fittedParts = parts.isEmpty ? nil : parts
        }
        return comparison
    }
}
