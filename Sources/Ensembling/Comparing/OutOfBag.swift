import DurableFiles
import ModelZoo
import NeuralNetworks
import SegmentationData
import TensorCore
import Training

/// The out-of-bag score: every training image by the members whose bag left its group out.
public enum OutOfBag {
    /// Scores the training split of a data set.
    ///
    /// Images that are in every bag are left out, and the coverage says how many were not. The score
    /// is marked optimistic where a member chose its best epoch on images outside its bag.
    /// - Returns: nil where no image is out of any bag.
    /// - Throws: `FloeError` of kind `badData` where a member carries no bag or the bags were drawn
    ///   from other data.
    public static func score(
        _ ensemble: OpenedEnsemble, dataset: SegmentationDataset,
        evaluation: EvaluationSection, backend: any ComputeBackend
    ) throws -> OutOfBagScore? {
        try record(ensemble, dataset: dataset, evaluation: evaluation, backend: backend)?.score
    }

    /// The same with every image and class, and the curve over the number of members.
    public static func record(
        _ ensemble: OpenedEnsemble, dataset: SegmentationDataset,
        evaluation: EvaluationSection, backend: any ComputeBackend
    ) throws -> OutOfBagRecord? {
        let training = try voters(ensemble, dataset: dataset)
        let evaluator = try ImageEvaluator(
            ensemble, dataset: dataset,
            loss: Loss(
                ensemble.commonLoss, classes: ensemble.output.classes.map(\.name)),
            backend: backend)
        var builder = OutOfBagBuilder(
            ensemble, dataset.description, evaluation, total: training.count)
        for image in training {
            try StopSignal.throwIfReceived()
            guard !image.members.isEmpty else {
                builder.addUncovered(id: dataset.ids[image.index])
                continue
            }
            let subsets = builder.subsets(of: image.members)
            let answer = try evaluator.evaluate(
                image.index, members: image.members, combining: subsets)
            builder.add(answer, voters: image.members)
        }
        return builder.record(
            isOptimistic: isOptimistic(ensemble), fingerprint: try dataset.fingerprint())
    }

    /// What was fitted on these very images flatters them, and so do epochs that were chosen on them.
    private static func isOptimistic(_ ensemble: OpenedEnsemble) -> Bool {
        ensemble.manifest.fitted.contains { $0.split == .outOfBag } || ensemble.choseEpochsOutOfBag
    }

    /// A training image and the members that speak of it out of bag.
    struct Voters {
        var index: Int
        /// In manifest order; empty where some class would be left to nobody.
        var members: [Int]
    }

    /// For every training image the members whose bag left its group out.
    ///
    /// - Throws: as `score`.
    static func voters(
        _ ensemble: OpenedEnsemble, dataset: SegmentationDataset
    ) throws -> [Voters] {
        let drawn = try ensemble.members.map { member -> Set<String> in
            guard let ids = try MemberStore.bagIDs(of: member.manifest, at: member.path) else {
                throw FloeError(
                    .badData, file: member.path, "no bag in this member's manifest",
                    advice: "build the ensemble without --data to leave the out-of-bag score out")
            }
            return Set(ids)
        }
        let training = try dataset.split().train
        let known = Set(dataset.groups(of: training))
        for (member, bag) in zip(ensemble.members, drawn) {
            if let foreign = bag.subtracting(known).min() {
                throw FloeError(
                    .badData, file: member.path, "the bag was drawn from other data",
                    expected: "groups of \(dataset.description.root)", got: "'\(foreign)'",
                    advice: "name the data that the members were trained on with --data")
            }
            if let split = member.manifest.data?.split, split.training != training.count {
                throw FloeError(
                    .badData, file: member.path, "the bag was drawn from another split of the data",
                    expected: "\(split.training) training images", got: "\(training.count)",
                    advice: "name the recipe that the members were trained with --data")
            }
            if let fingerprint = member.manifest.data?.fingerprint,
                fingerprint.hex != (try dataset.fingerprint())
            {
                throw FloeError(
                    .badData, file: member.path, "the data changed since this member was trained",
                    expected: "fingerprint \(fingerprint)", got: try dataset.fingerprint())
            }
        }
        let weights = ensemble.weights
        return training.map { index in
            let group = dataset.group(at: index)
            // A member that counts for nothing has no vote.
            let outside = drawn.indices.filter {
                !drawn[$0].contains(group) && weights[$0].contains { $0 > 0 }
            }
            // A class for which nobody outside counts would be called absent by all of nobody.
            let isWhole = (0..<ensemble.classes).allSatisfy { k in
                outside.contains { weights[$0][k] > 0 }
            }
            return Voters(index: index, members: isWhole ? outside : [])
        }
    }
}
