import SegmentationMetrics

/// What adds up over the images of a comparison.
struct ComparisonTally {
    /// By member, then by class; the last is the ensemble's.
    private(set) var calibration: [[CalibrationSums]]
    private(set) var diversity: DiversityCounts
    private(set) var total: ErrorDetection?
    private(set) var disagreement: ErrorDetection?
    /// Dice of every subset of the plan, image by image.
    private(set) var subsetDice: [[Double?]] = []

    init(members: Int, classes: Int) {
        calibration = [[CalibrationSums]](
            repeating: [CalibrationSums](repeating: CalibrationSums(), count: classes),
            count: members + 1)
        diversity = DiversityCounts(members: members)
    }

    /// - Parameter dice: of one model's counts.
    mutating func add(
        _ result: ImageEvaluation, _ plan: SubsetPlan, dice: (ImageCounts) -> Double?
    ) {
        for (model, answer) in (result.members + [result.ensemble]).enumerated() {
            for (k, sums) in (answer?.evidence?.calibration ?? []).enumerated() {
                calibration[model][k] += sums
            }
        }
        guard let relations = result.relations else { return }
        diversity += relations.diversity
        subsetDice.append(plan.subsets.map { result.combined[$0].flatMap(dice) })
        if let own = relations.total { total = total.map { $0 + own } ?? own }
        if let own = relations.disagreement { disagreement = disagreement.map { $0 + own } ?? own }
    }
}
