import DurableFiles
import NeuralNetworks
import SegmentationData
import SegmentationMetrics
import TensorCore
import Training

/// Fits members, weights, order and temperature of an ensemble on predictions that its members were
/// not trained for.
public struct CombineFitter {
    private let ensemble: OpenedEnsemble
    private let dataset: SegmentationDataset
    private let evaluation: EvaluationSection
    private let backend: any ComputeBackend

    public init(
        _ ensemble: OpenedEnsemble, dataset: SegmentationDataset,
        evaluation: EvaluationSection = EvaluationSection(), backend: any ComputeBackend
    ) {
        self.ensemble = ensemble
        self.dataset = dataset
        self.evaluation = evaluation
        self.backend = backend
    }

    /// Fits what the plan names, one after another; every image is predicted once.
    ///
    /// Members and their order are scored by Dice of masks as they are decided, without
    /// post-processing; weights and temperature by the log loss, and these only change where it
    /// falls. Where members or weights are fitted, the weights that the manifest had decide nothing.
    ///
    /// - Parameter onImage: is told how many images are done, and of how many.
    /// - Returns: the ensemble as found, not yet written; itself for an empty plan.
    public func fit(
        _ plan: CombineFitPlan, on split: PostProcessingFit.Split,
        onImage: (Int, Int) -> Void = { _, _ in }
    ) throws -> OpenedEnsemble {
        try plan.check(ensemble)
        try plan.checkSources(
            of: ensemble, fingerprint: SHA256Digest(hex: dataset.fingerprint()),
            ids: dataset.idDigest(of: split.samples(of: dataset)))
        guard !plan.isEmpty else { return ensemble }
        // Who counted for nothing may count again.
        let asked =
            try plan.picks != nil || plan.weights ? ensemble.equallyWeighted : ensemble
        let fitting = FittingImages(ensemble: asked, dataset: dataset, split: split)
        let voters = try fitting.voters(backend)
        if plan.comparesMembers, ensemble.members.count > 1,
            !voters.contains(where: { $0.members.count > 1 })
        {
            throw FloeError(
                .badData, file: ensemble.path,
                "no image is out of the bags of two members, so that nothing compares them",
                expected: "bags that leave images out together",
                advice: "fit with --split validation")
        }
        let evaluator = try fitting.evaluator(backend)
        var state = State(
            ensemble,
            sample: try FitSample(evaluator, voters: voters, plan: plan, onImage: onImage),
            absent: evaluation.absent, skipsBackground: dataset.description.skipsBackground,
            record: CombineFit(
                part: .weights, split: split,
                data: dataset.description.name ?? dataset.description.root,
                fingerprint: SHA256Digest(hex: try dataset.fingerprint()),
                ids: dataset.idDigest(of: try split.samples(of: dataset)), images: 0, pixels: 0,
                score: .logLoss, isOptimistic: try fitting.choseEpochs() ? true : nil))
        if let picks = plan.picks { try state.select(picks) }
        if plan.weights { try state.weigh(perClass: plan.perClass) }
        if plan.order { try state.sort() }
        if plan.temperature { try state.temper() }
        return try state.ensemble
    }
}

extension CombineFitter {
    /// An ensemble while it is fitted.
    private struct State {
        private let original: OpenedEnsemble
        private let sample: FitSample
        private let score: SampleScore
        private let blank: CombineFit
        private var combine: EnsembleManifest.Combine
        /// Places in the original, in the order of the result.
        private var members: [Int]
        /// By place in the original.
        private var weights: [EnsembleManifest.Weight?]

        init(
            _ ensemble: OpenedEnsemble, sample: FitSample, absent: AbsentClassPolicy,
            skipsBackground: Bool, record: CombineFit
        ) {
            original = ensemble
            self.sample = sample
            score = SampleScore(
                rule: ensemble.rule, thresholds: ensemble.members.map(\.thresholds),
                absent: absent, skipsBackground: skipsBackground)
            blank = record
            combine = ensemble.manifest.combine
            members = Array(ensemble.members.indices)
            weights = ensemble.members.map(\.entry.weight)
        }

        var ensemble: OpenedEnsemble {
            get throws {
                var manifest = original.manifest
                manifest.combine = combine
                let chosen = members.map { member in
                    var result = original.members[member]
                    result.entry.weight = weights[member]
                    return result
                }
                manifest.members = chosen.map(\.entry)
                return try OpenedEnsemble(path: original.path, manifest: manifest, members: chosen)
            }
        }

        /// By member and class; 0 for one that is left out.
        private var numbers: [[Double]] {
            var result = [[Double]](
                repeating: [Double](repeating: 0, count: original.classes), count: weights.count)
            for member in members {
                result[member] =
                    (weights[member] ?? .member(1)).values(classes: original.classes)
                    ?? result[member]
            }
            return result
        }

        /// Images that the members who are left speak of, each with these.
        private func spoken(_ images: [FitSample.Image]) throws -> [FitSample.Image] {
            let kept = Set(members)
            let result = images.compactMap { $0.keeping(kept) }
            guard !result.isEmpty else {
                throw FloeError(
                    .badData, file: original.path, "no pixel to fit on",
                    expected: "a truth, and a member that was not trained on it")
            }
            return result
        }

        private func record(
            _ part: CombineFit.Part, _ score: CombineFit.Score, _ images: [FitSample.Image],
            before: Double?, after: Double?
        ) -> CombineFit {
            var fit = blank
            fit.part = part
            fit.score = score
            fit.images = images.count
            fit.pixels = images.reduce(0) { $0 + $1.pixels }
            fit.absentClasses = score == .dice ? self.score.absent : nil
            fit.before = before
            fit.after = after
            return fit
        }

        // MARK: The parts

        mutating func select(_ picks: Int) throws {
            let images = try spoken(sample.masks)
            let former = numbers
            let counts = try GreedySearch.selection(
                images, members: members.count, picks: picks, score: score)
            members = members.filter { counts[$0] > 0 }
            for member in members { weights[member] = .member(Double(counts[member])) }
            // Before and after are of the same images.
            let covered = images.filter { $0.keeping(Set(members)) != nil }
            let pairs = score.dicePairs(covered, before: former, after: numbers)
            let scored = zip(covered, pairs).filter { $0.1 != nil }.map(\.0)
            var fit = record(
                .selection, .dice, scored.isEmpty ? covered : scored,
                before: SampleScore.mean(pairs.map { $0?.before }),
                after: SampleScore.mean(pairs.map { $0?.after }))
            fit.picks = counts.reduce(0, +)
            fit.leftOut = original.members.indices.filter { counts[$0] == 0 }.map {
                .init(path: original.members[$0].entry.path, sha256: original.members[$0].sha256)
            }
            combine.record(fit)
        }

        mutating func weigh(perClass: Bool) throws {
            let images = try spoken(sample.losses)
            let score = score.withoutTemperature
            let before = score.meanLogLoss(images, weights: numbers)
            let former = weights
            let places = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1, $0) })
            func shares(_ classes: [Int]) -> [Double]? {
                let given = images.map { image in
                    var mixture = MixtureWeights.Image(image, classes: classes)
                    mixture.voters = image.voters.compactMap { places[$0] }
                    return mixture
                }
                return MixtureWeights(given, members: members.count)?.shares
            }
            let classes = Array(0..<original.classes)
            if perClass, classes.count > 1 {
                let equal = [Double](repeating: 1 / Double(members.count), count: members.count)
                let found = classes.map { shares([$0]) ?? equal }
                for (place, member) in members.enumerated() {
                    weights[member] = .perClass(found.map { $0[place] })
                }
            } else if let found = shares(classes) {
                for (place, member) in members.enumerated() {
                    weights[member] = .member(found[place])
                }
            }
            var after = score.meanLogLoss(images, weights: numbers)
            if let old = before, (after ?? .infinity) >= old { (weights, after) = (former, old) }
            combine.record(record(.weights, .logLoss, images, before: before, after: after))
        }

        mutating func sort() throws {
            let images = try spoken(sample.masks)
            let picks = try GreedySearch.order(
                images, members: members, weights: numbers, score: score)
            members = picks.map(\.member)
            var fit = record(.order, .dice, images, before: nil, after: nil)
            let prefixes = picks.compactMap(\.score)
            if prefixes.count == picks.count { fit.prefixes = prefixes }
            combine.record(fit)
        }

        mutating func temper() throws {
            let images = try spoken(sample.losses)
            let score = score.withoutTemperature
            let numbers = numbers
            let given = SampleScore.parallel(images) { image in
                score.combined(image, weights: numbers).map {
                    TemperatureFit.Image(image.truth, probabilities: $0.probabilities())
                }
            }.compactMap(\.self)
            let former = combine.temperature ?? 1
            guard let found = TemperatureFit(given),
                let before = TemperatureFit.logLoss(given, at: former)
            else { return }
            if found.logLoss < before { combine.temperature = found.temperature }
            combine.record(
                record(
                    .temperature, .logLoss, images, before: before,
                    after: min(found.logLoss, before)))
        }
    }
}

extension TemperatureFit.Image {
    /// - Parameter probabilities: the ensemble's without a temperature, `[class][pixel]`.
    fileprivate init(_ truth: TargetBatch, probabilities: [Float]) {
        switch truth.kind {
        case .sigmoid:
            self = .sigmoid(logits: probabilities.map { logit($0) }, truth: truth.labels)
        case .softmax:
            self = .softmax(
                logits: probabilities.map { logProbability($0) }, truth: truth.labels,
                classes: truth.classes)
        }
    }
}

extension SampleScore {
    /// Of the mean as it is.
    fileprivate var withoutTemperature: SampleScore {
        var rule = rule
        rule.temperature = 1
        return SampleScore(
            rule: rule, thresholds: thresholds, absent: absent, skipsBackground: skipsBackground)
    }
}

extension OpenedEnsemble {
    /// The same with every member counting alike.
    fileprivate var equallyWeighted: OpenedEnsemble {
        get throws {
            var manifest = manifest
            for index in manifest.members.indices { manifest.members[index].weight = nil }
            let members = members.map { member in
                var result = member
                result.entry.weight = nil
                return result
            }
            return try OpenedEnsemble(
                path: path, manifest: manifest, members: members, missing: missing)
        }
    }
}
