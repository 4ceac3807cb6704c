import DurableFiles
import NeuralNetworks
import SegmentationData
import SegmentationMetrics
import TensorCore
import Training

/// Fits what follows the members of an ensemble on predictions that they were not trained for.
public struct EnsembleFitter {
    let ensemble: OpenedEnsemble
    let dataset: SegmentationDataset
    private let evaluation: EvaluationSection
    private let section: PostProcessingSection
    let backend: any ComputeBackend

    /// - Parameter postprocessing: the recipe's: its grid, and its steps where the manifest has none.
    public init(
        _ ensemble: OpenedEnsemble, dataset: SegmentationDataset,
        evaluation: EvaluationSection = EvaluationSection(),
        postprocessing: PostProcessingSection? = nil, backend: any ComputeBackend
    ) {
        self.ensemble = ensemble
        self.dataset = dataset
        self.evaluation = evaluation
        section = postprocessing ?? PostProcessingSection()
        self.backend = backend
    }

    private var fitsThresholds: Bool {
        !ensemble.rule.isExclusive && ensemble.rule.method == .softVoting
    }

    /// Refuses a search that could find nothing, or whose record would not tell the truth.
    ///
    /// - Throws: `FloeError` of kind `usage`.
    public func check(_ split: PostProcessingFit.Split, sizes: Bool) throws {
        if !fitsThresholds, section.search?.thresholds != nil || !sizes {
            throw FloeError(
                .usage, file: ensemble.path,
                sizes ? "postprocessing.search.thresholds" : "thresholds to fit",
                expected: "none for \(ensemble.rule.isExclusive ? "softmax" : "votes")",
                got: "some")
        }
        // What is not better than before stays, and so do sizes where only thresholds are searched.
        let fingerprint = SHA256Digest(hex: try dataset.fingerprint())
        let ids = dataset.idDigest(of: try split.samples(of: dataset))
        if let former = ensemble.manifest.postprocessing?.fit,
            former.fingerprint != fingerprint || former.ids != ids
        {
            throw FloeError.fittedElsewhere(
                "post-processing", former.split, former.data, ensemble.path)
        }
    }

    /// Refuses an `--out` that could not be written, before anything is computed.
    public func checkOutput(_ path: String) throws {
        try EnsembleBuilder(path: path, backend: backend)
            .check(sources: ensemble.members.map(\.path))
    }

    /// Whether it is known of all validation images that no member was trained on them.
    public func knowsValidation() throws -> Bool {
        try Comparer(ensemble, dataset: dataset, backend: backend)
            .countSeen(dataset.split().validation) != nil
    }

    /// Searches thresholds and minimum sizes class by class; every image is predicted once.
    ///
    /// Thresholds are searched where sigmoid probabilities are averaged; elsewhere sizes only. A
    /// softmax background is left alone. Nothing changes for a class without a gain.
    ///
    /// - Parameters:
    ///   - sizes: whether sizes are searched; without, the recipe's other steps are not taken either.
    ///   - onImage: is told how many images are done, and of how many.
    /// - Returns: the manifest with `combine.thresholds` and `postprocessing` as found.
    /// - Throws: besides what fails, what `check` throws.
    public func fitPostProcessing(
        on split: PostProcessingFit.Split, sizes: Bool = true,
        onImage: (Int, Int) -> Void = { _, _ in }
    ) throws -> EnsembleManifest {
        let search = section.search ?? PostProcessingSection.Search()
        let absent = search.absent ?? evaluation.absent
        let names = ensemble.output.classes.map(\.name)
        let rule = ensemble.rule
        try check(split, sizes: sizes)
        var result = ensemble.manifest
        if sizes, result.postprocessing == nil { try result.take(section, of: ensemble) }
        let base =
            result.postprocessing ?? PostProcessing(connectivity: section.connectivity)
        let current: [Double?] =
            fitsThresholds ? result.combine.thresholds ?? rule.thresholds : names.map { _ in nil }
        let tried: [Double?] =
            fitsThresholds
            ? search.thresholds ?? PostProcessingSection.Search.defaultThresholds : [nil]
        func grid(_ k: Int, _ thresholds: [Double?], _ sizes: [Int]) -> PostProcessingGrid {
            PostProcessingGrid(
                base.steps(of: names[k]), connectivity: base.connectivity, metric: search.metric,
                absent: absent, thresholds: thresholds, sizes: sizes)
        }
        let skipsFirst = dataset.description.skipsBackground
        let fitted = names.indices.filter { $0 > 0 || !skipsFirst }
        var before = fitted.map { grid($0, [current[$0]], [base.steps(of: names[$0]).minimumSize]) }
        var grids = fitted.map {
            grid($0, tried, sizes ? search.sizes : [base.steps(of: names[$0]).minimumSize])
        }

        let fitting = FittingImages(ensemble: ensemble, dataset: dataset, split: split)
        let voters = try fitting.voters(backend)
        let evaluator = try fitting.evaluator(backend)
        for (done, image) in voters.enumerated() {
            try StopSignal.throwIfReceived()
            let combined = try evaluator.combine(image.index, members: image.members)
            let planes = Planes(combined, isExclusive: rule.isExclusive, classes: names.count)
            for (position, k) in fitted.enumerated() {
                let truth = planes.truth(of: k)
                before[position].add(truth) { planes.mask(of: k, threshold: $0) }
                grids[position].add(truth) { planes.mask(of: k, threshold: $0) }
            }
            onImage(done + 1, voters.count)
        }

        var postprocessing = base
        var thresholds = current
        var records: [PostProcessingFit.ClassFit] = []
        var (sumBefore, sumAfter) = ((0.0, 0), (0.0, 0))
        for (position, k) in fitted.enumerated() {
            guard let old = before[position].best, let best = grids[position].best else { continue }
            let chosen = (best.mean ?? -1) > (old.mean ?? -1) ? best : old
            thresholds[k] = chosen.threshold
            postprocessing.setMinimumSize(chosen.size, of: names[k], among: names)
            records.append(
                .init(
                    class: names[k], threshold: chosen.threshold, minimumSize: chosen.size,
                    before: old.mean, after: chosen.mean))
            sumBefore = (sumBefore.0 + old.sum, sumBefore.1 + old.count)
            sumAfter = (sumAfter.0 + chosen.sum, sumAfter.1 + chosen.count)
        }
        if fitsThresholds { result.combine.thresholds = thresholds.compactMap(\.self) }
        postprocessing.fit = PostProcessingFit(
            split: split, data: dataset.description.name ?? dataset.description.root,
            images: voters.count, metric: search.metric, absentClasses: absent,
            before: sumBefore.1 > 0 ? sumBefore.0 / Double(sumBefore.1) : nil,
            after: sumAfter.1 > 0 ? sumAfter.0 / Double(sumAfter.1) : nil, classes: records,
            isOptimistic: try fitting.choseEpochs() ? true : nil,
            fingerprint: SHA256Digest(hex: try dataset.fingerprint()),
            ids: dataset.idDigest(of: try split.samples(of: dataset)))
        result.postprocessing = postprocessing
        return result
    }

    /// Writes a fitted manifest. An out-of-bag score, which was the former masks', is computed again;
    /// it is null where these are not the data that the bags were drawn from.
    ///
    /// - Parameter keepsScores: whether the masks are the former ones, and so their scores.
    /// - Throws: what `EnsembleBuilder` throws.
    public func write(
        _ manifest: EnsembleManifest, to path: String, keepsScores: Bool = false
    ) throws -> OpenedEnsemble {
        let hasScore = !keepsScores && ensemble.manifest.scores?.outOfBag != nil
        let record = keepsScores ? try OutOfBagRecord.beside(ensemble) : nil
        let written = try EnsembleBuilder(path: path, backend: backend).build(
            sources: ensemble.members.map(\.path), template: manifest, draft: nil, copy: false,
            data: hasScore ? dataset : nil, evaluation: evaluation, keepsScores: keepsScores,
            allowingOtherData: true
        ).ensemble
        if keepsScores { try OutOfBagRecord.write(record, beside: path) }
        return written
    }

    /// One image's masks and truth, class by class.
    private struct Planes {
        private let target: TargetBatch
        private let probabilities: [Float]
        private let decisions: [UInt8]
        private let isExclusive: Bool

        init(_ combined: ImageEvaluator.Combined, isExclusive: Bool, classes: Int) {
            target = combined.truth
            probabilities = combined.combiner.probabilities()
            decisions = combined.combiner.decisions()
            self.isExclusive = isExclusive
        }

        private func plane(_ k: Int) -> Range<Int> {
            let pixels = target.height * target.width
            return k * pixels..<(k + 1) * pixels
        }

        func truth(of k: Int) -> PostProcessingGrid.Truth {
            isExclusive
                ? PostProcessingGrid.Truth(labels: target.labels, class: UInt8(k))
                : PostProcessingGrid.Truth(target.labels[plane(k)])
        }

        /// - Parameter threshold: nil takes the decisions.
        func mask(of k: Int, threshold: Double?) -> BinaryMask {
            let (height, width) = (target.height, target.width)
            if isExclusive {
                return BinaryMask(
                    LabelMap(height: height, width: width, labels: decisions), class: UInt8(k))
            }
            guard let threshold else {
                return decisions.withUnsafeBufferPointer {
                    BinaryMask(
                        height: height, width: width,
                        values: UnsafeBufferPointer(rebasing: $0[plane(k)]))
                }
            }
            return probabilities.withUnsafeBufferPointer {
                BinaryMask(
                    height: height, width: width,
                    probabilities: UnsafeBufferPointer(rebasing: $0[plane(k)]),
                    threshold: Float(threshold))
            }
        }
    }
}
