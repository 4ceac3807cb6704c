import DurableFiles
import ModelZoo
import NeuralNetworks
import SegmentationData
import TensorCore
import Training

/// The out-of-bag score: every training image by the members whose bag left its group out.
public enum OutOfBag {
    /// Scores the training split of a data set: in all, by image and class, and by the number of
    /// members.
    ///
    /// Images that are in every bag are left out, and the coverage says how many were not. The score
    /// is marked optimistic where a member chose its best epoch on images outside its bag.
    ///
    /// - Parameter allowingOtherData: gives nil instead of an error where the bags were not drawn from
    ///   these data. Damage is an error all the same.
    /// - Returns: nil where no image is out of any bag.
    /// - Throws: `FloeError` of kind `badData` where a member carries no bag or the bags were drawn
    ///   from other data.
    public static func record(
        _ ensemble: OpenedEnsemble, dataset: SegmentationDataset,
        evaluation: EvaluationSection, backend: any ComputeBackend,
        allowingOtherData: Bool = false
    ) throws -> OutOfBagRecord? {
        let drawn = try bags(of: ensemble)
        if let mismatch = try mismatch(drawn, ensemble, dataset) {
            if allowingOtherData { return nil }
            throw mismatch
        }
        let training = try voters(ensemble, dataset, drawn)
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
    /// - Throws: as `record`.
    static func voters(
        _ ensemble: OpenedEnsemble, dataset: SegmentationDataset
    ) throws -> [Voters] {
        let drawn = try bags(of: ensemble)
        if let mismatch = try mismatch(drawn, ensemble, dataset) { throw mismatch }
        return try voters(ensemble, dataset, drawn)
    }

    /// The groups that each member's bag drew; nil of a member that carries none.
    private static func bags(of ensemble: OpenedEnsemble) throws -> [Set<String>?] {
        try ensemble.members.map { member in
            try MemberStore.bagIDs(of: member.manifest, at: member.path).map { Set($0) }
        }
    }

    /// Why bags are not those of the data as they are divided; nil where they are.
    private static func mismatch(
        _ drawn: [Set<String>?], _ ensemble: OpenedEnsemble, _ dataset: SegmentationDataset
    ) throws -> FloeError? {
        let training = try dataset.split().train
        let known = Set(dataset.groups(of: training))
        for (member, bag) in zip(ensemble.members, drawn) {
            guard let bag else {
                return FloeError(
                    .badData, file: member.path, "no bag in this member's manifest",
                    advice: "build the ensemble without --data to leave the out-of-bag score out")
            }
            if let foreign = bag.subtracting(known).min() {
                return FloeError(
                    .badData, file: member.path, "the bag was drawn from other data",
                    expected: "groups of \(dataset.description.root)", got: "'\(foreign)'",
                    advice: "name the data that the members were trained on with --data")
            }
            if let split = member.manifest.data?.split, split.training != training.count {
                return FloeError(
                    .badData, file: member.path, "the bag was drawn from another split of the data",
                    expected: "\(split.training) training images", got: "\(training.count)",
                    advice: "name the recipe that the members were trained with --data")
            }
            if let fingerprint = member.manifest.data?.fingerprint,
                fingerprint.hex != (try dataset.fingerprint())
            {
                return FloeError(
                    .badData, file: member.path, "the data changed since this member was trained",
                    expected: "fingerprint \(fingerprint)", got: try dataset.fingerprint())
            }
        }
        return nil
    }

    private static func voters(
        _ ensemble: OpenedEnsemble, _ dataset: SegmentationDataset, _ drawn: [Set<String>?]
    ) throws -> [Voters] {
        let weights = ensemble.weights
        return try dataset.split().train.map { index in
            let group = dataset.group(at: index)
            // A member that counts for nothing has no vote.
            let outside = drawn.indices.filter {
                drawn[$0]?.contains(group) == false && weights[$0].contains { $0 > 0 }
            }
            // A class for which nobody outside counts would be called absent by all of nobody.
            let isWhole = (0..<ensemble.classes).allSatisfy { k in
                outside.contains { weights[$0][k] > 0 }
            }
            return Voters(index: index, members: isWhole ? outside : [])
        }
    }
}
