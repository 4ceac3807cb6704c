import DurableFiles
import ModelZoo
import NeuralNetworks
import SegmentationData
import SegmentationMetrics
import TensorCore
import Training

/// One image: what every member and the ensemble say of it, scored at the truth's own resolution.
struct ImageEvaluation {
    /// A model's counts and loss on one image.
    struct Answer {
        var counts: ImageCounts
        /// Nil where every pixel is ignored.
        var loss: Double?
        /// A class index per pixel, or one plane of 0 and 1 per class.
        var decisions: [UInt8]
    }

    var id: String
    var members: [Answer?]
    /// Of all members that were asked; nil where none was.
    var ensemble: Answer?
    /// Without the ensemble's post-processing; nil where it has none.
    var unprocessed: Answer?

    /// The same without its masks, which are for pictures: a large split must not keep them all.
    var withoutDecisions: ImageEvaluation {
        var copy = self
        copy.ensemble?.decisions = []
        copy.unprocessed?.decisions = []
        for index in copy.members.indices { copy.members[index]?.decisions = [] }
        return copy
    }
}

/// Scores images of a data set by the members of an ensemble, image by image.
struct ImageEvaluator {
    let ensemble: OpenedEnsemble
    let dataset: SegmentationDataset
    let loss: Loss
    /// The members' networks, loaded once: an evaluation goes image by image.
    let predictors: [MemberPredictor]
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

    /// An image, its truth, and what members together say of it.
    struct Combined {
        var sample: Sample
        var truth: TargetBatch
        var combiner: Combiner
    }

    /// Runs the members at `positions`, in manifest order, over one image.
    ///
    /// - Parameter onMember: takes each member's probabilities, `[class, height, width]`.
    func combine(
        _ index: Int, members positions: [Int],
        onMember: (_ position: Int, _ probabilities: [Float], Sample, TargetBatch) -> Void =
            { _, _, _, _ in }
    ) throws -> Combined {
        let sample = try dataset.sample(at: index)
        let target = try dataset.nativeTarget(at: index)
        let scene = ScenePredictor(
            SampleScene(
                sample.image, of: dataset, height: target.height, width: target.width),
            testTime: testTime)
        let truth = TargetBatch(target, classes: ensemble.classes)
        var combiner = Combiner(
            ensemble.rule, classes: ensemble.classes, pixels: target.height * target.width)
        for position in positions {
            let probabilities = try scene.probabilities(
                predictors[position], position: position, rows: 0..<target.height)
            onMember(position, probabilities, sample, truth)
            combiner.add(
                probabilities, weights: ensemble.weights[position],
                thresholds: ensemble.members[position].thresholds)
        }
        return Combined(sample: sample, truth: truth, combiner: combiner)
    }

    /// Scores one image by the members at `positions`, in manifest order.
    ///
    /// The ensemble's post-processing is applied to the members' masks too, so that the comparison
    /// is one of networks and not of cleaning; members keep their own thresholds.
    func evaluate(_ index: Int, members positions: [Int]) throws -> ImageEvaluation {
        let processor = ensemble.postProcessor
        var answers = [ImageEvaluation.Answer?](repeating: nil, count: ensemble.members.count)
        func clean(_ decisions: [UInt8], _ probabilities: [Float], _ truth: TargetBatch) -> [UInt8]
        {
            processor?.cleaned(
                decisions, probabilities: probabilities, height: truth.height, width: truth.width)
                ?? decisions
        }
        let combined = try combine(index, members: positions) {
            position, probabilities, sample, truth in
            let decisions = Combiner.decide(
                probabilities, classes: ensemble.classes, pixels: truth.height * truth.width,
                isExclusive: ensemble.rule.isExclusive,
                thresholds: ensemble.members[position].thresholds)
            answers[position] = answer(
                sample, truth, meanLoss(probabilities, truth),
                clean(decisions, probabilities, truth))
        }
        let (sample, truth) = (combined.sample, combined.truth)
        var result = ImageEvaluation(id: sample.id, members: answers)
        guard !positions.isEmpty else { return result }
        let probabilities = combined.combiner.probabilities()
        let decisions = combined.combiner.decisions()
        let value = meanLoss(probabilities, truth)
        result.ensemble = answer(sample, truth, value, clean(decisions, probabilities, truth))
        if processor != nil { result.unprocessed = answer(sample, truth, value, decisions) }
        return result
    }

    private func answer(
        _ sample: Sample, _ truth: TargetBatch, _ meanLoss: Double?, _ decisions: [UInt8]
    ) -> ImageEvaluation.Answer {
        let counts: ImageCounts
        switch truth.kind {
        case .sigmoid:
            counts = ImageCounts(
                id: sample.id, group: sample.group,
                counts: ConfusionCounts.perClass(
                    truth: truth.labels, prediction: decisions, classes: truth.classes))
        case .softmax:
            counts = ImageCounts(
                id: sample.id, group: sample.group,
                confusion: ConfusionMatrix(
                    truth: LabelMap(
                        height: truth.height, width: truth.width, labels: truth.labels),
                    prediction: LabelMap(
                        height: truth.height, width: truth.width, labels: decisions),
                    classes: truth.classes))
        }
        return ImageEvaluation.Answer(counts: counts, loss: meanLoss, decisions: decisions)
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
}
