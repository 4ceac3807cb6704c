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
    }

    private let ensemble: OpenedEnsemble
    private let dataset: SegmentationDataset
    private let evaluation: EvaluationSection
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
        var watched: [ImageEvaluation] = []
        for index in validation {
            try StopSignal.throwIfReceived()
            watched.append(try evaluator.evaluate(index, members: everyone).withoutDecisions)
        }
        var results: [ImageEvaluation] = []
        for index in samples {
            try StopSignal.throwIfReceived()
            let result = try evaluator.evaluate(index, members: everyone)
            try onImage(
                Shown(
                    id: result.id, index: index, decisions: result.ensemble?.decisions ?? [],
                    dice: result.ensemble.flatMap { dice($0.counts) }))
            results.append(result.withoutDecisions)
        }
        var comparison = comparison(
            results, validation: watched, split: split, seen: try countSeen(samples))
        comparison.testTime = .init(
            isOverridden: testTime != nil, members: evaluator.testTimes)
        comparison.fittedImages = try countFitted(samples)
        return comparison
    }

    /// Samples that a member was trained on, as far as the members' bags tell and the data are the
    /// same.
    func countSeen(_ samples: [Int]) throws -> Int? {
        var drawn: Set<String> = []
        var isKnown = true
        for member in ensemble.members {
            guard member.manifest.data?.fingerprint.hex == (try dataset.fingerprint()),
                let bag = member.manifest.bag, bag.unit == dataset.description.group.unit,
                let ids = try MemberStore.bagIDs(of: member.manifest, at: member.path)
            else {
                isKnown = false
                continue
            }
            drawn.formUnion(ids)
        }
        // A split by region divides a photo: its group was drawn, and only its training patches seen.
        let train = try sharesSplit ? Set(dataset.split().train) : Set(samples)
        let seen = samples.count { train.contains($0) && drawn.contains(dataset.group(at: $0)) }
        return seen > 0 || isKnown ? seen : nil
    }

    /// Whether the data set is divided as it was for all members.
    private var sharesSplit: Bool {
        ensemble.members.allSatisfy { $0.split == dataset.description.split }
    }

    /// Samples that the ensemble's post-processing was fitted on; nil where it was not fitted, or on
    /// other data.
    func countFitted(_ samples: [Int]) throws -> Int? {
        guard let fit = ensemble.manifest.postprocessing?.fit else { return nil }
        // Manifests of earlier versions know the data by name only.
        let isSame =
            try fit.fingerprint.map { $0.hex == (try dataset.fingerprint()) }
            ?? (fit.data == (dataset.description.name ?? dataset.description.root))
        guard isSame else { return nil }
        let split = try dataset.split()
        let fitted = Set(fit.split == .validation ? split.validation : split.train)
        return samples.count { fitted.contains($0) }
    }

    // MARK: From images to tables

    private var skipsBackground: Bool { dataset.description.skipsBackground }

    private func dice(_ counts: ImageCounts) -> Double? {
        counts.score(.dice, absent: evaluation.absent, skipBackground: skipsBackground)
    }

    private func comparison(
        _ results: [ImageEvaluation], validation: [ImageEvaluation], split: String, seen: Int?
    ) -> Comparison {
        var rows: [Comparison.Row] = []
        let names = ensemble.names
        for (position, member) in ensemble.members.enumerated() {
            rows.append(
                row(
                    .member, names[position], results.compactMap { $0.members[position] },
                    validation: Self.meanLoss(validation.compactMap { $0.members[position] })
                        ?? member.manifest.scores.validation?.values["loss"],
                    minutes: member.manifest.training.map { $0.seconds / 60 }))
        }
        let minutes = rows.compactMap(\.minutes)
        rows.append(meanRow(rows))
        rows.append(
            row(
                .ensemble, "ensemble", results.compactMap(\.ensemble),
                validation: Self.meanLoss(validation.compactMap(\.ensemble)),
                minutes: minutes.count == ensemble.members.count ? minutes.reduce(0, +) : nil))
        if ensemble.postProcessor != nil {
            rows.append(
                row(
                    .unprocessed, Self.unprocessedName, results.compactMap(\.unprocessed),
                    validation: Self.meanLoss(validation.compactMap(\.unprocessed)),
                    minutes: nil))
        }
        var comparison = Comparison(
            created: Software.timestamp(), software: Software.nameAndVersion,
            ensemble: ensemble.manifest.name
                ?? URL(fileURLWithPath: ensemble.path).lastPathComponent,
            missingMembers: ensemble.missing.map(\.description),
            data: dataset.description.name ?? dataset.description.root, split: split,
            images: results.count, seenInTraining: seen,
            classes: dataset.description.classes.map(\.name),
            reduction: .perImage, absentClasses: evaluation.absent,
            loss: lossSections.map { "\($0.weight) x \($0.term.rawValue)" }
                .joined(separator: " + "),
            rows: rows, differences: differences(results),
            outOfBag: ensemble.manifest.scores?.outOfBag,
            perImage: results.map { result in
                Comparison.ImageRow(
                    id: result.id, group: result.ensemble?.counts.group,
                    ensembleDice: result.ensemble.flatMap { dice($0.counts) },
                    memberDice: result.members.map { $0.flatMap { dice($0.counts) } })
            })
        comparison.postprocessing = postprocessingWords
        return comparison
    }

    private static let unprocessedName = "without post-processing"

    /// What is done with the masks of all rows but the last one, a line a class.
    private var postprocessingWords: [String]? {
        guard let processor = ensemble.postProcessor else { return nil }
        return zip(ensemble.output.classes, processor.steps).compactMap { output, steps in
            steps.map { "\(output.name): \($0.words)" }
        }
    }

    private func row(
        _ kind: Comparison.Row.Kind, _ name: String, _ answers: [ImageEvaluation.Answer],
        validation: Double?, minutes: Double?
    ) -> Comparison.Row {
        func summary(_ metric: Metric, _ reduction: Reduction) -> ScoreSummary {
            summarize(
                images: answers.map(\.counts), metric: metric, reduction: reduction,
                absent: evaluation.absent, skipBackground: skipsBackground)
        }
        return Comparison.Row(
            kind: kind, name: name, iou: summary(.iou, .perImage).value,
            dice: summary(.dice, .perImage).value,
            pixelAccuracy: summary(.pixelAccuracy, .perImage).value,
            loss: Self.meanLoss(answers), validationLoss: validation, minutes: minutes,
            skipped: summary(.dice, .perImage).skipped,
            pooledDice: summary(.dice, .pooled).value, pooledIoU: summary(.iou, .pooled).value,
            classes: Comparison.ClassRow.rows(
                answers.map(\.counts), names: dataset.description.classes.map(\.name)))
    }

    /// Mean over the images; nil where there are none.
    private static func meanLoss(_ answers: [ImageEvaluation.Answer]) -> Double? {
        let losses = answers.compactMap(\.loss)
        return losses.isEmpty ? nil : losses.reduce(0, +) / Double(losses.count)
    }

    /// The mean over the members of each column.
    private func meanRow(_ members: [Comparison.Row]) -> Comparison.Row {
        func mean(_ value: (Comparison.Row) -> Double?) -> Double? {
            let values = members.compactMap(value)
            return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }
        return Comparison.Row(
            kind: .meanMember, name: "mean member", iou: mean(\.iou), dice: mean(\.dice),
            pixelAccuracy: mean(\.pixelAccuracy), loss: mean(\.loss),
            validationLoss: mean(\.validationLoss), minutes: mean(\.minutes),
            skipped: members.map(\.skipped).max() ?? 0, pooledDice: mean(\.pooledDice),
            pooledIoU: mean(\.pooledIoU))
    }

    /// The ensemble against the mean member and against each member.
    private func differences(_ results: [ImageEvaluation]) -> [Comparison.Difference] {
        let groups = Dictionary(grouping: results.indices) {
            results[$0].ensemble?.counts.group ?? results[$0].id
        }
        let numbers = Dictionary(
            uniqueKeysWithValues: groups.keys.sorted().enumerated().map { ($1, $0) })
        func difference(
            _ name: String, _ other: (ImageEvaluation) -> Double?
        ) -> Comparison.Difference? {
            var values: [Double] = []
            var units: [Int] = []
            for result in results {
                guard let own = result.ensemble.flatMap({ dice($0.counts) }),
                    let against = other(result)
                else { continue }
                values.append(own - against)
                units.append(numbers[result.ensemble?.counts.group ?? result.id] ?? 0)
            }
            guard !values.isEmpty else { return nil }
            let interval = bootstrapInterval(of: values, groups: units, seed: 1)
            // Patches of one photo are no independent witnesses: the test is over the groups' means.
            let test = wilcoxonSignedRank(Self.means(of: values, groups: units))
            return Comparison.Difference(
                against: name, mean: values.reduce(0, +) / Double(values.count),
                lower: interval?.lower, upper: interval?.upper,
                wins: values.count { $0 > 0 }, ties: values.count { $0 == 0 },
                losses: values.count { $0 < 0 }, groups: Set(units).count, pValue: test.pValue,
                adjustedPValue: nil)
        }
        let names = ensemble.names
        var members = ensemble.members.indices.compactMap { position in
            difference(names[position]) { result in
                result.members[position].flatMap { dice($0.counts) }
            }
        }
        for (index, value) in holmAdjusted(members.map(\.pValue)).enumerated() {
            members[index].adjustedPValue = value
        }
        let mean = difference("mean member") { result in
            let values = result.members.compactMap { $0.flatMap { dice($0.counts) } }
            return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }
        let unprocessed =
            ensemble.postProcessor == nil
            ? nil
            : difference(Self.unprocessedName) { $0.unprocessed.flatMap { dice($0.counts) } }
        return (mean.map { [$0] } ?? []) + members + (unprocessed.map { [$0] } ?? [])
    }

    /// The mean of each group's values, groups in the order of their numbers.
    static func means(of values: [Double], groups: [Int]) -> [Double] {
        var sums: [Int: (sum: Double, count: Int)] = [:]
        for (value, group) in zip(values, groups) {
            let before = sums[group] ?? (0, 0)
            sums[group] = (before.sum + value, before.count + 1)
        }
        return sums.sorted { $0.key < $1.key }.map { $0.value.sum / Double($0.value.count) }
    }
}
