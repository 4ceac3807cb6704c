import DurableFiles
import SegmentationData
import SegmentationMetrics
import TensorCore
import Training

/// What fitting gained on images that nothing was fitted on.
public struct FitGain: Hashable, Sendable {
    public var split: String
    public var data: String
    /// Images with a score before and after.
    public var images: Int
    /// Means of per-image Dice over these.
    public var before: Double
    public var after: Double
    /// 95 % bootstrap interval of the difference, over images or groups; nil below two of them.
    public var lower: Double?
    public var upper: Double?
    /// True where the images had chosen the members' epochs: both scores are too good.
    public var isOptimistic = false

    /// Refuses images that something of an ensemble was fitted on, or members were trained on.
    ///
    /// - Throws: `FloeError` of kind `usage`.
    public static func check(
        _ ensemble: OpenedEnsemble, dataset: SegmentationDataset, samples: [Int], split: String,
        backend: any ComputeBackend
    ) throws {
        let comparer = try Comparer(ensemble, dataset: dataset, backend: backend)
        try comparer.refuseSeen(samples, "the images of the split '\(split)'", as: .usage)
        guard let (count, parts) = try comparer.countFitted(samples), count > 0 else { return }
        throw FloeError(
            .usage, file: ensemble.path,
            "\(parts.joined(separator: ", ")) fitted on \(count) of the images of the split "
                + "'\(split)'",
            expected: "images that nothing was fitted on",
            advice: "report another split with --report-split")
    }

    /// Scores two ensembles on the same images.
    ///
    /// - Returns: nil where no image has a score by both.
    /// - Throws: besides what fails, what `check` throws.
    public static func measure(
        before: OpenedEnsemble, after: OpenedEnsemble, dataset: SegmentationDataset,
        evaluation: EvaluationSection, samples: [Int], split: String, backend: any ComputeBackend
    ) throws -> FitGain? {
        try check(after, dataset: dataset, samples: samples, split: split, backend: backend)
        func compared(_ ensemble: OpenedEnsemble) throws -> Comparison {
            try Comparer(
                ensemble, dataset: dataset, evaluation: evaluation, backend: backend
            ).compare(samples, split: split)
        }
        let (first, second) = (try compared(before), try compared(after))
        var pairs: [(before: Double, after: Double, group: String)] = []
        for (old, new) in zip(first.perImage, second.perImage) {
            guard let before = old.ensembleDice, let after = new.ensembleDice else { continue }
            pairs.append((before, after, old.group ?? old.id))
        }
        guard !pairs.isEmpty else { return nil }
        let names = Set(pairs.map(\.group)).sorted()
        let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        let interval = bootstrapInterval(
            of: pairs.map { $0.after - $0.before }, groups: pairs.map { numbers[$0.group] ?? 0 },
            seed: 1)
        let count = Double(pairs.count)
        return FitGain(
            split: split, data: first.data, images: pairs.count,
            before: pairs.reduce(0) { $0 + $1.before } / count,
            after: pairs.reduce(0) { $0 + $1.after } / count, lower: interval?.lower,
            upper: interval?.upper,
            isOptimistic: try split == PostProcessingFit.Split.validation.rawValue
                && FittingImages(ensemble: after, dataset: dataset, split: .validation)
                    .choseEpochs()
        )
    }
}
