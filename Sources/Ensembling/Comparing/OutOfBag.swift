import DurableFiles
import ModelZoo
import NeuralNetworks
import SegmentationData
import SegmentationMetrics
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
        let evaluator = try ImageEvaluator(
            ensemble, dataset: dataset,
            loss: Loss(
                Comparer.loss(of: ensemble), classes: ensemble.output.classes.map(\.name)),
            backend: backend)
        let weights = ensemble.weights
        var images: [ImageCounts] = []
        var losses: [Double] = []
        var votes = 0
        for index in training {
            try StopSignal.throwIfReceived()
            let group = dataset.group(at: index)
            // A member that counts for nothing has no vote.
            let outside = drawn.indices.filter {
                !drawn[$0].contains(group) && weights[$0].contains { $0 > 0 }
            }
            // A class for which nobody outside counts would be called absent by all of nobody.
            guard
                (0..<ensemble.classes).allSatisfy({ k in outside.contains { weights[$0][k] > 0 } }),
                let answer = try evaluator.evaluate(index, members: outside).ensemble
            else { continue }
            images.append(answer.counts)
            if let loss = answer.loss { losses.append(loss) }
            votes += outside.count
        }
        guard !images.isEmpty else { return nil }
        var values: [String: Double] = [:]
        for metric in [Metric.dice, .iou, .pixelAccuracy] {
            values[metric.rawValue] =
                summarize(
                    images: images, metric: metric, reduction: .perImage,
                    absent: evaluation.absent,
                    skipBackground: dataset.description.skipsBackground
                ).value
        }
        if !losses.isEmpty { values["loss"] = losses.reduce(0, +) / Double(losses.count) }
        return OutOfBagScore(
            score: MemberManifest.Score(
                reduction: .perImage,
                absentClasses: .init(rawValue: evaluation.absent.rawValue) ?? .skip,
                images: images.count, values: values,
                isOptimistic: ensemble.members.contains {
                    $0.manifest.bag?.validatedHeldOut == true
                }),
            coverage: .init(
                images: images.count, total: training.count,
                meanVotes: Double(votes) / Double(images.count)))
    }
}
