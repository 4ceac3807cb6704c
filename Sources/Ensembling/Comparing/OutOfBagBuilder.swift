import ModelZoo
import SegmentationData
import SegmentationMetrics
import Training

/// Gathers out-of-bag answers image by image.
struct OutOfBagBuilder {
    private let ensemble: OpenedEnsemble
    private let description: DatasetDescription
    private let evaluation: EvaluationSection
    private let dice: ImageDice
    private let total: Int
    private let plan: SubsetPlan
    private var images: [OutOfBagRecord.Image] = []
    private var counts: [ImageCounts] = []
    private var losses: [Double] = []
    private var votes = 0
    private var covered: [Covered] = []

    /// An image with votes.
    private struct Covered {
        var voters: Set<Int>
        /// By those of a subset's members that had left it out.
        var dice: [[Int]: Double?]
    }

    /// - Parameter total: training images.
    init(
        _ ensemble: OpenedEnsemble, _ description: DatasetDescription,
        _ evaluation: EvaluationSection, total: Int
    ) {
        self.ensemble = ensemble
        self.description = description
        self.evaluation = evaluation
        dice = ImageDice(evaluation, of: description)
        self.total = total
        plan = SubsetPlan(weights: ensemble.weights)
    }

    /// What the subsets of the plan leave of the members that speak of an image, in lexicographic
    /// order.
    func subsets(of voters: [Int]) -> [[Int]] {
        let outside = Set(voters)
        return Set(plan.subsets.map { $0.filter(outside.contains) })
            .filter { plan.isWhole($0) }
            .sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// An image that nobody speaks of: all members were trained on it, or those that were not have
    /// no weight in some class.
    mutating func addUncovered(id: String) {
        images.append(OutOfBagRecord.Image(id: id, votes: 0))
    }

    /// - Parameter answer: with the answers of `subsets(of:)`.
    mutating func add(_ answer: ImageEvaluation, voters: [Int]) {
        guard let whole = answer.ensemble else { return }
        images.append(
            OutOfBagRecord.Image(
                id: answer.id, group: whole.counts.group, votes: voters.count,
                dice: dice(whole.counts),
                classDice: whole.counts.counts.map { $0.score(.dice, absent: evaluation.absent) }))
        counts.append(whole.counts)
        if let loss = whole.loss { losses.append(loss) }
        votes += voters.count
        covered.append(
            Covered(voters: Set(voters), dice: answer.combined.mapValues(dice.callAsFunction)))
    }

    /// Nil where no image is out of any bag.
    func record(isOptimistic: Bool, fingerprint: String) -> OutOfBagRecord? {
        guard !counts.isEmpty else { return nil }
        var values: [String: Double] = [:]
        for metric in [Metric.dice, .iou, .pixelAccuracy] {
            values[metric.rawValue] =
                summarize(
                    images: counts, metric: metric, reduction: .perImage,
                    absent: evaluation.absent, skipBackground: description.skipsBackground
                ).value
        }
        if !losses.isEmpty { values["loss"] = losses.reduce(0, +) / Double(losses.count) }
        let score = OutOfBagScore(
            score: MemberManifest.Score(
                reduction: .perImage,
                absentClasses: .init(rawValue: evaluation.absent.rawValue) ?? .skip,
                images: counts.count, values: values, isOptimistic: isOptimistic),
            coverage: .init(
                images: counts.count, total: total,
                meanVotes: Double(votes) / Double(counts.count)))
        return OutOfBagRecord(
            created: Software.timestamp(), software: Software.nameAndVersion,
            members: ensemble.members.map(\.sha256),
            data: description.name ?? description.root, fingerprint: fingerprint, score: score,
            images: images, classes: classes, curve: curve)
    }

    private var classes: [OutOfBagRecord.Class] {
        ensemble.output.classes.enumerated().map { k, output in
            func score(_ metric: Metric) -> Double? {
                summarize(
                    images: counts, classes: [k], metric: metric, reduction: .pooled, absent: .skip
                ).value
            }
            return OutOfBagRecord.Class(
                name: output.name,
                images: counts.count { image in
                    image.counts[k].truePositive + image.counts[k].falseNegative > 0
                }, dice: score(.dice), iou: score(.iou))
        }
    }

    private var curve: OutOfBagRecord.Curve? {
        guard plan.bySize.count > 1 else { return nil }
        let outcomes = plan.subsets.map(outcome)
        let points = plan.sizes(of: outcomes.map(\.dice)).map { size in
            OutOfBagRecord.Curve.Point(
                members: size.members, mean: size.mean, lowest: size.lowest,
                highest: size.highest,
                coverage: ComparisonBuilder.mean(size.places.map { outcomes[$0].coverage }) ?? 0)
        }
        return points.isEmpty ? nil : OutOfBagRecord.Curve(orders: plan.orders, points: points)
    }

    /// The score of the images that some member of a subset had left out, and how many these are.
    private func outcome(of subset: [Int]) -> (dice: Double?, coverage: Double) {
        let spoken = covered.compactMap { image in
            image.dice[subset.filter(image.voters.contains)]
        }
        return (ComparisonBuilder.mean(spoken), Double(spoken.count) / Double(max(1, total)))
    }
}
