import DurableFiles
import Foundation
import ModelZoo
import SegmentationData
import SegmentationMetrics
import Training

/// Makes the tables of a comparison from what was measured image by image.
struct ComparisonBuilder {
    let ensemble: OpenedEnsemble
    let description: DatasetDescription
    let evaluation: EvaluationSection
    let results: [ImageEvaluation]
    /// The validation images; empty where they were not looked at.
    let validation: [ImageEvaluation]
    let plan: SubsetPlan
    let tally: ComparisonTally
    let dice: ImageDice
    let paired: PairedDifference

    static let unprocessedName = "without post-processing"
    static let meanName = "mean member"
    static let ensembleName = "ensemble"

    init(
        ensemble: OpenedEnsemble, description: DatasetDescription, evaluation: EvaluationSection,
        results: [ImageEvaluation], validation: [ImageEvaluation], plan: SubsetPlan,
        tally: ComparisonTally
    ) {
        self.ensemble = ensemble
        self.description = description
        self.evaluation = evaluation
        self.results = results
        self.validation = validation
        self.plan = plan
        self.tally = tally
        dice = ImageDice(evaluation, of: description)
        paired = PairedDifference(groups: results.map { $0.ensemble?.counts.group ?? $0.id })
    }

    var skipsBackground: Bool { description.skipsBackground }
    var classNames: [String] { description.classes.map(\.name) }
    /// Classes that means are over.
    var scoredClasses: [Int] { classNames.indices.filter { $0 > 0 || !skipsBackground } }

    /// - Parameters:
    ///   - loss: what the losses are of.
    ///   - seen: images that members were trained on, where that is known.
    func comparison(split: String, loss: [LossSection], seen: Int?) -> Comparison {
        let rows = rows()
        var comparison = Comparison(
            created: Software.timestamp(), software: Software.nameAndVersion,
            ensemble: ensemble.manifest.name
                ?? URL(fileURLWithPath: ensemble.path).lastPathComponent,
            missingMembers: ensemble.missing.map(\.description),
            data: description.name ?? description.root, split: split, images: results.count,
            seenInTraining: seen, classes: classNames, reduction: .perImage,
            absentClasses: evaluation.absent,
            loss: loss.map { "\($0.weight) x \($0.term.rawValue)" }.joined(separator: " + "),
            rows: rows, differences: differences(),
            outOfBag: ensemble.manifest.scores?.outOfBag,
            perImage: results.map { result in
                Comparison.ImageRow(
                    id: result.id, group: result.ensemble?.counts.group,
                    ensembleDice: result.ensemble.flatMap { dice($0.counts) },
                    memberDice: result.members.map { $0.flatMap { dice($0.counts) } })
            })
        comparison.postprocessing = postprocessingWords
        comparison.bestMember = bestMember
        comparison.sizeCurve = sizeCurve
        comparison.leaveOneOut = leaveOneOut
        comparison.pairs = pairs
        comparison.reliability = reliability
        comparison.confusion = confusion
        comparison.uncertainty = uncertainty
        return comparison
    }

    /// What is done with the masks of all rows but the last one, a line a class.
    private var postprocessingWords: [String]? {
        guard let processor = ensemble.postProcessor else { return nil }
        return zip(ensemble.output.classes, processor.steps).compactMap { output, steps in
            steps.map { "\(output.name): \($0.words)" }
        }
    }

    /// The member that validation would choose.
    private var bestMember: String? {
        let scores = ensemble.members.enumerated().map { position, member in
            Self.mean(validation.map { $0.members[position].flatMap { dice($0.counts) } })
                ?? member.manifest.scores.validation?.values["dice"]
        }
        guard ensemble.members.count > 1, !scores.contains(where: { $0 == nil }) else {
            return nil
        }
        let best = scores.indices.reduce(0) { (scores[$1] ?? 0) > (scores[$0] ?? 0) ? $1 : $0 }
        return ensemble.names[best]
    }

    // MARK: Rows

    private func rows() -> [Comparison.Row] {
        let names = ensemble.names
        var rows: [Comparison.Row] = []
        for (position, member) in ensemble.members.enumerated() {
            var row = row(
                .member, names[position], results.map { $0.members[position] },
                calibratedAs: position,
                validation: Self.mean(validation.map { $0.members[position]?.loss })
                    ?? member.manifest.scores.validation?.values["loss"])
            row.minutes = member.manifest.training.map { $0.seconds / 60 }
            row.megabytes = Double(member.manifest.weights.bytes) / 1e6
            rows.append(row)
        }
        let members = rows
        func sum(_ value: (Comparison.Row) -> Double?) -> Double? {
            let values = members.compactMap(value)
            return values.count == members.count ? values.reduce(0, +) : nil
        }
        rows.append(meanRow(members))
        var own = row(
            .ensemble, Self.ensembleName, results.map(\.ensemble), calibratedAs: members.count,
            validation: Self.mean(validation.map { $0.ensemble?.loss }))
        own.minutes = sum(\.minutes)
        own.megabytes = sum(\.megabytes)
        rows.append(own)
        if ensemble.postProcessor != nil {
            rows.append(
                row(
                    .unprocessed, Self.unprocessedName, results.map(\.unprocessed),
                    calibratedAs: nil,
                    validation: Self.mean(validation.map { $0.unprocessed?.loss })))
        }
        return rows
    }

    /// - Parameter place: whose calibration in the tally is the row's; nil for none.
    private func row(
        _ kind: Comparison.Row.Kind, _ name: String, _ all: [ImageEvaluation.Answer?],
        calibratedAs place: Int?, validation: Double?
    ) -> Comparison.Row {
        let answers = all.compactMap { $0 }
        func summary(_ metric: Metric, _ reduction: Reduction) -> ScoreSummary {
            summarize(
                images: answers.map(\.counts), metric: metric, reduction: reduction,
                absent: evaluation.absent, skipBackground: skipsBackground)
        }
        var row = Comparison.Row(
            kind: kind, name: name, iou: summary(.iou, .perImage).value,
            dice: summary(.dice, .perImage).value,
            pixelAccuracy: summary(.pixelAccuracy, .perImage).value,
            loss: Self.mean(answers.map(\.loss)), validationLoss: validation,
            skipped: summary(.dice, .perImage).skipped,
            pooledDice: summary(.dice, .pooled).value, pooledIoU: summary(.iou, .pooled).value)
        row.diceInterval = paired.interval(of: all.map { $0.flatMap { dice($0.counts) } })
        row.contours = contours(answers)
        row.calibration = place.flatMap { calibration(tally.calibration[$0]) }
        row.classes = classRows(answers, calibratedAs: place)
        let seconds = answers.map(\.seconds)
        if kind != .unprocessed, !seconds.isEmpty {
            row.millisecondsPerImage = 1000 * seconds.reduce(0, +) / Double(seconds.count)
        }
        return row
    }

    /// The mean over the members of each column.
    private func meanRow(_ members: [Comparison.Row]) -> Comparison.Row {
        func mean(_ value: (Comparison.Row) -> Double?) -> Double? { Self.mean(members.map(value)) }
        var row = Comparison.Row(
            kind: .meanMember, name: Self.meanName, iou: mean(\.iou), dice: mean(\.dice),
            pixelAccuracy: mean(\.pixelAccuracy), loss: mean(\.loss),
            validationLoss: mean(\.validationLoss), minutes: mean(\.minutes),
            skipped: members.map(\.skipped).max() ?? 0, pooledDice: mean(\.pooledDice),
            pooledIoU: mean(\.pooledIoU))
        row.calibration = Comparison.Calibration(
            expectedError: mean { $0.calibration?.expectedError },
            brier: mean { $0.calibration?.brier }, logLoss: mean { $0.calibration?.logLoss })
        row.contours = Comparison.Contours(
            boundaryIoU: mean { $0.contours?.boundaryIoU },
            hausdorff95: mean { $0.contours?.hausdorff95 },
            withoutDistance: members.compactMap { $0.contours?.withoutDistance }.max() ?? 0)
        row.megabytes = mean(\.megabytes)
        row.millisecondsPerImage = mean(\.millisecondsPerImage)
        return row
    }

    /// The mean of those that there are; nil where there are none.
    static func mean(_ values: [Double?]) -> Double? {
        let values = values.compactMap { $0 }
        return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
}
