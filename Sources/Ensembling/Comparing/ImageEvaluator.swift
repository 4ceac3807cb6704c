import DurableFiles
import ModelZoo
import NeuralNetworks
import SegmentationData
import SegmentationMetrics
import TensorCore
import Training

/// Scores images of a data set by the members of an ensemble, image by image.
struct ImageEvaluator {
    let ensemble: OpenedEnsemble
    let dataset: SegmentationDataset
    let loss: Loss
    /// The members' networks, loaded once: an evaluation goes image by image.
    let predictors: [MemberPredictor]
    private let postProcessor: PostProcessor?
    private let testTime: TestTimeAugmentation?

    /// - Parameter testTime: movements under which images are predicted; nil takes each member's own.
    init(
        _ ensemble: OpenedEnsemble, dataset: SegmentationDataset, loss: Loss,
        backend: any ComputeBackend, testTime: TestTimeAugmentation? = nil
    ) throws {
        self.testTime = testTime
        try Self.checkContract(ensemble, dataset)
        self.ensemble = ensemble
        self.dataset = dataset
        self.loss = loss
        postProcessor = ensemble.postProcessor
        predictors = try ensemble.members.map { member in
            do {
                return try MemberPredictor(
                    member.path, expecting: member.sha256, backend: backend)
            } catch let error as FloeError {
                throw EnsembleStore.asBadData(error, member.path)
            }
        }
    }

    /// What each member predicts images under.
    var testTimes: [TestTimeAugmentation] { predictors.map { testTime ?? $0.testTime } }

    /// What one member says of an image.
    struct MemberAnswer {
        var position: Int
        /// `[class, height, width]`.
        var probabilities: [Float]
        var seconds: Double
    }

    /// An image, its truth, and what members together say of it.
    struct Combined {
        var sample: Sample
        var truth: TargetBatch
        var combiner: Combiner
    }

    /// Runs the members at `positions`, in manifest order, over one image.
    ///
    /// - Parameter onMember: takes each member's answer.
    func combine(
        _ index: Int, members positions: [Int],
        onMember: (MemberAnswer, Sample, TargetBatch) -> Void = { _, _, _ in }
    ) throws -> Combined {
        let sample = try dataset.sample(at: index)
        let target = try dataset.nativeTarget(at: index)
        try ensemble.checkStapleSize(height: target.height, width: target.width)
        let scene = ScenePredictor(
            SampleScene(
                sample.image, of: dataset, height: target.height, width: target.width),
            testTime: testTime)
        let truth = TargetBatch(target, classes: ensemble.classes)
        var combiner = Combiner(
            ensemble.rule, classes: ensemble.classes, pixels: target.height * target.width)
        let clock = ContinuousClock()
        for position in positions {
            let start = clock.now
            let probabilities = try scene.probabilities(
                predictors[position], position: position, rows: 0..<target.height)
            let seconds = (clock.now - start) / .seconds(1)
            onMember(
                MemberAnswer(
                    position: position, probabilities: probabilities, seconds: seconds),
                sample, truth)
            add(position, probabilities, to: &combiner)
        }
        return Combined(sample: sample, truth: truth, combiner: combiner)
    }

    /// Adds one member's probabilities as the ensemble weighs them.
    func add(_ position: Int, _ probabilities: [Float], to combiner: inout Combiner) {
        combiner.add(
            probabilities, weights: ensemble.weights[position],
            thresholds: ensemble.members[position].thresholds)
    }

    /// Scores one image by the members at `positions`, in manifest order.
    ///
    /// The ensemble's post-processing is applied to the members' masks too, so that the comparison
    /// is one of networks and not of cleaning; members keep their own thresholds.
    ///
    /// - Parameters:
    ///   - subsets: some of them to be combined too, in lexicographic order; the members' maps of the
    ///     image are then held together, and as many sums (docs/comparison.md says what that is).
    ///   - withEvidence: whether every model is measured in all ways, and the members with one
    ///     another.
    func evaluate(
        _ index: Int, members positions: [Int], combining subsets: [[Int]] = [],
        withEvidence: Bool = false
    ) throws -> ImageEvaluation {
        let holdsMaps = withEvidence || !subsets.isEmpty
        var answers = [ImageEvaluation.Answer?](repeating: nil, count: ensemble.members.count)
        var maps: [Int: [Float]] = [:]
        let combined = try combine(index, members: positions) { member, sample, truth in
            let decisions = Combiner.decide(
                member.probabilities, classes: ensemble.classes,
                pixels: truth.height * truth.width, isExclusive: ensemble.rule.isExclusive,
                thresholds: ensemble.members[member.position].thresholds)
            answers[member.position] = answer(
                sample, truth, meanLoss(member.probabilities, truth),
                cleaned(decisions, member.probabilities, truth), seconds: member.seconds)
            if holdsMaps { maps[member.position] = member.probabilities }
        }
        let (sample, truth) = (combined.sample, combined.truth)
        var result = ImageEvaluation(id: sample.id, members: answers)
        guard !positions.isEmpty else { return result }
        let probabilities = combined.combiner.probabilities()
        let decisions = combined.combiner.decisions()
        let value = meanLoss(probabilities, truth)
        result.ensemble = answer(
            sample, truth, value, cleaned(decisions, probabilities, truth),
            seconds: answers.reduce(0) { $0 + ($1?.seconds ?? 0) })
        if postProcessor != nil {
            result.unprocessed = answer(sample, truth, value, decisions)
        }
        if holdsMaps {
            let maps = MemberMaps(members: maps, ensemble: probabilities, truth: truth)
            result.combined = counts(of: subsets, maps, sample)
            if withEvidence { gatherEvidence(maps, into: &result) }
        }
        return result
    }

    private func counts(
        of subsets: [[Int]], _ maps: MemberMaps, _ sample: Sample
    ) -> [[Int]: ImageCounts] {
        var result: [[Int]: ImageCounts] = [:]
        let truth = maps.truth
        let empty = Combiner(
            ensemble.rule, classes: truth.classes, pixels: truth.height * truth.width)
        SubsetPlan.combine(subsets, empty) { member, combiner in
            if let map = maps.members[member] { add(member, map, to: &combiner) }
        } _: { place, combiner in
            let decisions = cleaned(combiner.decisions(), combiner.probabilities(), truth)
            result[subsets[place]] = counts(sample, truth, decisions)
        }
        return result
    }

    /// The ensemble's post-processing of somebody's decisions.
    ///
    /// - Parameter probabilities: made only where the post-processing asks for them.
    func cleaned(
        _ decisions: [UInt8], _ probabilities: @autoclosure () -> [Float], _ truth: TargetBatch
    ) -> [UInt8] {
        postProcessor?.cleaned(
            decisions, probabilities: probabilities(), height: truth.height, width: truth.width)
            ?? decisions
    }

    private func answer(
        _ sample: Sample, _ truth: TargetBatch, _ meanLoss: Double?, _ decisions: [UInt8],
        seconds: Double = 0
    ) -> ImageEvaluation.Answer {
        ImageEvaluation.Answer(
            counts: counts(sample, truth, decisions), loss: meanLoss, decisions: decisions,
            seconds: seconds)
    }

    func counts(_ sample: Sample, _ truth: TargetBatch, _ decisions: [UInt8]) -> ImageCounts {
        ImageCounts(id: sample.id, group: sample.group, truth: truth, decisions: decisions)
    }

    /// Nil where every pixel is ignored.
    private func meanLoss(_ probabilities: [Float], _ truth: TargetBatch) -> Double? {
        let shape: Shape = [1, truth.classes, truth.height, truth.width]
        return ComputeThread.shared.run {
            loss.value(probabilities: Tensor(probabilities, shape: shape), target: truth)
        }
    }

    /// Data must have the bands and classes that the members were trained for.
    static func checkContract(_ ensemble: OpenedEnsemble, _ dataset: SegmentationDataset) throws {
        func refuse(_ what: String, _ expected: [String], _ got: [String]) -> FloeError {
            FloeError(
                .badData, file: dataset.description.root, "\(what) other than the ensemble's",
                expected: expected.joined(separator: ","), got: got.joined(separator: ","))
        }
        // Members compute their own bands of what is stored.
        let stored = ensemble.fileBands
        guard dataset.storedBands == stored else {
            throw refuse("bands", stored, dataset.storedBands)
        }
        let classes = ensemble.output.classes.map(\.name)
        let found = dataset.description.classes.map(\.name)
        guard classes == found else { throw refuse("classes", classes, found) }
        guard dataset.description.kind.rawValue == ensemble.output.activation.rawValue else {
            throw refuse(
                "an output kind", [ensemble.output.activation.rawValue],
                [dataset.description.kind.rawValue])
        }
        guard dataset.hasMasks else {
            throw FloeError(
                .badData, file: dataset.description.root, "no masks to compare with",
                advice: "add data.masks, or use floe predict")
        }
    }
}

extension TargetBatch {
    /// The truth of one image.
    init(_ target: SegmentationTarget, classes: Int) {
        switch target {
        case .labels(let map):
            self.init(
                kind: .softmax, batch: 1, classes: classes, height: map.height, width: map.width,
                labels: map.labels)
        case .planes(let planes):
            self.init(
                kind: .sigmoid, batch: 1, classes: classes, height: planes.height,
                width: planes.width, labels: planes.values)
        }
    }

    /// Values of the image's size, one a pixel, as a map.
    func labelMap(_ values: [UInt8]) -> LabelMap {
        LabelMap(height: height, width: width, labels: values)
    }
}
